using System.Buffers.Binary;
using Vault.Identity;
using Vault.Store;

namespace Vault.Catalog;

/// <summary>
/// Where a vault's leaves, and what is worked out from them, lie in <c>meta/</c>. Only the leaves are needed; the rest is kept
/// so that opening a vault doesn't read all of them.
/// </summary>
public static class TreeKeys
{
    /// <summary>Vault tag, key of the leaf; no value. Bytes sort as leaves do.</summary>
    public static Family Leaves { get; } = new("leaves");

    /// <summary>Vault tag, a kind, and as that says.</summary>
    public static Family Tree { get; } = new("tree");

    internal const byte StateOf = (byte)'s';
    internal const byte BucketOf = (byte)'b';
    internal const byte CellsOf = (byte)'c';
    internal const byte TogglesOf = (byte)'t';

    internal static byte[] LeafKey(VaultTag vault, Leaf leaf)
    {
        byte[] key = new byte[VaultTag.Size + Leaf.Size];
        vault.CopyTo(key);
        leaf.CopyTo(key.AsSpan(VaultTag.Size));
        return key;
    }

    internal static Leaf LeafIn(ReadOnlySpan<byte> key) => Leaf.Read(key[VaultTag.Size..]);

    /// <summary>The keys of the leaves under a prefix.</summary>
    internal static (byte[] From, byte[] To) LeavesUnder(VaultTag vault, LeafPrefix prefix)
    {
        byte[] from = new byte[VaultTag.Size + sizeof(ulong)], to = new byte[VaultTag.Size + Leaf.Size + 1];
        vault.CopyTo(from);
        BinaryPrimitives.WriteUInt64BigEndian(from.AsSpan(VaultTag.Size), prefix.Value);
        // One byte longer than the last possible key: above every leaf under the prefix, and below anything else.
        to.AsSpan().Fill(0xFF);
        vault.CopyTo(to);
        BinaryPrimitives.WriteUInt64BigEndian(to.AsSpan(VaultTag.Size), prefix.Last);
        return (from, to);
    }

    internal static byte[] TreeKey(VaultTag vault, byte kind)
    {
        byte[] key = new byte[VaultTag.Size + 1];
        vault.CopyTo(key);
        key[VaultTag.Size] = kind;
        return key;
    }

    internal static byte[] BucketKey(VaultTag vault, int bucket)
    {
        byte[] key = [.. TreeKey(vault, BucketOf), 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(key.AsSpan(VaultTag.Size + 1), (ushort)bucket);
        return key;
    }

    internal static byte[] TogglesKey(VaultTag vault, ulong sequence)
    {
        byte[] key = [.. TreeKey(vault, TogglesOf), 0, 0, 0, 0, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt64BigEndian(key.AsSpan(VaultTag.Size + 1), sequence);
        return key;
    }

    internal static (byte[] From, byte[] To) AllOf(VaultTag vault, byte kind) => (TreeKey(vault, kind), TreeKey(vault, (byte)(kind + 1)));
}
