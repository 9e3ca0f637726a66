namespace Vault.Primitives;

/// <summary>Argon2id version 1.3: a key from a passphrase, made slow and memory-hungry on purpose.</summary>
public static unsafe class Argon2id
{
    public const int SaltSize = 16;
    const int Algorithm = 2; // crypto_pwhash_ALG_ARGON2ID13
    const int MinMemoryKiB = 8; // libsodium refuses less
    const int MinLength = 16; // likewise

    /// <summary>One lane. The passphrase is taken as it stands; the caller decides how text becomes bytes.</summary>
    public static SecretBytes Derive(ReadOnlySpan<byte> passphrase, ReadOnlySpan<byte> salt, int passes, int memoryKiB, int length = 32)
    {
        if (salt.Length != SaltSize) throw new ArgumentException("The salt has exactly 16 bytes.", nameof(salt));
        ArgumentOutOfRangeException.ThrowIfLessThan(passes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(memoryKiB, MinMemoryKiB);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, MinLength);
        SecretBytes key = new(length);
        fixed (byte* o = key.Writable, p = passphrase, s = salt)
            if (Sodium.crypto_pwhash_argon2id(o, (ulong)length, p, (ulong)passphrase.Length, s, (ulong)passes, (nuint)memoryKiB * 1024, Algorithm) == 0)
                return key;
        key.Dispose();
        throw new LimitExceededException($"not enough memory to derive the key ({memoryKiB / 1024} MiB are needed)");
    }
}
