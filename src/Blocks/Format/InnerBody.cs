using System.Buffers.Binary;
using Vault.Primitives;

namespace Vault.Blocks;

/// <summary>A child as its parent knows it: the public link, the sealed key, and how many bytes of content lie below.</summary>
public readonly record struct Child(BlockId Id, ContentKey Key, long Length);

/// <summary>
/// What an inner block seals about its children, in the order of its links: <c>key (32) ‖ length (8, big-endian)</c> each.
/// Always plain: keys don't compress.
/// </summary>
public static class InnerBody
{
    public const int EntrySize = ContentKey.Size + 8;

    /// <summary>The whole inner block, sealed; its id and key as its own parent will know it.</summary>
    public static byte[] Build(ReadOnlySpan<byte> convergenceSecret, int level, ReadOnlySpan<Child> children, out ContentKey key)
    {
        if (children.Length is 0 or > Limits.MaxLinks) throw new ArgumentException("An inner block has 1 to 2,048 children.", nameof(children));
        BlockHeader header = new(level, children.Length);
        byte[] block = new byte[header.PublicSize + SealedBody.Overhead + children.Length * EntrySize];
        header.Write(block);
        Span<byte> entries = block.AsSpan(header.PublicSize + SealedBody.FlagSize);
        for (int i = 0; i < children.Length; i++)
        {
            children[i].Id.CopyTo(block.AsSpan(BlockHeader.Size + i * BlockId.Size));
            children[i].Key.Bytes.CopyTo(entries[(i * EntrySize)..]);
            BinaryPrimitives.WriteInt64BigEndian(entries[(i * EntrySize + ContentKey.Size)..], children[i].Length);
        }
        key = SealedBody.Seal(convergenceSecret, block);
        return block;
    }

    /// <summary>
    /// The children of an opened inner block; null unless the body is in its one form and the lengths add up to
    /// <paramref name="length"/>: a reader that trusts them must end where it should.
    /// </summary>
    public static Child[]? Parse(ReadOnlySpan<byte> block, BlockHeader header, ReadOnlySpan<byte> body, long length)
    {
        if (body.Length != SealedBody.FlagSize + header.Links * EntrySize || body[0] != SealedBody.Plain) return null;
        long largest = header.Level == 1 ? Limits.MaxLeafContent : long.MaxValue;
        Child[] children = new Child[header.Links];
        long left = length;
        for (int i = 0; i < children.Length; i++)
        {
            ReadOnlySpan<byte> entry = body.Slice(SealedBody.FlagSize + i * EntrySize, EntrySize);
            long below = BinaryPrimitives.ReadInt64BigEndian(entry[ContentKey.Size..]);
            if (below <= 0 || below > largest || below > left) return null;
            left -= below;
            children[i] = new Child(BlockHeader.Link(block, i), new ContentKey(new Hash32(entry[..ContentKey.Size])), below);
        }
        return left == 0 ? children : null;
    }
}
