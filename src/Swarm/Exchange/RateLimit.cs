namespace Vault.Swarm;

/// <summary>
/// Bytes a second that may pass in one direction, over all peers of a node. Who takes more than is there now waits as long as
/// that takes to come; up to a second's worth is saved. The rate may change while it is in use.
/// </summary>
public sealed class RateLimit(TimeProvider time)
{
    readonly Lock gate = new();
    long updatedAt = time.GetTimestamp();
    double saved;
    long? rate;

    /// <summary>Null for no limit.</summary>
    public long? BytesPerSecond
    {
        get { lock (gate) return rate; }
        set
        {
            if (value <= 0) throw new ArgumentOutOfRangeException(nameof(value), "A rate is more than nothing; null is no limit.");
            lock (gate)
            {
                rate = value;
                saved = Math.Min(saved, value ?? 0);
                updatedAt = time.GetTimestamp();
            }
        }
    }

    public ValueTask TakeAsync(int bytes, CancellationToken cancel)
    {
        TimeSpan wait;
        lock (gate)
        {
            if (rate is not { } limit) return default;
            long now = time.GetTimestamp();
            saved = Math.Min(limit, saved + time.GetElapsedTime(updatedAt, now).TotalSeconds * limit) - bytes;
            updatedAt = now;
            if (saved >= 0) return default;
            wait = TimeSpan.FromSeconds(Math.Min(60, -saved / limit));
        }
        return new ValueTask(Task.Delay(wait, time, cancel));
    }
}
