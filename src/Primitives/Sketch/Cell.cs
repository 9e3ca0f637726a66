using System.Buffers.Binary;

namespace Vault.Primitives;

/// <summary>
/// Sums over the ids that fall into it: the ids by XOR, 48 bits of their hashes by XOR, their number modulo 2^16. Taking one
/// set's cell from another's leaves the cell of their difference.
/// </summary>
public record struct Cell(ulong Ids, ulong Sums)
{
    public const int Size = 16;

    const int CheckBits = 48;
    const ulong CheckMask = (1UL << CheckBits) - 1;

    /// <summary>How many more ids the first set has here than the second, as far as 16 bits tell.</summary>
    public readonly short Count => (short)(Sums >> CheckBits);

    public readonly bool IsEmpty => Ids == 0 && Sums == 0;

    /// <summary>Puts an id in (<paramref name="sign"/> 1) or takes it out (-1).</summary>
    public void Toggle(ulong id, ulong hash, int sign)
    {
        Ids ^= id;
        Sums = (Sums ^ hash & CheckMask) + ((ulong)sign << CheckBits);
    }

    public static Cell operator -(Cell left, Cell right) =>
        new(left.Ids ^ right.Ids, (left.Sums ^ right.Sums) & CheckMask | (left.Sums & ~CheckMask) - (right.Sums & ~CheckMask));

    public static Cell operator +(Cell left, Cell right) =>
        new(left.Ids ^ right.Ids, (left.Sums ^ right.Sums) & CheckMask | (left.Sums & ~CheckMask) + (right.Sums & ~CheckMask));

    /// <summary>Whether what is left here is a single id.</summary>
    public readonly bool IsPure(SketchKey key) => Count is 1 or -1 && ((key.Hash(Ids) ^ Sums) & CheckMask) == 0;

    // Ids (8), hashes (6), number (2), big-endian.
    public readonly void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, Ids);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], Sums << 16 | Sums >> CheckBits);
    }

    public static Cell Read(ReadOnlySpan<byte> bytes)
    {
        ulong sums = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        return new Cell(BinaryPrimitives.ReadUInt64BigEndian(bytes), sums >> 16 | sums << CheckBits);
    }
}
