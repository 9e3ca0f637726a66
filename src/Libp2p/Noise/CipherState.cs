using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Vault.Libp2p.Noise;

/// <summary>Noise's CipherState for ChaCha20-Poly1305: one key and the counter of the messages under it. Works in place.</summary>
sealed class CipherState(ReadOnlySpan<byte> key) : IDisposable
{
    public const int TagSize = 16;
    const int NonceSize = 12;

    readonly ChaCha20Poly1305 aead = new(key);
    ulong nonce;

    /// <summary>Enciphers the start of <paramref name="buffer"/> where it lies and puts the tag into its last 16 bytes.</summary>
    public void Encrypt(ReadOnlySpan<byte> associated, Span<byte> buffer)
    {
        Span<byte> counter = stackalloc byte[NonceSize];
        NextNonce(counter);
        Span<byte> text = buffer[..^TagSize];
        aead.Encrypt(counter, text, text, buffer[^TagSize..], associated);
    }

    /// <summary>The opposite; false for bytes that weren't enciphered by the other side, as its next message, under this key.</summary>
    public bool TryDecrypt(ReadOnlySpan<byte> associated, Span<byte> buffer)
    {
        if (buffer.Length < TagSize) return false;
        Span<byte> counter = stackalloc byte[NonceSize];
        NextNonce(counter);
        Span<byte> text = buffer[..^TagSize];
        try
        {
            aead.Decrypt(counter, text, buffer[^TagSize..], text, associated);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    void NextNonce(Span<byte> destination)
    {
        // Noise reserves the last value; it would take centuries, but a counter that wraps would be a disaster.
        if (nonce == ulong.MaxValue) throw new InvalidOperationException("A Noise key has enciphered all the messages it may.");
        BinaryPrimitives.WriteUInt64LittleEndian(destination[4..], nonce++);
    }

    public void Dispose() => aead.Dispose();
}
