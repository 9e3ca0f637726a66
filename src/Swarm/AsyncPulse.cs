using System.Threading.Channels;

namespace Vault.Swarm;

/// <summary>Wakes who waits; one that comes while nobody waits is kept, further ones merge with it. Many may set, one waits.</summary>
sealed class AsyncPulse
{
    // A channel rather than a task that is completed: who waits goes on where it began to, and a thread of the pool isn't asked in between.
    readonly Channel<bool> pulses = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Set() => pulses.Writer.TryWrite(true);

    public async Task WaitAsync(CancellationToken cancel) => await pulses.Reader.ReadAsync(cancel);

    /// <summary>False when the time passed first.</summary>
    public async Task<bool> WaitAsync(TimeSpan patience, TimeProvider time, CancellationToken cancel)
    {
        using CancellationTokenSource deadline = new(patience, time), either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        try
        {
            await pulses.Reader.ReadAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return false;
        }
    }
}
