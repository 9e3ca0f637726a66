using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Vault.Primitives;

namespace Vault.Blocks;

/// <summary>
/// Builds the tree above a file's leaves, as they come. Where one inner block ends and the next begins depends on the ids of
/// the children, so that an insertion rewrites the inner blocks near it and the path to the root, not all that follows.
/// Pure: it hands out the blocks it makes and stores nothing.
/// </summary>
sealed class TreeBuilder(SecretBytes convergence)
{
    /// <summary>Format. Never fewer children than this in an inner block that isn't the last of its level: the tree stays flat whatever the ids are.</summary>
    const int LeastLinks = 256;

    /// <summary>Format. From there on, one id in 512 ends an inner block: about 768 children on average.</summary>
    const int EndMask = 511;

    readonly List<List<Child>> levels = [[]]; // levels[n]: children that wait for an inner block of level n + 1

    /// <summary>Adds the next leaf; whole inner blocks that this completes are appended to <paramref name="made"/>.</summary>
    public void Add(Child leaf, List<byte[]> made) => Add(0, leaf, made);

    /// <summary>The file, once all leaves are in.</summary>
    public FileRef Finish(List<byte[]> made)
    {
        for (int level = 0; ; level++)
        {
            List<Child> waiting = levels[level];
            bool top = level == levels.Count - 1;
            if (top && waiting.Count == 0) throw new InvalidOperationException("A file has at least one leaf.");
            if (top && waiting.Count == 1) return new FileRef(waiting[0].Id, waiting[0].Key, waiting[0].Length);
            if (waiting.Count > 0) Close(level, made);
        }
    }

    void Add(int level, Child child, List<byte[]> made)
    {
        List<Child> waiting = levels[level];
        waiting.Add(child);
        if (waiting.Count == Limits.MaxLinks || waiting.Count >= LeastLinks && Ends(child.Id)) Close(level, made);
    }

    void Close(int level, List<byte[]> made)
    {
        List<Child> children = levels[level];
        byte[] block = InnerBody.Build(convergence.Span, level + 1, CollectionsMarshal.AsSpan(children), out ContentKey key);
        long length = children.Sum(child => child.Length);
        children.Clear();
        made.Add(block);
        if (levels.Count == level + 1) levels.Add([]);
        Add(level + 1, new Child(BlockId.Of(block), key, length), made);
    }

    static bool Ends(BlockId id)
    {
        Span<byte> bytes = stackalloc byte[BlockId.Size];
        id.CopyTo(bytes);
        return (BinaryPrimitives.ReadUInt16BigEndian(bytes) & EndMask) == 0;
    }
}
