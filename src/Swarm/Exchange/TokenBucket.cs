namespace Vault.Swarm;

/// <summary>
/// So many bytes a second, after a short burst: a machine without a clock. Whoever finds anything in the bucket may take more than that,
/// and the next waits until the debt is paid; so a piece of any size passes, and the rate holds in the long run.
/// </summary>
/// <remarks>Times are since any fixed moment and never go back. For one caller at a time.</remarks>
sealed class TokenBucket
{
    /// <summary>What may pass at once after a rest, as time: unnoticeable, and longer than a timer is late.</summary>
    static readonly TimeSpan Burst = TimeSpan.FromMilliseconds(100);

    double left;
    TimeSpan counted;

    /// <summary>Null lets everything pass.</summary>
    public long? BytesPerSecond { get; private set; }

    /// <summary>From now on at this rate; a debt that was made at another isn't asked for.</summary>
    public void Change(long? bytesPerSecond, TimeSpan now) => (BytesPerSecond, left, counted) = (bytesPerSecond, 0, now);

    /// <summary>Takes so many bytes and returns null, or says how long it takes until something is there to take from.</summary>
    public TimeSpan? Take(long bytes, TimeSpan now)
    {
        if (BytesPerSecond is not { } rate) return null;
        left = Math.Min(rate * Burst.TotalSeconds, left + (now - counted).TotalSeconds * rate);
        counted = now;
        if (left < 0) return TimeSpan.FromMilliseconds(Math.Ceiling(-left * 1000 / rate)); // whole ones: what a timer counts
        left -= bytes;
        return null;
    }
}
