using System.IO.Pipelines;

namespace Vault.Swarm.Tests;

/// <summary>A stream between two ends in this process: what one writes, the other reads. Bytes that wait are bounded, as on a real one.</summary>
sealed class Cable
{
    readonly Pipe there, back;

    public Cable(int window = 256 << 10)
    {
        PipeOptions options = new(pauseWriterThreshold: window, resumeWriterThreshold: window / 2, useSynchronizationContext: false);
        (there, back) = (new Pipe(options), new Pipe(options));
        Near = new End(back.Reader, there.Writer);
        Far = new End(there.Reader, back.Writer);
    }

    public IDuplexPipe Near { get; }
    public IDuplexPipe Far { get; }

    /// <summary>Ends both directions at once.</summary>
    public void Cut()
    {
        OperationCanceledException cut = new("the cable was cut");
        there.Writer.Complete(cut);
        back.Writer.Complete(cut);
        there.Reader.CancelPendingRead();
        back.Reader.CancelPendingRead();
    }

    sealed record End(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
