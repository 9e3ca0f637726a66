using System.Runtime.InteropServices;

namespace Vault.Primitives;

/// <summary>libsodium, only what is used, C names kept. Everything above it takes spans and checks lengths.</summary>
static unsafe partial class Sodium
{
    const string Library = "sodium";

    static Sodium() => NativeLibraries.Use(typeof(Sodium).Assembly, Library, "libsodium23", Start, "libsodium.so.23");

    static void Start(nint library)
    {
        var init = (delegate* unmanaged<int>)NativeLibrary.GetExport(library, "sodium_init");
        if (init() < 0) throw new ConfigException("libsodium can't start", "check that the machine has a random source (/dev/urandom)");
    }

    [LibraryImport(Library)] internal static partial void* sodium_malloc(nuint size);
    [LibraryImport(Library)] internal static partial void sodium_free(void* buffer);

    [LibraryImport(Library)] internal static partial int crypto_sign_ed25519_seed_keypair(byte* publicKey, byte* secretKey, byte* seed);
    [LibraryImport(Library)] internal static partial int crypto_sign_ed25519_detached(byte* signature, ulong* signatureLength, byte* message, ulong length, byte* secretKey);
    [LibraryImport(Library)] internal static partial int crypto_sign_ed25519_verify_detached(byte* signature, byte* message, ulong length, byte* publicKey);
    [LibraryImport(Library)] internal static partial int crypto_sign_ed25519_pk_to_curve25519(byte* montgomery, byte* edwards);
    [LibraryImport(Library)] internal static partial int crypto_sign_ed25519_sk_to_curve25519(byte* montgomery, byte* edwards);

    [LibraryImport(Library)] internal static partial int crypto_scalarmult_curve25519(byte* shared, byte* secret, byte* peer);
    [LibraryImport(Library)] internal static partial int crypto_scalarmult_curve25519_base(byte* publicKey, byte* secret);

    [LibraryImport(Library)] internal static partial int crypto_core_hsalsa20(byte* output, byte* input, byte* key, byte* constant);
    [LibraryImport(Library)] internal static partial int crypto_stream_salsa20_xor_ic(byte* output, byte* input, ulong length, byte* nonce, ulong counter, byte* key);

    [LibraryImport(Library)] internal static partial int crypto_aead_xchacha20poly1305_ietf_encrypt(
        byte* output, ulong* outputLength, byte* message, ulong length, byte* associated, ulong associatedLength, byte* unused, byte* nonce, byte* key);
    [LibraryImport(Library)] internal static partial int crypto_aead_xchacha20poly1305_ietf_decrypt(
        byte* output, ulong* outputLength, byte* unused, byte* input, ulong length, byte* associated, ulong associatedLength, byte* nonce, byte* key);

    [LibraryImport(Library)] internal static partial int crypto_pwhash_argon2id(
        byte* output, ulong outputLength, byte* password, ulong passwordLength, byte* salt, ulong operations, nuint memory, int algorithm);
}
