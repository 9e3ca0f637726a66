namespace Vault.Swarm;

/// <summary>Wakes who waits; one that comes while nobody waits is kept, further ones merge with it. Many may set, one waits.</summary>
sealed class AsyncPulse
{
    readonly Lock gate = new();
    TaskCompletionSource? waiting;
    bool kept;

    public void Set()
    {
        TaskCompletionSource? wake;
        lock (gate)
        {
            kept = waiting is null;
            (wake, waiting) = (waiting, null);
        }
        wake?.SetResult();
    }

    public Task WaitAsync(CancellationToken cancel)
    {
        lock (gate)
        {
            if (kept)
            {
                kept = false;
                return Task.CompletedTask;
            }
            waiting ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return waiting.Task.WaitAsync(cancel);
        }
    }

    /// <summary>False when the time passed first.</summary>
    public async Task<bool> WaitAsync(TimeSpan patience, TimeProvider time, CancellationToken cancel)
    {
        try
        {
            await WaitAsync(cancel).WaitAsync(patience, time, cancel);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
