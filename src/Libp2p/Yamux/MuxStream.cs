using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Vault.Libp2p.Yamux;

/// <summary>
/// One stream as a duplex pipe. What arrives waits in <see cref="arrived"/>, bounded by the stream's window; what the application
/// writes waits in <see cref="leaving"/>, bounded by MaxUnsent, until the connection's writer gives the stream its turn.
/// </summary>
sealed class MuxStream : IDuplexPipe
{
    readonly Mux mux;
    readonly Pipe arrived, leaving;

    public MuxStream(Mux mux, StreamState state, MuxLimits limits)
    {
        this.mux = mux;
        State = state;
        state.Owner = this;
        // The window bounds what arrives, so the pipe itself never pauses.
        arrived = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        leaving = new Pipe(new PipeOptions(pauseWriterThreshold: limits.MaxUnsent, resumeWriterThreshold: limits.MaxUnsent / 2));
        Input = new Reader(this, arrived.Reader);
        Output = new Writer(this, leaving.Writer);
    }

    public StreamState State { get; }
    public PipeReader Input { get; }
    public PipeWriter Output { get; }

    /// <summary>Ends the stream at once, in both directions; the other side sees a reset.</summary>
    public void Abort(Exception reason) => mux.Abort(this, reason);

    // The connection calls these, always under its lock.

    internal void Deliver(ReadOnlySpan<byte> payload)
    {
        payload.CopyTo(arrived.Writer.GetSpan(payload.Length));
        arrived.Writer.Advance(payload.Length);
    }

    /// <summary>Wakes the reader. Never waits, because the pipe never pauses.</summary>
    internal void Flush()
    {
        ValueTask<FlushResult> flush = arrived.Writer.FlushAsync();
        if (!flush.IsCompleted) throw new InvalidOperationException("A pipe without a threshold has paused.");
    }

    internal void EndOfInput() => arrived.Writer.Complete();

    internal void Take(Span<byte> destination)
    {
        if (!leaving.Reader.TryRead(out ReadResult result)) throw new InvalidOperationException("The writer has less than it announced.");
        ReadOnlySequence<byte> taken = result.Buffer.Slice(0, destination.Length);
        taken.CopyTo(destination);
        leaving.Reader.AdvanceTo(taken.End);
    }

    internal void EndOfOutput() => leaving.Reader.Complete();

    internal void Fail(Exception reason)
    {
        arrived.Writer.Complete(reason);
        leaving.Reader.Complete(reason);
    }

    /// <summary>Counts what the application consumes: that, and only that, is credited to the other side.</summary>
    sealed class Reader(MuxStream stream, PipeReader inner) : PipeReader
    {
        ReadOnlySequence<byte> current;

        public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        {
            ValueTask<ReadResult> read = inner.ReadAsync(cancellationToken);
            if (!read.IsCompletedSuccessfully) return RememberAsync(read);
            ReadResult result = read.Result;
            current = result.Buffer;
            return new ValueTask<ReadResult>(result);
        }

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        async ValueTask<ReadResult> RememberAsync(ValueTask<ReadResult> read)
        {
            ReadResult result = await read;
            current = result.Buffer;
            return result;
        }

        public override bool TryRead(out ReadResult result)
        {
            bool any = inner.TryRead(out result);
            if (any) current = result.Buffer;
            return any;
        }

        public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
        {
            int bytes = (int)current.Slice(0, consumed).Length;
            current = default;
            inner.AdvanceTo(consumed, examined);
            if (bytes > 0) stream.mux.Consume(stream, bytes);
        }

        public override void CancelPendingRead() => inner.CancelPendingRead();

        public override void Complete(Exception? exception = null)
        {
            inner.Complete(exception);
            if (exception is null) stream.mux.Discard(stream);
            else stream.Abort(exception);
        }
    }

    /// <summary>Tells the connection's writer how much there is to send.</summary>
    sealed class Writer(MuxStream stream, PipeWriter inner) : PipeWriter
    {
        int unflushed;

        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);
        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

        public override void Advance(int bytes)
        {
            inner.Advance(bytes);
            unflushed += bytes;
        }

        public override bool CanGetUnflushedBytes => true;
        public override long UnflushedBytes => unflushed;

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            ValueTask<FlushResult> flush = inner.FlushAsync(cancellationToken);
            Announce();
            return flush;
        }

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null)
        {
            inner.Complete(exception is null ? null : new OperationCanceledException("The writer gave up.", exception));
            Announce();
            if (exception is null) stream.mux.Finish(stream);
            else stream.Abort(exception);
        }

        void Announce()
        {
            int bytes = unflushed;
            unflushed = 0;
            if (bytes > 0) stream.mux.Send(stream, bytes);
        }
    }
}
