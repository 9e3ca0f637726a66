namespace Vault.Swarm;

/// <summary>What the plan knows of one source: what it owes, how fast it is, when it was heard.</summary>
sealed class FetchSource(int slot, TimeSpan now)
{
    static readonly TimeSpan Measure = TimeSpan.FromMilliseconds(100);

    uint next;
    double size = 32 << 10; // of a block, until some have come
    long counted;
    TimeSpan countedSince = now;

    public int Slot => slot;

    public Dictionary<uint, FetchPlan.Wanted> Owed { get; } = [];

    /// <summary>Bytes a second, lately.</summary>
    public double Rate { get; private set; }

    public TimeSpan LastHeard { get; private set; } = now;

    public bool Dropped { get; set; }

    /// <summary>It isn't read at the moment, which is our own doing.</summary>
    public bool IsHeld { get; set; }

    /// <summary>Nothing it may have was found when this number stood; null when something was.</summary>
    public long? NothingSince { get; set; }

    /// <summary>How many more blocks it may be asked for now.</summary>
    public int Room => Dropped ? 0 : Window - Owed.Count;

    int Window
    {
        get
        {
            double bytes = Math.Clamp(Rate * ExchangeLimits.InFlightTime.TotalSeconds, ExchangeLimits.LeastInFlight, ExchangeLimits.MostInFlight);
            return Math.Clamp((int)(bytes / size), 2, ExchangeLimits.Outstanding);
        }
    }

    /// <summary>Asking costs a message: it waits until a quarter of what may be in flight can be asked for at once.</summary>
    public bool WorthAsking => Owed.Count == 0 || Room >= Math.Min(ExchangeLimits.IdsInAsk, Math.Max(1, Window / 4));

    /// <summary>How long what it owes takes it at its rate; two seconds while that isn't known.</summary>
    public TimeSpan Backlog => TimeSpan.FromSeconds(Rate < 1 ? 2 : Math.Min(3600, Owed.Count * size / Rate));

    public uint Ask(FetchPlan.Wanted want, TimeSpan now)
    {
        if (Owed.Count == 0) LastHeard = now; // its silence was nothing to blame it for
        Owed.Add(next, want);
        return next++;
    }

    public void Delivered(int length) => size += (length - size) / 16;

    public void Count(int bytes, TimeSpan now)
    {
        LastHeard = now;
        counted += bytes;
        Settle(now);
    }

    /// <summary>Brings the rate up to date. While nothing is owed, time doesn't count.</summary>
    public void Settle(TimeSpan now)
    {
        TimeSpan passed = now - countedSince;
        if (passed < Measure) return;
        if (counted > 0 || Owed.Count > 0) Rate += (counted / passed.TotalSeconds - Rate) * (Rate == 0 ? 1 : 0.3);
        counted = 0;
        countedSince = now;
    }
}
