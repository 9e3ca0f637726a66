using System.Buffers.Binary;
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

    // Big-endian, so that comparing numbers compares bytes: tags sort as the database sorts them.
    readonly UInt128 value;

    public VaultTag(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size) throw new ArgumentException("A VaultTag has exactly 16 bytes.", nameof(bytes));
        value = BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

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

    public void CopyTo(Span<byte> destination) => BinaryPrimitives.WriteUInt128BigEndian(destination, value);

    public byte[] ToArray()
    {
        byte[] bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    public int CompareTo(VaultTag other) => value.CompareTo(other.value);

    public override string ToString() => Convert.ToHexStringLower(ToArray());
}
