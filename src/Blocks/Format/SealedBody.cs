using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Vault.Primitives;

namespace Vault.Blocks;

/// <summary>The key of one block's body. It opens that block and nothing else.</summary>
public readonly record struct ContentKey(Hash32 Bytes)
{
    public const int Size = Hash32.Size;

    public override string ToString() => "(content key)";
}

/// <summary>
/// Convergent sealing with a secret. <c>body = flag ‖ payload</c>; its key is
/// <c>HMAC-SHA256(convergence secret, label ‖ header ‖ links ‖ SHA-256(body))</c>, made from exactly what is encrypted; the
/// cipher is ChaCha20-Poly1305 with nonce zero and header ‖ links as associated data. One key never meets two messages, so
/// the fixed nonce is safe; identical content in a vault gives identical blocks, whoever adds it; and without the secret
/// nobody can test a guess about the content.
/// </summary>
public static class SealedBody
{
    public const int TagSize = 16;
    public const int FlagSize = 1;

    /// <summary>What sealing adds to the payload.</summary>
    public const int Overhead = FlagSize + TagSize;

    /// <summary>The payload is the content itself.</summary>
    public const byte Plain = 0;

    /// <summary>The payload is one zstd frame, shorter than the content.</summary>
    public const byte Zstd = 1;

    static ReadOnlySpan<byte> Label => "vault/v1/block-key"u8;
    static ReadOnlySpan<byte> ZeroNonce => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>
    /// Seals in place. <paramref name="block"/> holds header, links and body, then 16 bytes for the tag; the id is the hash
    /// of what it holds afterwards.
    /// </summary>
    [SkipLocalsInit]
    public static ContentKey Seal(ReadOnlySpan<byte> convergenceSecret, Span<byte> block)
    {
        bool known = BlockHeader.TryRead(block, out BlockHeader header);
        Debug.Assert(known, "sealing something that is no block");
        Span<byte> body = block[header.PublicSize..^TagSize];
        Span<byte> key = stackalloc byte[ContentKey.Size];
        DeriveKey(convergenceSecret, block[..header.PublicSize], body, key);
        using ChaCha20Poly1305 cipher = new(key);
        cipher.Encrypt(ZeroNonce, body, body, block[^TagSize..], block[..header.PublicSize]);
        ContentKey made = new(new Hash32(key));
        CryptographicOperations.ZeroMemory(key);
        return made;
    }

    /// <summary>Writes flag and payload to <paramref name="body"/>; false when the block was not sealed under this key.</summary>
    [SkipLocalsInit]
    public static bool TryOpen(ContentKey key, ReadOnlySpan<byte> block, BlockHeader header, Span<byte> body)
    {
        Span<byte> bytes = stackalloc byte[ContentKey.Size];
        key.Bytes.CopyTo(bytes);
        using ChaCha20Poly1305 cipher = new(bytes);
        CryptographicOperations.ZeroMemory(bytes);
        try
        {
            cipher.Decrypt(ZeroNonce, block[header.PublicSize..^TagSize], block[^TagSize..], body, block[..header.PublicSize]);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    static void DeriveKey(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> publicPart, ReadOnlySpan<byte> body, Span<byte> key)
    {
        Span<byte> digest = stackalloc byte[Hash32.Size];
        Hash32.Of(body).CopyTo(digest);
        HmacSha256.Hash(secret, Label, publicPart, digest, key);
    }
}
