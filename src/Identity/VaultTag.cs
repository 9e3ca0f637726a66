using System.Security.Cryptography;
using Vault.Primitives;

namespace Vault.Identity;

/// <summary>
/// A vault's prefix in the keys of the local databases: 16 bytes of a hash of its id, so that everything of one vault is one
/// range. It never leaves the device.
/// </summary>
public readonly record struct VaultTag : IComparable<VaultTag>
{
    public const int Size = 16;

    readonly Hash16 value; // sorts as the database does

    public VaultTag(ReadOnlySpan<byte> bytes) => value = new Hash16(bytes);

    public static VaultTag Of(VaultId vault)
    {
        ReadOnlySpan<byte> label = KeyLabels.Tag;
        Span<byte> input = stackalloc byte[label.Length + VaultId.Size];
        label.CopyTo(input);
        vault.Key.CopyTo(input[label.Length..]);
        Span<byte> digest = stackalloc byte[Hash32.Size];
        SHA256.HashData(input, digest);
        return new VaultTag(digest[..Size]);
    }

    public void CopyTo(Span<byte> destination) => value.CopyTo(destination);

    public byte[] ToArray() => value.ToArray();

    public int CompareTo(VaultTag other) => value.CompareTo(other.value);

    public override string ToString() => value.ToString();
}
