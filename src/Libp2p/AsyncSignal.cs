using System.Threading.Tasks.Sources;

namespace Vault.Libp2p;

/// <summary>Wakes one waiter, without allocating: a signal that comes while nobody waits is kept, further ones merge with it.</summary>
sealed class AsyncSignal : IValueTaskSource
{
    readonly Lock gate = new();
    ManualResetValueTaskSourceCore<bool> source = new() { RunContinuationsAsynchronously = true };
    bool signalled, waiting;

    public void Set()
    {
        lock (gate)
        {
            signalled = true;
            if (!waiting) return;
            waiting = signalled = false;
        }
        source.SetResult(true);
    }

    public ValueTask WaitAsync()
    {
        lock (gate)
        {
            if (signalled)
            {
                signalled = false;
                return ValueTask.CompletedTask;
            }
            if (waiting) throw new InvalidOperationException("A signal has one waiter.");
            source.Reset();
            waiting = true;
            return new ValueTask(this, source.Version);
        }
    }

    void IValueTaskSource.GetResult(short token) => source.GetResult(token);
    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => source.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        source.OnCompleted(continuation, state, token, flags);
}
