using System.Security.Cryptography;

namespace Vault.Primitives;

/// <summary>
/// Bytes that must not leak: kept by libsodium between guard pages, locked out of swap where the system allows it, wiped when
/// freed. One owner disposes it; everybody else borrows <see cref="Span"/> for the length of a call.
/// </summary>
/// <remarks>
/// Disposing while someone still borrows ends the process, as any use of freed memory should; so an owner stops its users
/// first. There is no finalizer: a borrowed span doesn't keep its owner alive, and a collector that frees memory under it would
/// crash at a moment nobody can explain. Who forgets to dispose leaks a few pages.
/// </remarks>
public sealed unsafe class SecretBytes : IDisposable
{
    byte* memory;

    /// <summary>Unset bytes, for this folder's own use: whoever makes them fills <see cref="Writable"/> before anyone else looks.</summary>
    internal SecretBytes(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        memory = (byte*)Sodium.sodium_malloc((nuint)length);
        if (memory == null) throw new LimitExceededException("no guarded memory left for a secret", "raise vm.max_map_count");
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

    internal Span<byte> Writable
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
        if (memory == null) return;
        Sodium.sodium_free(memory);
        memory = null;
    }
}
