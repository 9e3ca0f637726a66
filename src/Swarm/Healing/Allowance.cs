namespace Vault.Swarm;

/// <summary>A rate with a burst. What is spent is known only afterwards, so it may go into debt; it gives again when that is made good.</summary>
/// <remarks>Times are since any fixed moment and never go back.</remarks>
public sealed class Allowance(double perSecond, double burst)
{
    double spent; // of the burst
    TimeSpan filled;

    public bool HasAny(TimeSpan now)
    {
        Fill(now);
        return spent < burst;
    }

    public void Spend(double amount, TimeSpan now)
    {
        Fill(now);
        spent += amount;
    }

    void Fill(TimeSpan now)
    {
        if (now <= filled) return;
        spent = Math.Max(0, spent - (now - filled).TotalSeconds * perSecond);
        filled = now;
    }
}
