using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace Vault.Primitives;

/// <summary>
/// SipHash-2-4 of ids under a vault's secret. It decides which cells an id falls into and what vouches for it there, so that
/// nobody outside the vault can aim ids at cells.
/// </summary>
public readonly struct SketchKey
{
    public const int Size = 16;

    readonly ulong k0, k1;

    /// <param name="secret">Of the vault's sketch key; the first 16 bytes count.</param>
    public SketchKey(ReadOnlySpan<byte> secret)
    {
        if (secret.Length < Size) throw new ArgumentException("A sketch key has at least 16 bytes.", nameof(secret));
        k0 = BinaryPrimitives.ReadUInt64LittleEndian(secret);
        k1 = BinaryPrimitives.ReadUInt64LittleEndian(secret[8..]);
    }

    /// <summary>Tells on this device whether stored cells were made under this key.</summary>
    public Hash32 Fingerprint
    {
        get
        {
            Span<byte> key = stackalloc byte[Size];
            BinaryPrimitives.WriteUInt64LittleEndian(key, k0);
            BinaryPrimitives.WriteUInt64LittleEndian(key[8..], k1);
            return new Hash32(HmacSha256.Hash(key, "vault/v1/sketch-cells"u8));
        }
    }

    /// <summary>SipHash-2-4 of the eight bytes of <paramref name="id"/>, little-endian.</summary>
    public ulong Hash(ulong id)
    {
        ulong v0 = k0 ^ 0x736f6d6570736575, v1 = k1 ^ 0x646f72616e646f6d, v2 = k0 ^ 0x6c7967656e657261, v3 = k1 ^ 0x7465646279746573;
        const ulong length = 8UL << 56;
        v3 ^= id;
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= id;
        v3 ^= length;
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= length;
        v2 ^= 0xFF;
        for (int i = 0; i < 4; i++) Round(ref v0, ref v1, ref v2, ref v3);
        return v0 ^ v1 ^ v2 ^ v3;
    }

    static void Round(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v0 += v1;
        v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
        v0 = BitOperations.RotateLeft(v0, 32);
        v2 += v3;
        v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
        v0 += v3;
        v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
        v2 += v1;
        v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
        v2 = BitOperations.RotateLeft(v2, 32);
    }
}
