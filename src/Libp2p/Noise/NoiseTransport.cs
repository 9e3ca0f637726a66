using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Vault.Primitives;

namespace Vault.Libp2p.Noise;

/// <summary>
/// The conversation after the handshake: frames of a two-byte length and a sealed body. Seals and opens in place; only a frame
/// that straddles two segments of the receiving pipe is first brought together in a rented buffer.
/// </summary>
sealed class NoiseTransport(CipherState send, CipherState receive) : IDisposable
{
    public const int PrefixSize = 2;
    public const int MaxBody = 65535;

    /// <summary>The most plaintext that fits into one frame.</summary>
    public const int MaxPlaintext = MaxBody - CipherState.TagSize;

    public const int Overhead = PrefixSize + CipherState.TagSize;

    byte[]? scratch;

    /// <summary>
    /// Takes the next frame off <paramref name="input"/> and opens it. The plaintext is borrowed until the next call or until the
    /// pipe is advanced. False when the frame isn't whole yet.
    /// </summary>
    public bool TryOpen(ref ReadOnlySequence<byte> input, out ReadOnlySpan<byte> plaintext)
    {
        plaintext = default;
        ReleaseScratch();
        if (input.Length < PrefixSize) return false;
        Span<byte> prefix = stackalloc byte[PrefixSize];
        input.Slice(0, PrefixSize).CopyTo(prefix);
        int length = BinaryPrimitives.ReadUInt16BigEndian(prefix);
        if (length < CipherState.TagSize) throw new ProtocolException("A Noise frame is shorter than its tag.");
        if (input.Length < PrefixSize + length) return false;

        ReadOnlySequence<byte> body = input.Slice(PrefixSize, length);
        Span<byte> sealedBody;
        if (body.IsSingleSegment) sealedBody = MemoryMarshal.AsMemory(body.First).Span;
        else
        {
            scratch = ArrayPool<byte>.Shared.Rent(length);
            sealedBody = scratch.AsSpan(0, length);
            body.CopyTo(sealedBody);
        }
        if (!receive.TryDecrypt([], sealedBody)) throw new ProtocolException("A Noise frame was tampered with.");
        input = input.Slice(PrefixSize + length);
        plaintext = sealedBody[..^CipherState.TagSize];
        return true;
    }

    /// <summary>Seals a frame whose plaintext of <paramref name="length"/> bytes already lies behind the prefix; returns its whole size.</summary>
    public int Seal(Span<byte> frame, int length)
    {
        BinaryPrimitives.WriteUInt16BigEndian(frame, (ushort)(length + CipherState.TagSize));
        send.Encrypt([], frame.Slice(PrefixSize, length + CipherState.TagSize));
        return length + Overhead;
    }

    void ReleaseScratch()
    {
        if (scratch is null) return;
        ArrayPool<byte>.Shared.Return(scratch);
        scratch = null;
    }

    public void Dispose()
    {
        ReleaseScratch();
        send.Dispose();
        receive.Dispose();
    }
}
