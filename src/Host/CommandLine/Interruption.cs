using System.Runtime.InteropServices;

namespace Vault.Host;

/// <summary>
/// SIGINT and SIGTERM ask a command to end orderly. Not the parser's own handling, which lets go of the signals before the process is gone: one that
/// comes then meets what is disposed already and is an unhandled exception, or kills what had ended well.
/// </summary>
static class Interruption
{
    /// <summary>How long an interrupted command may take to end orderly. What is killed after that loses nothing either.</summary>
    static readonly TimeSpan patience = TimeSpan.FromSeconds(10);

    // Never disposed: from the first signal to the last instruction of the process more of them change nothing. timeout(1) sends each twice, and who
    // presses Ctrl-C once more has the end within our patience.
    static PosixSignalRegistration[] registrations = [];

    /// <summary>Ends with the first signal that this process gets.</summary>
    public static Task OfProcess()
    {
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        registrations = [Register(PosixSignal.SIGINT), Register(PosixSignal.SIGTERM)];
        return asked.Task;

        PosixSignalRegistration Register(PosixSignal signal) => PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            asked.TrySetResult();
        });
    }

    /// <summary>The command's exit code; where it doesn't end within our patience after it was asked to, that of one that was interrupted.</summary>
    public static async Task<int> ObeyedAsync(Func<CancellationToken, Task<int>> command, Task asked, Terminal terminal)
    {
        using CancellationTokenSource stop = new();
        Task<int> running = Task.Run(() => command(stop.Token)); // a command that computes returns its task when it is done
        if (await Task.WhenAny(running, asked) == running) return await running;
        await stop.CancelAsync();
        try
        {
            return await running.WaitAsync(patience, terminal.Time);
        }
        catch (TimeoutException fault) when (!running.IsCompleted)
        {
            return FaultReport.Write(new OperationCanceledException(null, fault), terminal);
        }
    }
}
