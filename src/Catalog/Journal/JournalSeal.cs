using System.Buffers.Binary;
using System.Security.Cryptography;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>
/// AES-256-GCM for the journal. Each opening of the catalog draws a salt and so gets a key of its own, and counts what it seals
/// under it: no database that is put back to an earlier state can make a nonce come twice under one key. What is sealed is
/// bound to its place by the associated data.
/// </summary>
sealed class JournalSeal : IDisposable
{
    internal const int TagSize = 16;
    const int SaltSize = 16, CounterSize = 8, NonceSize = 12;
    internal const int Overhead = SaltSize + CounterSize + TagSize;

    static ReadOnlySpan<byte> Label => "vault/v1/journal-key"u8;

    readonly VaultId vault;
    readonly SecretBytes secret;
    readonly byte[] salt = new byte[SaltSize];
    readonly AesGcm sealing;
    ulong counter;

    internal JournalSeal(VaultKeys keys, RandomSource random)
    {
        vault = keys.Vault;
        secret = keys.PositionKey.Derive("vault/v1/journal");
        random.Fill(salt);
        sealing = Cipher(salt);
    }

    /// <summary>Salt, counter, ciphertext, tag.</summary>
    /// <param name="place">What the value is bound to besides the vault.</param>
    internal byte[] Seal(ReadOnlySpan<byte> place, ReadOnlySpan<byte> plain)
    {
        byte[] value = new byte[Overhead + plain.Length];
        salt.CopyTo(value, 0);
        BinaryPrimitives.WriteUInt64BigEndian(value.AsSpan(SaltSize), Interlocked.Increment(ref counter));
        sealing.Encrypt(Nonce(value), plain, value.AsSpan(SaltSize + CounterSize, plain.Length), value.AsSpan(value.Length - TagSize), Associated(place));
        return value;
    }

    /// <summary>Null for what wasn't sealed here for this place.</summary>
    internal byte[]? Open(ReadOnlySpan<byte> place, ReadOnlySpan<byte> value)
    {
        if (value.Length < Overhead) return null;
        byte[] plain = new byte[value.Length - Overhead];
        using AesGcm cipher = Cipher(value[..SaltSize]);
        try
        {
            cipher.Decrypt(Nonce(value), value.Slice(SaltSize + CounterSize, plain.Length), value[^TagSize..], plain, Associated(place));
            return plain;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        sealing.Dispose();
        secret.Dispose();
    }

    AesGcm Cipher(ReadOnlySpan<byte> salt)
    {
        Span<byte> key = stackalloc byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret.Span, key, salt, Label);
        AesGcm cipher = new(key, TagSize);
        CryptographicOperations.ZeroMemory(key);
        return cipher;
    }

    static byte[] Nonce(ReadOnlySpan<byte> value)
    {
        byte[] nonce = new byte[NonceSize];
        value.Slice(SaltSize, CounterSize).CopyTo(nonce.AsSpan(NonceSize - CounterSize));
        return nonce;
    }

    byte[] Associated(ReadOnlySpan<byte> place) => [.. Label, .. vault.Key.ToArray(), .. place];
}
