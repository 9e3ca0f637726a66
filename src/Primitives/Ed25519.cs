namespace Vault.Primitives;

/// <summary>The public half of an Ed25519 key.</summary>
public readonly record struct Ed25519PublicKey(Hash32 Bytes)
{
    public const int Size = 32;
    public const int SignatureSize = 64;

    public Ed25519PublicKey(ReadOnlySpan<byte> bytes) : this(new Hash32(bytes)) { }

    /// <summary>False for a forged signature, a malformed one, and a key of small order.</summary>
    public bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) =>
        signature.Length == SignatureSize && (SignatureMemo.Current is { } memo ? memo.Verify(this, message, signature) : Check(message, signature));

    internal unsafe bool Check(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        Span<byte> key = stackalloc byte[Size];
        Bytes.CopyTo(key);
        fixed (byte* k = key, m = message, s = signature)
            return Sodium.crypto_sign_ed25519_verify_detached(s, m, (ulong)message.Length, k) == 0;
    }

    /// <summary>The same point for X25519, so that something can be sealed to this key; null for a key that has none.</summary>
    public unsafe Hash32? ToX25519()
    {
        Span<byte> edwards = stackalloc byte[Size], montgomery = stackalloc byte[Size];
        Bytes.CopyTo(edwards);
        fixed (byte* e = edwards, m = montgomery)
            return Sodium.crypto_sign_ed25519_pk_to_curve25519(m, e) == 0 ? new Hash32(montgomery) : null;
    }

    public override string ToString() => Bytes.ToString();
}

/// <summary>An Ed25519 signing key. Its owner disposes it.</summary>
public sealed class Ed25519Key : IDisposable
{
    public const int SeedSize = 32;

    readonly SecretBytes secret; // libsodium's form: seed, then public key

    Ed25519Key(SecretBytes secret)
    {
        this.secret = secret;
        Public = new Ed25519PublicKey(secret.Span[SeedSize..]);
    }

    public Ed25519PublicKey Public { get; }

    /// <summary>The 32 bytes from which the key can be made again. Borrowed, as the key itself.</summary>
    public ReadOnlySpan<byte> Seed => secret.Span[..SeedSize];

    public static unsafe Ed25519Key FromSeed(ReadOnlySpan<byte> seed)
    {
        if (seed.Length != SeedSize) throw new ArgumentException("An Ed25519 seed has exactly 32 bytes.", nameof(seed));
        Span<byte> publicKey = stackalloc byte[Ed25519PublicKey.Size];
        SecretBytes secret = new(SeedSize + Ed25519PublicKey.Size);
        fixed (byte* s = seed, p = publicKey, k = secret.Writable) _ = Sodium.crypto_sign_ed25519_seed_keypair(p, k, s);
        return new Ed25519Key(secret);
    }

    public static Ed25519Key Generate(RandomSource random)
    {
        using SecretBytes seed = SecretBytes.Random(SeedSize, random);
        return FromSeed(seed.Span);
    }

    public unsafe void Sign(ReadOnlySpan<byte> message, Span<byte> signature)
    {
        if (signature.Length != Ed25519PublicKey.SignatureSize) throw new ArgumentException("An Ed25519 signature has exactly 64 bytes.", nameof(signature));
        fixed (byte* m = message, s = signature, k = secret.Span)
            _ = Sodium.crypto_sign_ed25519_detached(s, null, m, (ulong)message.Length, k);
    }

    public byte[] Sign(ReadOnlySpan<byte> message)
    {
        byte[] signature = new byte[Ed25519PublicKey.SignatureSize];
        Sign(message, signature);
        return signature;
    }

    /// <summary>The same key for X25519: opens what was sealed to <see cref="Ed25519PublicKey.ToX25519"/>.</summary>
    public unsafe X25519Key ToX25519()
    {
        SecretBytes scalar = new(X25519Key.Size);
        fixed (byte* s = scalar.Writable, k = secret.Span) _ = Sodium.crypto_sign_ed25519_sk_to_curve25519(s, k);
        return new X25519Key(scalar);
    }

    public void Dispose() => secret.Dispose();
}
