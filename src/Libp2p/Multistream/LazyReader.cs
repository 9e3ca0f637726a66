using System.Buffers;
using System.IO.Pipelines;
using Vault.Primitives;

namespace Vault.Libp2p.Multistream;

/// <summary>
/// Reads a stream whose protocol was proposed without waiting for the answer. The answer that we count on is known to the byte,
/// so the first read checks it and takes it off; anything else means the other side refused what it had announced.
/// </summary>
sealed class LazyReader : PipeReader
{
    readonly PipeReader inner;
    readonly byte[] expected;
    bool confirmed;

    public LazyReader(PipeReader inner, string protocol)
    {
        this.inner = inner;
        expected = [.. MultistreamMessage.Header, .. MultistreamMessage.Encode(protocol)];
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        confirmed ? inner.ReadAsync(cancellationToken) : ConfirmAsync(cancellationToken);

    async ValueTask<ReadResult> ConfirmAsync(CancellationToken cancel)
    {
        while (!confirmed)
        {
            ReadResult result = await inner.ReadAsync(cancel);
            if (result.IsCanceled) return result;
            if (Check(result.Buffer) is { } end) inner.AdvanceTo(end);
            else inner.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            if (!confirmed && result.IsCompleted) throw new ProtocolException("The stream ended before its protocol was agreed.");
        }
        return await inner.ReadAsync(cancel);
    }

    SequencePosition? Check(in ReadOnlySequence<byte> buffer)
    {
        Span<byte> start = stackalloc byte[MultistreamMessage.MaxSize + 64];
        int known = (int)Math.Min(buffer.Length, expected.Length);
        buffer.Slice(0, known).CopyTo(start);
        if (!start[..known].SequenceEqual(expected.AsSpan(0, known))) throw new ProtocolException("The peer refused a protocol that it had announced.");
        confirmed = known == expected.Length;
        return confirmed ? buffer.GetPosition(known) : null;
    }

    public override bool TryRead(out ReadResult result)
    {
        result = default;
        if (!confirmed && inner.TryRead(out ReadResult first))
        {
            if (Check(first.Buffer) is { } end) inner.AdvanceTo(end);
            else inner.AdvanceTo(first.Buffer.Start, first.Buffer.End);
        }
        return confirmed && inner.TryRead(out result);
    }

    public override void AdvanceTo(SequencePosition consumed) => inner.AdvanceTo(consumed);
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => inner.AdvanceTo(consumed, examined);
    public override void CancelPendingRead() => inner.CancelPendingRead();
    public override void Complete(Exception? exception = null) => inner.Complete(exception);
}
