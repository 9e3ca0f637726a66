using System.Security.Cryptography;

namespace Vault.Primitives;

/// <summary>
/// One XSalsa20 keystream applied in place, from its first byte on: no integrity, no framing. It keeps its position across
/// calls of any length. Not safe for two callers at once: keystream order is wire order.
/// </summary>
public sealed class XSalsa20 : IDisposable
{
    public const int KeySize = 32;
    public const int NonceSize = 24;
    const int BlockSize = 64;
    const int DerivingSize = 16; // so much of the nonce goes into the key; Salsa20 has the rest

    readonly SecretBytes key; // Salsa20's
    readonly byte[] nonce; // Salsa20's
    readonly byte[] partial = new byte[BlockSize]; // keystream of the block that the last call left unfinished
    int used = BlockSize;
    ulong block;

    /// <param name="block">Begins with this block of 64 bytes instead of the first.</param>
    public XSalsa20(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ulong block = 0)
    {
        if (key.Length != KeySize) throw new ArgumentException("An XSalsa20 key has exactly 32 bytes.", nameof(key));
        if (nonce.Length != NonceSize) throw new ArgumentException("An XSalsa20 nonce has exactly 24 bytes.", nameof(nonce));
        this.key = Derive(key, nonce[..DerivingSize]);
        this.block = block;
        this.nonce = [.. nonce[DerivingSize..]];
    }

    static unsafe SecretBytes Derive(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce)
    {
        Span<byte> derived = stackalloc byte[KeySize];
        fixed (byte* d = derived, n = nonce, k = key) _ = Sodium.crypto_core_hsalsa20(d, n, k, null);
        SecretBytes kept = SecretBytes.Copy(derived);
        CryptographicOperations.ZeroMemory(derived);
        return kept;
    }

    public void Apply(Span<byte> data)
    {
        while (used < BlockSize && !data.IsEmpty)
        {
            data[0] ^= partial[used++];
            data = data[1..];
        }
        int whole = data.Length & ~(BlockSize - 1);
        Xor(data[..whole]);
        data = data[whole..];
        if (data.IsEmpty) return;

        partial.AsSpan().Clear();
        Xor(partial);
        for (used = 0; used < data.Length; used++) data[used] ^= partial[used];
    }

    unsafe void Xor(Span<byte> blocks)
    {
        if (WideSalsa20.IsSupported && blocks.Length >= WideSalsa20.PieceSize)
        {
            int wide = blocks.Length - blocks.Length % WideSalsa20.PieceSize;
            WideSalsa20.Xor(blocks[..wide], key.Span, nonce, block);
            block += (ulong)wide / BlockSize;
            blocks = blocks[wide..];
        }
        if (blocks.IsEmpty) return;
        fixed (byte* d = blocks, n = nonce, k = key.Span)
            _ = Sodium.crypto_stream_salsa20_xor_ic(d, d, (ulong)blocks.Length, n, block, k);
        block += (ulong)blocks.Length / BlockSize;
    }

    public void Dispose()
    {
        key.Dispose();
        partial.AsSpan().Clear();
        used = BlockSize; // so that a late caller meets the disposed key, not what was left of a block
    }
}
