using Vault.Primitives;

namespace Vault.Identity;

/// <summary>The name of a vault: the public half of its root signing key. People see it as 52 letters and digits of base32.</summary>
public readonly record struct VaultId(Hash32 Key) : IComparable<VaultId>
{
    public const int Size = Hash32.Size;
    public const int TextLength = 52;

    public VaultId(ReadOnlySpan<byte> bytes) : this(new Hash32(bytes)) { }

    /// <summary>Verifies what the vault's root key signed.</summary>
    public Ed25519PublicKey RootKey => new(Key);

    public VaultTag Tag => VaultTag.Of(this);

    public static VaultId? Parse(ReadOnlySpan<char> text) =>
        text.Length == TextLength && Base32.Decode(text) is { } bytes ? new VaultId(bytes) : null;

    public int CompareTo(VaultId other) => Key.CompareTo(other.Key);

    public override string ToString() => Base32.Encode(Key.ToArray());
}
