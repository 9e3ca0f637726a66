using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Vault.Primitives;

namespace Vault.Libp2p.Psk;

/// <summary>
/// The receiving half of a private network: deciphers bytes where they lie in the inner reader's own buffers. Nobody else may
/// read the inner reader. Until <see cref="cipher"/> exists, the first 24 bytes that arrive are the other side's nonce.
/// </summary>
sealed class PskReader : PipeReader, IDisposable
{
    readonly PipeReader inner;
    readonly PreSharedKey key;
    XSalsa20? cipher;
    ReadOnlySequence<byte> current;
    long clear; // how many bytes at the start of the inner buffer are deciphered already

    public PskReader(PipeReader inner, PreSharedKey key, XSalsa20? cipher = null)
    {
        this.inner = inner;
        this.key = key;
        this.cipher = cipher;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            ReadResult result = await inner.ReadAsync(cancellationToken);
            if (cipher is not null || result.IsCanceled) return Decipher(result);
            if (TryReadNonce(ref result)) return Decipher(result);
            if (result.IsCompleted) return result;
        }
    }

    public override bool TryRead(out ReadResult result)
    {
        if (cipher is null || !inner.TryRead(out result))
        {
            result = default;
            return false;
        }
        result = Decipher(result);
        return true;
    }

    bool TryReadNonce(ref ReadResult result)
    {
        if (result.Buffer.Length < XSalsa20.NonceSize)
        {
            if (!result.IsCompleted) inner.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            else result = new ReadResult(ReadOnlySequence<byte>.Empty, result.IsCanceled, true);
            return false;
        }
        Span<byte> nonce = stackalloc byte[XSalsa20.NonceSize];
        result.Buffer.Slice(0, nonce.Length).CopyTo(nonce);
        cipher = key.Cipher(nonce);
        result = new ReadResult(result.Buffer.Slice(nonce.Length), result.IsCanceled, result.IsCompleted);
        return true;
    }

    ReadResult Decipher(ReadResult result)
    {
        current = result.Buffer;
        if (cipher is null) return result;
        foreach (ReadOnlyMemory<byte> segment in current.Slice(clear)) cipher.Apply(MemoryMarshal.AsMemory(segment).Span);
        clear = current.Length;
        return result;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        clear -= current.Slice(0, consumed).Length;
        current = default;
        inner.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    public void Dispose() => cipher?.Dispose();
}
