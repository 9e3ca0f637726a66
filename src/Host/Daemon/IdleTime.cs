namespace Vault.Host;

/// <summary>Tells by the processor time that was used when a time begins in which nothing happens: once for each such time.</summary>
/// <remarks>Times are since any fixed moment and never go back. For one caller at a time.</remarks>
sealed class IdleTime
{
    /// <summary>So long must next to nothing have happened. Who comes back every few seconds shall find what he left.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>A daemon that is in step uses a quarter of this.</summary>
    const double IdleShare = 0.01;

    TimeSpan usedBefore;
    TimeSpan? before;
    bool isIdle;

    /// <param name="used">Processor time since the start.</param>
    public bool HasBegun(TimeSpan used, TimeSpan now)
    {
        if (now - before < Patience) return false;
        bool was = isIdle;
        isIdle = before is { } then && used - usedBefore < (now - then) * IdleShare;
        (usedBefore, before) = (used, now);
        return isIdle && !was;
    }
}
