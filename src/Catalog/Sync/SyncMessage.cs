using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>What two sides say to each other. docs/formats-catalog.md has the bytes; <see cref="SyncCodec"/> reads and writes them.</summary>
public abstract record SyncMessage
{
    private SyncMessage() { }

    /// <summary>Begins a comparison, and answers a beginning. Without cells it only asks whether the sets are the same.</summary>
    /// <param name="PullOnly">The sender's set may be an old one (empty, restored, rolled back): it takes records and gives none.</param>
    /// <param name="Clock">The sender's hybrid clock, so that a clock that is far off is noticed.</param>
    /// <param name="Incarnation">Drawn when the sender's database was made; a restored one gets another.</param>
    /// <param name="Sequence">The number of the sender's last change.</param>
    /// <param name="SeenIncarnation">The receiver's incarnation and sequence as the sender last met them: a receiver that is
    /// behind them has lost something.</param>
    public sealed record Hello(
        bool PullOnly, long Count, ulong Clock, uint Incarnation, ulong Sequence, uint SeenIncarnation, ulong SeenSequence, Hash32 Tag, Cell[] Cells) : SyncMessage;

    /// <summary>Further cells. <paramref name="Total"/> is how many the receiver will have when all of them are there.</summary>
    public sealed record MoreCells(int From, int Total, Cell[] Cells) : SyncMessage;

    /// <summary>Asks for cells up to <paramref name="Total"/>.</summary>
    public sealed record AskCells(int Total) : SyncMessage;

    /// <summary>Asks for the list of all ids.</summary>
    public sealed record AskIds : SyncMessage;

    /// <summary>A part of the list of all ids.</summary>
    public sealed record Ids(bool Last, ulong[] Values) : SyncMessage;

    /// <summary>Asks what lies under prefixes of one length.</summary>
    /// <param name="Full">Whole hashes and keys, where short ones have shown no difference.</param>
    public sealed record AskNodes(bool Full, LeafPrefix[] Prefixes) : SyncMessage;

    /// <summary>The answers, in the order of the question.</summary>
    public sealed record Nodes(bool Full, TreeNode[] Answers) : SyncMessage;

    /// <summary>Asks for the records with these ids.</summary>
    public sealed record Need(bool Last, ulong[] Values) : SyncMessage;

    /// <summary>Records. <paramref name="Last"/> ends what the sender has for this comparison; <paramref name="News"/> were written after it.</summary>
    public sealed record Records(bool Last, bool News, ReadOnlyMemory<byte>[] Values) : SyncMessage;

    /// <summary>Ends a comparison: the sender has merged all it received.</summary>
    /// <param name="Final">The sender wants no further comparison, even if the tags differ.</param>
    public sealed record Done(bool Final, Hash32 Tag) : SyncMessage;
}

/// <summary>What lies under one prefix.</summary>
public abstract record TreeNode
{
    private TreeNode() { }

    /// <summary>The hashes of the sixteen prefixes that are four bits longer, whole or cut to half.</summary>
    public sealed record Hashes(Hash32[] Children) : TreeNode;

    /// <summary>The ids of the leaves, ascending.</summary>
    public sealed record Ids(ulong[] Values) : TreeNode;

    /// <summary>The leaves themselves, ascending.</summary>
    public sealed record Leaves(Leaf[] Values) : TreeNode;

    /// <summary>A hash as it travels: all of it, or 16 bytes and zeros.</summary>
    internal static Hash32 Cut(Hash32 hash, bool full)
    {
        if (full) return hash;
        Span<byte> bytes = stackalloc byte[Hash32.Size];
        hash.CopyTo(bytes);
        bytes[(Hash32.Size / 2)..].Clear();
        return new Hash32(bytes);
    }
}
