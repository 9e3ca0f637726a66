using System.IO.Pipelines;
using Vault.Primitives;

namespace Vault.Libp2p.Psk;

/// <summary>The sending half of a private network: enciphers bytes where the writer put them, in the inner writer's own buffers.</summary>
sealed class PskWriter(PipeWriter inner, XSalsa20 cipher) : PipeWriter, IDisposable
{
    Memory<byte> lent;

    public override Memory<byte> GetMemory(int sizeHint = 0) => lent = inner.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        cipher.Apply(lent.Span[..bytes]);
        lent = lent[bytes..];
        inner.Advance(bytes);
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        lent = default;
        return inner.FlushAsync(cancellationToken);
    }

    public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

    public override long UnflushedBytes => inner.UnflushedBytes;

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    public void Dispose() => cipher.Dispose();
}
