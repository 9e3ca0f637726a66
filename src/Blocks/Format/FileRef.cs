using System.Buffers.Binary;
using Vault.Primitives;

namespace Vault.Blocks;

/// <summary>All it takes to read a file of a vault: where its tree begins, the key to that block, and how long the content is. A secret, for the key.</summary>
public readonly record struct FileRef(BlockId Root, ContentKey Key, long Size)
{
    public const int EncodedSize = BlockId.Size + ContentKey.Size + 8;

    public void Write(Span<byte> destination)
    {
        Root.CopyTo(destination);
        Key.Bytes.CopyTo(destination[BlockId.Size..]);
        BinaryPrimitives.WriteInt64BigEndian(destination[(BlockId.Size + ContentKey.Size)..], Size);
    }

    public static FileRef? Read(ReadOnlySpan<byte> source)
    {
        if (source.Length != EncodedSize) return null;
        long size = BinaryPrimitives.ReadInt64BigEndian(source[(BlockId.Size + ContentKey.Size)..]);
        if (size < 0) return null;
        return new FileRef(new BlockId(source[..BlockId.Size]), new ContentKey(new Hash32(source.Slice(BlockId.Size, ContentKey.Size))), size);
    }
}
