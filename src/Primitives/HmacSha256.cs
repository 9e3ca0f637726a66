using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Vault.Primitives;

/// <summary>
/// HMAC-SHA256 (RFC 2104), over <see cref="Sha256"/>: of a short message it takes half a microsecond. The base class library's own
/// looks its algorithm up and makes a context each time, which takes six times as long, and a file that is added needs several.
/// </summary>
public static class HmacSha256
{
    const int BlockSize = 64;

    public const int Size = Hash32.Size;

    public static byte[] Hash(ReadOnlySpan<byte> key, ReadOnlySpan<byte> data)
    {
        byte[] mac = new byte[Size];
        Hash(key, data, mac);
        return mac;
    }

    public static void Hash(ReadOnlySpan<byte> key, ReadOnlySpan<byte> data, Span<byte> mac) => Hash(key, data, [], [], mac);

    /// <summary>Of three pieces as if they were one.</summary>
    [SkipLocalsInit]
    public static void Hash(ReadOnlySpan<byte> key, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third, Span<byte> mac)
    {
        Span<byte> pad = stackalloc byte[BlockSize], inner = stackalloc byte[Size];
        pad.Clear();
        if (key.Length > BlockSize) Sha256.Hash(key, pad[..Size]);
        else key.CopyTo(pad);
        Flip(pad, 0x36);
        Sha256.Hash(pad, first, second, third, inner);
        Flip(pad, 0x36 ^ 0x5C);
        Sha256.Hash(pad, inner, [], [], mac);
        CryptographicOperations.ZeroMemory(pad);
        CryptographicOperations.ZeroMemory(inner);
    }

    static void Flip(Span<byte> pad, byte with)
    {
        for (int i = 0; i < pad.Length; i++) pad[i] ^= with;
    }
}
