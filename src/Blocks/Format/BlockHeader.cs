using System.Buffers.Binary;

namespace Vault.Blocks;

/// <summary>
/// The public part of a block that is not its links: 'V' 'B', version 1, level, number of links (big-endian). A leaf has
/// level 0 and no links; an inner block of level n has 1 to 2,048 links to blocks of level n − 1. Anyone can read this, so
/// that a holder without keys can walk, verify, replicate and collect.
/// </summary>
public readonly record struct BlockHeader(int Level, int Links)
{
    public const int Size = 6;
    const byte Version = 1;

    /// <summary>Everything before the sealed body.</summary>
    public int PublicSize => Size + Links * BlockId.Size;

    public void Write(Span<byte> destination)
    {
        destination[0] = (byte)'V';
        destination[1] = (byte)'B';
        destination[2] = Version;
        destination[3] = (byte)Level;
        BinaryPrimitives.WriteUInt16BigEndian(destination[4..], (ushort)Links);
    }

    /// <summary>False unless these bytes are a whole block in the one form that writing produces, as far as anyone without keys can tell.</summary>
    public static bool TryRead(ReadOnlySpan<byte> block, out BlockHeader header)
    {
        header = default;
        if (block.Length is < Size or > Limits.MaxBlock) return false;
        if (block[0] != 'V' || block[1] != 'B' || block[2] != Version) return false;
        header = new BlockHeader(block[3], BinaryPrimitives.ReadUInt16BigEndian(block[4..]));
        if (header.Level > Limits.MaxLevel || header.Links > Limits.MaxLinks) return false;
        if (header.Level == 0 != (header.Links == 0)) return false;
        int body = block.Length - header.PublicSize - SealedBody.Overhead;
        return header.Level == 0 ? body is >= 0 and <= Limits.MaxLeafContent : body == header.Links * InnerBody.EntrySize;
    }

    public static BlockId Link(ReadOnlySpan<byte> block, int index) => new(block.Slice(Size + index * BlockId.Size, BlockId.Size));
}
