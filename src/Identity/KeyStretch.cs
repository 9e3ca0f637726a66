using Vault.Primitives;

namespace Vault.Identity;

/// <summary>What guessing a passphrase costs: Argon2id's passes over so much memory.</summary>
public readonly record struct KeyStretch(int Passes, int MemoryKiB)
{
    // A file names its own cost, and a hostile one would name 100 GiB: so much is paid at most, and only so little is believed
    // to have been meant by us.
    const int MaxPasses = 16;
    const int MaxMemoryKiB = 1024 * 1024;
    const int MinMemoryKiB = 8; // Argon2's own floor; tests use little

    /// <summary>Under a second on a small machine, and memory it still has: libsodium's "moderate" costs.</summary>
    public static KeyStretch Default { get; } = new(Passes: 3, MemoryKiB: 256 * 1024);

    public bool IsAcceptable => Passes is >= 1 and <= MaxPasses && MemoryKiB is >= MinMemoryKiB and <= MaxMemoryKiB;

    internal SecretBytes Derive(SecretBytes passphrase, ReadOnlySpan<byte> salt) => Argon2id.Derive(passphrase.Span, salt, Passes, MemoryKiB);
}
