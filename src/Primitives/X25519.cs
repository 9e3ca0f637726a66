namespace Vault.Primitives;

/// <summary>An X25519 key for Diffie-Hellman. Its owner disposes it.</summary>
public sealed class X25519Key : IDisposable
{
    public const int Size = 32;

    readonly SecretBytes secret;

    /// <summary>Takes the secret over.</summary>
    internal unsafe X25519Key(SecretBytes secret)
    {
        this.secret = secret;
        Span<byte> publicKey = stackalloc byte[Size];
        fixed (byte* p = publicKey, s = secret.Span) _ = Sodium.crypto_scalarmult_curve25519_base(p, s);
        Public = new Hash32(publicKey);
    }

    public Hash32 Public { get; }

    public static X25519Key FromSecret(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size) throw new ArgumentException("An X25519 secret has exactly 32 bytes.", nameof(bytes));
        return new X25519Key(SecretBytes.Copy(bytes));
    }

    public static X25519Key Generate(RandomSource random) => new(SecretBytes.Random(Size, random));

    /// <summary>False when the peer's point is of small order: the result would be the same for everyone.</summary>
    public unsafe bool TryAgree(Hash32 peer, Span<byte> shared)
    {
        if (shared.Length != Size) throw new ArgumentException("A shared secret has exactly 32 bytes.", nameof(shared));
        Span<byte> point = stackalloc byte[Size];
        peer.CopyTo(point);
        fixed (byte* o = shared, s = secret.Span, p = point) return Sodium.crypto_scalarmult_curve25519(o, s, p) == 0;
    }

    public void Dispose() => secret.Dispose();
}
