namespace Vault.Primitives;

/// <summary>Argon2id version 1.3: a key from a passphrase, made slow and memory-hungry on purpose.</summary>
public static unsafe class Argon2id
{
    public const int SaltSize = 16;
    const int Algorithm = 2; // crypto_pwhash_ALG_ARGON2ID13

    public static SecretBytes Derive(ReadOnlySpan<byte> passphrase, ReadOnlySpan<byte> salt, int passes, int memoryKiB, int length = 32)
    {
        if (salt.Length != SaltSize) throw new ArgumentException("The salt has exactly 16 bytes.", nameof(salt));
        Span<byte> output = stackalloc byte[length];
        fixed (byte* o = output, p = passphrase, s = salt)
            if (Sodium.crypto_pwhash_argon2id(o, (ulong)length, p, (ulong)passphrase.Length, s, (ulong)passes, (nuint)memoryKiB * 1024, Algorithm) != 0)
                throw new LimitExceededException($"not enough memory to derive the key ({memoryKiB / 1024} MiB are needed)");
        SecretBytes key = SecretBytes.Copy(output);
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(output);
        return key;
    }
}
