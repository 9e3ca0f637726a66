namespace Vault.Primitives;

/// <summary>
/// XChaCha20-Poly1305: the sealing for messages under one long-lived key, because its 24-byte nonces may be drawn at random.
/// For a key that seals one message only, use the base class library's ChaCha20Poly1305.
/// </summary>
public static unsafe class XChaCha20Poly1305
{
    public const int KeySize = 32;
    public const int NonceSize = 24;
    public const int TagSize = 16;

    /// <summary>Writes ciphertext and tag: <paramref name="output"/> is 16 bytes longer than <paramref name="plain"/>.</summary>
    public static void Encrypt(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> plain, ReadOnlySpan<byte> associated, Span<byte> output)
    {
        Check(key, nonce);
        if (output.Length != plain.Length + TagSize) throw new ArgumentException("The output must be 16 bytes longer than the input.", nameof(output));
        fixed (byte* o = output, p = plain, a = associated, n = nonce, k = key)
            _ = Sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(o, null, p, (ulong)plain.Length, a, (ulong)associated.Length, null, n, k);
    }

    /// <summary>False, with the output cleared, when the message was not sealed with this key, nonce and associated data.</summary>
    public static bool TryDecrypt(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> @sealed, ReadOnlySpan<byte> associated, Span<byte> output)
    {
        Check(key, nonce);
        if (@sealed.Length < TagSize) return false;
        if (output.Length != @sealed.Length - TagSize) throw new ArgumentException("The output must be 16 bytes shorter than the input.", nameof(output));
        fixed (byte* o = output, s = @sealed, a = associated, n = nonce, k = key)
            return Sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(o, null, null, s, (ulong)@sealed.Length, a, (ulong)associated.Length, n, k) == 0;
    }

    static void Check(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce)
    {
        if (key.Length != KeySize) throw new ArgumentException("The key has exactly 32 bytes.", nameof(key));
        if (nonce.Length != NonceSize) throw new ArgumentException("The nonce has exactly 24 bytes.", nameof(nonce));
    }
}
