using Vault.Tests.Support;
using Xunit;

namespace Vault.Host.Tests;

/// <summary>A command that somebody interrupts. What real signals do to the real program is shown by the transcripts and by DaemonCommandTests.</summary>
public sealed class InterruptionTests
{
    readonly TaskCompletionSource asked = new();
    readonly StringWriter errors = new();
    readonly VirtualTime time = new();

    Task<int> ObeyedAsync(Func<CancellationToken, Task<int>> command) => Interruption.ObeyedAsync(command, asked.Task, new Terminal(TextWriter.Null, errors, _ => null) { Time = time });

    [Fact]
    public async Task A_command_that_nobody_interrupts_has_its_own_code() => Assert.Equal(3, await ObeyedAsync(_ => Task.FromResult(3)));

    [Fact]
    public async Task A_command_that_is_interrupted_ends_orderly()
    {
        asked.SetResult();
        Assert.Equal(4, await ObeyedAsync(async stop =>
        {
            TaskCompletionSource stopped = new();
            using CancellationTokenRegistration registered = stop.Register(stopped.SetResult);
            await stopped.Task;
            return 4;
        }));
        Assert.Empty(errors.ToString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)] // it computes, and gives no task back before it is done
    public async Task A_command_that_does_not_end_is_left_after_ten_seconds(bool computes)
    {
        using ManualResetEventSlim over = new();
        TaskCompletionSource<int> never = new();
        asked.SetResult();
        Task<int> code = ObeyedAsync(_ =>
        {
            if (computes) over.Wait(CancellationToken.None);
            return never.Task;
        });
        while (!time.Step(TimeSpan.MaxValue)) await Task.Yield(); // until it waits for the clock
        Assert.Equal((130, TimeSpan.FromSeconds(10)), (await code, time.Elapsed));
        Assert.StartsWith("vault: interrupted;", errors.ToString(), StringComparison.Ordinal);
        over.Set();
    }
}
