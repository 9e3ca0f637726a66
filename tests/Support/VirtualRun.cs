using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Vault.Tests.Support;

/// <summary>
/// Runs asynchronous code on one thread under virtual time: whenever nothing is left to do, the clock moves to the next timer. An
/// hour of waiting takes no time, and the same code does the same in every run.
/// </summary>
public sealed class VirtualRun : SynchronizationContext
{
    readonly BlockingCollection<(SendOrPostCallback Callback, object? State)> work = [];

    /// <summary>Other threads owe us something only by mistake; this is how long, in real time, a stuck run waits before it says so.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    VirtualRun() { }

    /// <param name="limit">Virtual time after which the run counts as stuck.</param>
    public static void Of(Func<VirtualTime, Task> body, TimeSpan? limit = null)
    {
        SynchronizationContext? before = Current;
        VirtualRun run = new();
        VirtualTime time = new();
        SetSynchronizationContext(run);
        try
        {
            Task task = body(time);
            while (!task.IsCompleted)
            {
                if (run.work.TryTake(out (SendOrPostCallback Callback, object? State) item)) item.Callback(item.State);
                else if (time.Step(limit ?? TimeSpan.FromHours(1))) continue;
                else if (run.work.TryTake(out item, Patience)) item.Callback(item.State);
                else throw new TimeoutException($"Nothing moves any more after {time.Elapsed} of virtual time.");
            }
            if (task.Exception is { } failure) ExceptionDispatchInfo.Capture(failure.InnerException!).Throw();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    public override void Post(SendOrPostCallback d, object? state) => work.Add((d, state));

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("Nobody waits for the one thread there is.");

    public override SynchronizationContext CreateCopy() => this;
}
