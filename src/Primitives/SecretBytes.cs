using System.Security.Cryptography;

namespace Vault.Primitives;

/// <summary>
/// Bytes that must not leak: kept by libsodium between guard pages, locked out of swap where the system allows it, wiped when
/// freed. One owner disposes it; everybody else borrows <see cref="Span"/> for the length of a call.
/// </summary>
public sealed unsafe class SecretBytes : IDisposable
{
    byte* memory;

    SecretBytes(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        memory = (byte*)Sodium.sodium_malloc((nuint)length);
        if (memory == null) throw new InsufficientMemoryException("No guarded memory left for a secret.");
        Length = length;
    }

    /// <summary>Takes a copy; the caller still owns, and should wipe, what it passed.</summary>
    public static SecretBytes Copy(ReadOnlySpan<byte> source)
    {
        SecretBytes secret = new(source.Length);
        source.CopyTo(secret.Writable);
        return secret;
    }

    public static SecretBytes Random(int length, RandomSource random)
    {
        SecretBytes secret = new(length);
        random.Fill(secret.Writable);
        return secret;
    }

    /// <summary>HKDF-SHA256 (expand after extract with an empty salt) of this secret under a label: one secret, many independent keys.</summary>
    public SecretBytes Derive(string label, int length = 32)
    {
        SecretBytes derived = new(length);
        HKDF.DeriveKey(HashAlgorithmName.SHA256, Span, derived.Writable, [], System.Text.Encoding.ASCII.GetBytes(label));
        return derived;
    }

    public int Length { get; }

    public ReadOnlySpan<byte> Span => Writable;

    Span<byte> Writable
    {
        get
        {
            ObjectDisposedException.ThrowIf(memory == null, this);
            return new Span<byte>(memory, Length);
        }
    }

    public override string ToString() => "(secret)";

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    ~SecretBytes() => Free();

    void Free()
    {
        if (memory == null) return;
        Sodium.sodium_free(memory);
        memory = null;
    }
}
