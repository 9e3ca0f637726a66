using System.Buffers;
using System.Collections.Concurrent;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Blocks;

/// <summary>The content of one leaf in a rented buffer. Its holder disposes it.</summary>
public sealed class LeafContent(byte[] buffer, int offset, int length) : IDisposable
{
    byte[]? buffer = buffer;

    public ReadOnlyMemory<byte> Bytes => buffer.AsMemory(offset, length);

    public void Dispose()
    {
        if (buffer is null) return;
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = null;
    }
}

/// <summary>Fetches blocks of a vault from the store and opens them. Safe for use from several threads.</summary>
sealed class BlockOpener(BlockStore store, VaultTag vault) : IDisposable
{
    readonly ConcurrentBag<Decompressor> decompressors = [];

    /// <summary>The children of an inner block, checked against what its parent promised. A level below 0: any, for a root.</summary>
    public (Child[] Children, int Level)? OpenInner(Child inner, int level)
    {
        using StoredBlock block = store.Read(vault, inner.Id) ?? throw Absent(inner.Id);
        if (block.Header.Level == 0 && level < 0) return null;
        if (block.Header.Level == 0 || level >= 0 && block.Header.Level != level) throw Wrong(inner.Id);
        byte[] body = new byte[block.Bytes.Length - block.Header.PublicSize - SealedBody.TagSize];
        if (!SealedBody.TryOpen(inner.Key, block.Bytes, block.Header, body)) throw Wrong(inner.Id);
        return (InnerBody.Parse(block.Bytes, block.Header, body, inner.Length) ?? throw Wrong(inner.Id), block.Header.Level);
    }

    /// <summary>The key proves the bytes: a leaf that opens is what was sealed, and hashing it too would double the work.</summary>
    public LeafContent OpenLeaf(Child leaf)
    {
        using StoredBlock block = store.ReadForKey(vault, leaf.Id) ?? throw Absent(leaf.Id);
        return OpenLeaf(leaf, block);
    }

    /// <summary>As <see cref="OpenLeaf(Child)"/>, of a root; null when that is an inner block.</summary>
    public LeafContent? OpenOnlyLeaf(Child root)
    {
        using StoredBlock block = store.ReadForKey(vault, root.Id) ?? throw Absent(root.Id);
        return block.Header.Level == 0 ? OpenLeaf(root, block) : null;
    }

    LeafContent OpenLeaf(Child leaf, StoredBlock block)
    {
        int length = (int)Math.Min(leaf.Length, Limits.MaxLeafContent + 1), bodyLength = block.Bytes.Length - block.Header.PublicSize - SealedBody.TagSize;
        if (block.Header.Level != 0 || length > Limits.MaxLeafContent || bodyLength > SealedBody.FlagSize + length) throw Judge(leaf.Id);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(bodyLength);
        LeafContent? content = null;
        try
        {
            Span<byte> body = buffer.AsSpan(0, bodyLength);
            if (!SealedBody.TryOpen(leaf.Key, block.Bytes, block.Header, body)) throw Judge(leaf.Id);
            content = body[0] switch
            {
                SealedBody.Plain when body.Length == SealedBody.FlagSize + length => new LeafContent(buffer, SealedBody.FlagSize, length),
                SealedBody.Zstd => Decompress(body[SealedBody.FlagSize..], length),
                _ => null,
            };
            return content ?? throw Wrong(leaf.Id);
        }
        finally
        {
            if (content is null || buffer[0] != SealedBody.Plain) ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    LeafContent? Decompress(ReadOnlySpan<byte> frame, int length)
    {
        if (!decompressors.TryTake(out Decompressor? decompressor)) decompressor = new Decompressor();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(length);
        bool whole = frame.Length < length && decompressor.TryDecompress(frame, buffer.AsSpan(0, length));
        decompressors.Add(decompressor);
        if (whole) return new LeafContent(buffer, 0, length);
        ArrayPool<byte>.Shared.Return(buffer);
        return null;
    }

    // The bytes on the disk may be damaged, or the reference may be wrong: the hash tells which, and sets damaged bytes aside.
    CorruptDataException Judge(BlockId id)
    {
        using StoredBlock? whole = store.Read(vault, id);
        return whole is null ? Absent(id) : Wrong(id);
    }

    static CorruptDataException Absent(BlockId id) =>
        new($"block {id} of this file isn't on this machine", "connect a device that holds the vault: with the daemon running, what is asked for is fetched");

    static CorruptDataException Wrong(BlockId id) => new($"block {id} is not the part of the file that its reference says");

    public void Dispose()
    {
        while (decompressors.TryTake(out Decompressor? decompressor)) decompressor.Dispose();
    }
}
