using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>
/// The hash of a set of leaves: a binary tree that branches only where keys differ, so that its shape follows from the set
/// alone. A node's hash covers the index of the bit it branches on; that is what makes absence provable. The hash of no leaves
/// is 32 zero bytes, of one leaf its digest.
/// </summary>
public static class TreeHash
{
    const byte Rules = 1;

    static ReadOnlySpan<byte> NodeLabel => "vault/v1/catalog-node"u8;
    static ReadOnlySpan<byte> RootLabel => "vault/v1/catalog-root"u8;

    public static Hash32 Empty => default;

    /// <summary>The hash of leaves that are sorted and distinct.</summary>
    public static Hash32 Of(ReadOnlySpan<Leaf> sorted)
    {
        if (sorted.Length < 2) return sorted.IsEmpty ? Empty : sorted[0].Digest;
        int bit = Leaf.FirstDifference(sorted[0], sorted[^1]);
        int split = FirstOne(sorted, bit);
        return Node(bit, Of(sorted[..split]), Of(sorted[split..]));
    }

    /// <summary>The hash of what lies under a prefix of <paramref name="bit"/> bits, from both its halves.</summary>
    public static Hash32 Combine(int bit, Hash32 zero, Hash32 one) => zero == Empty ? one : one == Empty ? zero : Node(bit, zero, one);

    [SkipLocalsInit]
    public static Hash32 Node(int bit, Hash32 zero, Hash32 one)
    {
        Span<byte> input = stackalloc byte[NodeLabel.Length + 2 + 2 * Hash32.Size];
        NodeLabel.CopyTo(input);
        Span<byte> rest = input[NodeLabel.Length..];
        BinaryPrimitives.WriteUInt16BigEndian(rest, (ushort)bit);
        zero.CopyTo(rest[2..]);
        one.CopyTo(rest[(2 + Hash32.Size)..]);
        return Hash32.Of(input);
    }

    /// <summary>The root of a vault: of its leaves and how many there are.</summary>
    public static Hash32 Root(VaultId vault, Hash32 tree, long count)
    {
        Span<byte> input = stackalloc byte[RootLabel.Length + VaultId.Size + Hash32.Size + sizeof(long) + 1];
        RootLabel.CopyTo(input);
        Span<byte> rest = input[RootLabel.Length..];
        vault.Key.CopyTo(rest);
        tree.CopyTo(rest[VaultId.Size..]);
        BinaryPrimitives.WriteInt64BigEndian(rest[(VaultId.Size + Hash32.Size)..], count);
        rest[^1] = Rules;
        return Hash32.Of(input);
    }

    /// <summary>Where, in sorted leaves that agree before <paramref name="bit"/>, those begin that have it set.</summary>
    internal static int FirstOne(ReadOnlySpan<Leaf> sorted, int bit)
    {
        int low = 0, high = sorted.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (sorted[middle].Bit(bit) == 0) low = middle + 1;
            else high = middle;
        }
        return low;
    }
}
