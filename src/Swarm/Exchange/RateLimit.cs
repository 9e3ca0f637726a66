namespace Vault.Swarm;

/// <summary>
/// A bandwidth that everybody who sends, or everybody who receives, shares. They are served in the order in which they came; a new limit
/// holds at once, for those who wait too.
/// </summary>
public sealed class RateLimit : IDisposable
{
    /// <summary>The least that can be set: with less, a peer that shares it with many others would look dead.</summary>
    public const long Least = 64 << 10;

    readonly TimeProvider time;
    readonly long startedAt;
    readonly TokenBucket bucket = new();
    readonly Lock gate = new();
    readonly SemaphoreSlim turn = new(1);
    readonly AsyncPulse changed = new();

    public RateLimit(TimeProvider time) => (this.time, startedAt) = (time, time.GetTimestamp());

    /// <summary>Null for no limit.</summary>
    public long? BytesPerSecond
    {
        get { lock (gate) return bucket.BytesPerSecond; }
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value ?? Least, Least);
            lock (gate) bucket.Change(value, Now);
            changed.Set();
        }
    }

    TimeSpan Now => time.GetElapsedTime(startedAt);

    /// <summary>Ends when so many bytes may pass.</summary>
    public ValueTask TakeAsync(int bytes, CancellationToken cancel) => BytesPerSecond is null ? default : new ValueTask(TakeInTurnAsync(bytes, cancel));

    async Task TakeInTurnAsync(int bytes, CancellationToken cancel)
    {
        await turn.WaitAsync(cancel);
        try
        {
            while (Wait(bytes) is { } wait) await changed.WaitAsync(wait, time, cancel);
        }
        finally
        {
            turn.Release();
        }
    }

    TimeSpan? Wait(int bytes)
    {
        lock (gate) return bucket.Take(bytes, Now);
    }

    public void Dispose() => turn.Dispose();
}

/// <summary>What all vaults of a device may send and receive of blocks together.</summary>
public sealed class TransferLimits(TimeProvider time) : IDisposable
{
    public RateLimit Upload { get; } = new(time);
    public RateLimit Download { get; } = new(time);

    public void Dispose()
    {
        Upload.Dispose();
        Download.Dispose();
    }
}
