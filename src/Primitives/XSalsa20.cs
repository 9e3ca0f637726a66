namespace Vault.Primitives;

/// <summary>
/// One XSalsa20 keystream, from its first byte on, applied in place: no integrity, no framing. It keeps its position across
/// calls of any length. Not safe for two callers at once: keystream order is wire order.
/// </summary>
public sealed class XSalsa20 : IDisposable
{
    public const int KeySize = 32;
    public const int NonceSize = 24;
    const int BlockSize = 64;

    readonly SecretBytes key;
    readonly byte[] nonce;
    readonly byte[] partial = new byte[BlockSize]; // keystream of the block that the last call left unfinished
    int used = BlockSize;
    ulong block;

    public XSalsa20(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce)
    {
        if (key.Length != KeySize) throw new ArgumentException("An XSalsa20 key has exactly 32 bytes.", nameof(key));
        if (nonce.Length != NonceSize) throw new ArgumentException("An XSalsa20 nonce has exactly 24 bytes.", nameof(nonce));
        this.key = SecretBytes.Copy(key);
        this.nonce = nonce.ToArray();
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
        if (blocks.IsEmpty) return;
        fixed (byte* d = blocks, n = nonce, k = key.Span)
            _ = Sodium.crypto_stream_xsalsa20_xor_ic(d, d, (ulong)blocks.Length, n, block, k);
        block += (ulong)blocks.Length / BlockSize;
    }

    public void Dispose()
    {
        key.Dispose();
        partial.AsSpan().Clear();
        used = BlockSize; // so that a late caller meets the disposed key, not what was left of a block
    }
}
