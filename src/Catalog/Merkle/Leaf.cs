using System.Numerics;
using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>
/// What the tree, the sketch and the sync machine know of a record: where it stands and a hash of what it says. Leaves are
/// ordered by <c>position ‖ digest</c>, their key. The first bit of a position tells control records (0) from file records (1),
/// so that each kind has half of the key space to itself and control records come first in every listing.
/// </summary>
public readonly record struct Leaf(Hash32 Position, Hash32 Digest) : IComparable<Leaf>
{
    public const int Size = 2 * Hash32.Size;
    public const int Bits = 8 * Size;

    static ReadOnlySpan<byte> Label => "vault/v1/catalog-leaf"u8;

    /// <summary>The leaf of a record. The digest covers the position too, so that a proof can't move a record.</summary>
    /// <param name="content">The hash of the record's body.</param>
    public static Leaf Of(Hash32 position, Hash32 content)
    {
        Span<byte> input = stackalloc byte[Label.Length + 2 * Hash32.Size];
        Label.CopyTo(input);
        position.CopyTo(input[Label.Length..]);
        content.CopyTo(input[(Label.Length + Hash32.Size)..]);
        return new Leaf(position, Hash32.Of(input));
    }

    public static Leaf Read(ReadOnlySpan<byte> key) => new(new Hash32(key[..Hash32.Size]), new Hash32(key[Hash32.Size..]));

    public bool IsControl => Position.Prefix64 >> 63 == 0;

    /// <summary>The first 16 bits of the key: which of the tree's 65,536 prefixes it lies under.</summary>
    public int Bucket => (int)(Position.Prefix64 >> 48);

    /// <summary>
    /// What the sketch and the wire call it: the bucket and 48 bits of the digest. Finding a leaf by its id is a scan of one
    /// bucket, so it needs no index. A member can make two leaves share one; nothing breaks then, it only takes longer.
    /// </summary>
    public ulong Id => Position.Prefix64 & 0xFFFF_0000_0000_0000 | Digest.Prefix64 >> 16;

    public void CopyTo(Span<byte> destination)
    {
        Position.CopyTo(destination);
        Digest.CopyTo(destination[Hash32.Size..]);
    }

    public int CompareTo(Leaf other)
    {
        int order = Position.CompareTo(other.Position);
        return order != 0 ? order : Digest.CompareTo(other.Digest);
    }

    /// <summary>The first bit in which two keys differ.</summary>
    internal static int FirstDifference(in Leaf a, in Leaf b)
    {
        int at = FirstDifference(a.Position, b.Position);
        return at < 8 * Hash32.Size ? at : at + FirstDifference(a.Digest, b.Digest);
    }

    internal static int FirstDifference(Hash32 a, Hash32 b)
    {
        if (a.Prefix64 != b.Prefix64) return BitOperations.LeadingZeroCount(a.Prefix64 ^ b.Prefix64);
        Span<byte> left = stackalloc byte[Hash32.Size], right = stackalloc byte[Hash32.Size];
        a.CopyTo(left);
        b.CopyTo(right);
        int same = left.CommonPrefixLength(right);
        return same == Hash32.Size ? 8 * same : 8 * same + BitOperations.LeadingZeroCount((uint)(left[same] ^ right[same])) - 24;
    }

    internal static int Bit(Hash32 value, int index)
    {
        Span<byte> bytes = stackalloc byte[Hash32.Size];
        value.CopyTo(bytes);
        return bytes[index >> 3] >> (7 - (index & 7)) & 1;
    }

    internal int Bit(int index) => index < 8 * Hash32.Size ? Bit(Position, index) : Bit(Digest, index - 8 * Hash32.Size);
}
