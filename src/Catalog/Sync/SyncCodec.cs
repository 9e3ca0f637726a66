using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>The messages as bytes, in one form only: docs/formats-catalog.md. Framing is the stream's business.</summary>
public static class SyncCodec
{
    const byte Version = 1;
    const int PrefixBits = 4; // of each step down the tree

    enum Kind : byte { Hello = 1, MoreCells, AskCells, AskIds, Ids, AskNodes, Nodes, Need, Records, Done }

    enum NodeKind : byte { Hashes, Ids, Leaves }

    public static byte[] Encode(SyncMessage message)
    {
        SyncWriter writer = new();
        switch (message)
        {
            case SyncMessage.Hello m:
                writer.Byte((byte)Kind.Hello).Byte(Version).Flag(m.PullOnly).Number((ulong)m.Count, 8).Number(m.Clock, 8)
                    .Number(m.Incarnation, 4).Number(m.Sequence, 8).Number(m.SeenIncarnation, 4).Number(m.SeenSequence, 8)
                    .Hash(m.Tag).Cells(m.Cells);
                break;
            case SyncMessage.MoreCells m:
                writer.Byte((byte)Kind.MoreCells).Number((ulong)m.From, 4).Number((ulong)m.Total, 4).Cells(m.Cells);
                break;
            case SyncMessage.AskCells m:
                writer.Byte((byte)Kind.AskCells).Number((ulong)m.Total, 4);
                break;
            case SyncMessage.AskIds:
                writer.Byte((byte)Kind.AskIds);
                break;
            case SyncMessage.Ids m:
                writer.Byte((byte)Kind.Ids).Flag(m.Last).Ids(m.Values);
                break;
            case SyncMessage.AskNodes m:
                writer.Byte((byte)Kind.AskNodes).Flag(m.Full).Byte((byte)m.Prefixes[0].Length);
                foreach (LeafPrefix prefix in m.Prefixes) writer.Number(prefix.Value >> (64 - PrefixSize(prefix.Length) * 8) % 64, PrefixSize(prefix.Length));
                break;
            case SyncMessage.Nodes m:
                writer.Byte((byte)Kind.Nodes).Flag(m.Full);
                foreach (TreeNode node in m.Answers) Write(writer, node, m.Full);
                break;
            case SyncMessage.Need m:
                writer.Byte((byte)Kind.Need).Flag(m.Last).Ids(m.Values);
                break;
            case SyncMessage.Records m:
                writer.Byte((byte)Kind.Records).Flag(m.Last).Flag(m.News);
                foreach (ReadOnlyMemory<byte> record in m.Values) writer.Varint((ulong)record.Length).Bytes(record.Span);
                break;
            case SyncMessage.Done m:
                writer.Byte((byte)Kind.Done).Flag(m.Final).Hash(m.Tag);
                break;
        }
        return writer.ToArray();
    }

    /// <summary>Null for bytes that <see cref="Encode"/> wouldn't produce within the limits. Records are slices of the given bytes.</summary>
    public static SyncMessage? Decode(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length > SyncLimits.Message) return null;
        SyncReader reader = new(bytes.Span);
        SyncMessage? message = (Kind)reader.Byte() switch
        {
            Kind.Hello => ReadHello(ref reader),
            Kind.MoreCells => ReadMoreCells(ref reader),
            Kind.AskCells => ReadAskCells(ref reader),
            Kind.AskIds => new SyncMessage.AskIds(),
            Kind.Ids => new SyncMessage.Ids(reader.Flag(), reader.Ids(SyncLimits.IdsPerMessage)),
            Kind.AskNodes => ReadAskNodes(ref reader),
            Kind.Nodes => ReadNodes(ref reader),
            Kind.Need => new SyncMessage.Need(reader.Flag(), reader.Ids(SyncLimits.IdsPerMessage)),
            Kind.Records => ReadRecords(ref reader, bytes),
            Kind.Done => new SyncMessage.Done(reader.Flag(), reader.Hash()),
            _ => null,
        };
        return reader.IsComplete ? message : null;
    }

    static SyncMessage.Hello? ReadHello(ref SyncReader reader)
    {
        byte version = reader.Byte();
        SyncMessage.Hello hello = new(reader.Flag(), (long)reader.Number(8), reader.Number(8), (uint)reader.Number(4), reader.Number(8),
            (uint)reader.Number(4), reader.Number(8), reader.Hash(), reader.Cells(SyncLimits.MaxFirstCells));
        return version == Version && hello.Count >= 0 ? hello : null;
    }

    static SyncMessage.MoreCells? ReadMoreCells(ref SyncReader reader)
    {
        SyncMessage.MoreCells more = new((int)Math.Min(reader.Number(4), int.MaxValue), (int)Math.Min(reader.Number(4), int.MaxValue), reader.Cells(SyncLimits.CellsPerMessage));
        return more.Cells.Length > 0 && more.Total <= SyncLimits.CellsPerRun && more.From <= more.Total - more.Cells.Length ? more : null;
    }

    static SyncMessage.AskCells? ReadAskCells(ref SyncReader reader)
    {
        ulong total = reader.Number(4);
        return total is > 0 and <= SyncLimits.CellsPerRun ? new SyncMessage.AskCells((int)total) : null;
    }

    static SyncMessage.AskNodes? ReadAskNodes(ref SyncReader reader)
    {
        bool full = reader.Flag();
        int length = reader.Byte();
        if (length > LeafPrefix.MaxLength || length % PrefixBits != 0) return null;
        List<LeafPrefix> prefixes = [];
        while (!reader.AtEnd || prefixes.Count == 0)
        {
            int size = PrefixSize(length);
            ulong value = length == 0 ? 0 : reader.Number(size) << (64 - 8 * size);
            // A second prefix without bits would be read forever.
            if (reader.Failed || (length == 0 && reader.Left > 0) || prefixes.Count == MaxPrefixes(length)) return null;
            if ((value & ~LeafPrefix.Mask(length)) != 0 || (prefixes.Count > 0 && prefixes[^1].Value >= value)) return null;
            prefixes.Add(new LeafPrefix(value, length));
        }
        return new SyncMessage.AskNodes(full, [.. prefixes]);
    }

    internal static int MaxPrefixes(int length) => length > PrefixHashes.Depth ? SyncLimits.DeepPrefixesPerMessage : SyncLimits.PrefixesPerMessage;

    static int PrefixSize(int length) => (length + 7) / 8;

    static void Write(SyncWriter writer, TreeNode node, bool full)
    {
        switch (node)
        {
            case TreeNode.Hashes hashes:
                int present = 0;
                for (int i = 0; i < 16; i++)
                    if (hashes.Children[i] != TreeHash.Empty) present |= 1 << (15 - i);
                writer.Byte((byte)NodeKind.Hashes).Number((ulong)present, 2);
                foreach (Hash32 hash in hashes.Children)
                    if (hash != TreeHash.Empty) writer.Hash(hash, full ? Hash32.Size : Hash32.Size / 2);
                break;
            case TreeNode.Ids ids:
                writer.Byte((byte)NodeKind.Ids).Byte((byte)ids.Values.Length);
                foreach (ulong id in ids.Values) writer.Number(id, 8);
                break;
            case TreeNode.Leaves leaves:
                writer.Byte((byte)NodeKind.Leaves).Byte((byte)leaves.Values.Length);
                foreach (Leaf leaf in leaves.Values) writer.Hash(leaf.Position).Hash(leaf.Digest);
                break;
        }
    }

    static SyncMessage.Nodes? ReadNodes(ref SyncReader reader)
    {
        bool full = reader.Flag();
        List<TreeNode> answers = [];
        while (!reader.AtEnd)
        {
            if (answers.Count == SyncLimits.PrefixesPerMessage || ReadNode(ref reader, full) is not { } node) return null;
            answers.Add(node);
        }
        return answers.Count > 0 ? new SyncMessage.Nodes(full, [.. answers]) : null;
    }

    static TreeNode? ReadNode(ref SyncReader reader, bool full)
    {
        switch ((NodeKind)reader.Byte())
        {
            case NodeKind.Hashes:
                ulong present = reader.Number(2);
                Hash32[] children = new Hash32[16];
                for (int i = 0; i < 16; i++)
                {
                    if ((present >> (15 - i) & 1) == 0) continue;
                    children[i] = reader.Hash(full ? Hash32.Size : Hash32.Size / 2);
                    if (children[i] == TreeHash.Empty) return null;
                }
                return new TreeNode.Hashes(children);
            case NodeKind.Ids when !full:
                ulong[] ids = new ulong[Math.Min((int)reader.Byte(), reader.Left / 8 + 1)];
                for (int i = 0; i < ids.Length; i++)
                {
                    ids[i] = reader.Number(8);
                    if (i > 0 && ids[i] <= ids[i - 1]) return null;
                }
                return ids.Length <= SyncLimits.LeavesPerAnswer ? new TreeNode.Ids(ids) : null;
            case NodeKind.Leaves when full:
                Leaf[] leaves = new Leaf[Math.Min((int)reader.Byte(), reader.Left / Leaf.Size + 1)];
                for (int i = 0; i < leaves.Length; i++)
                {
                    leaves[i] = new Leaf(reader.Hash(), reader.Hash());
                    if (i > 0 && leaves[i].CompareTo(leaves[i - 1]) <= 0) return null;
                }
                return leaves.Length <= SyncLimits.LeavesPerAnswer ? new TreeNode.Leaves(leaves) : null;
            default:
                return null;
        }
    }

    static SyncMessage.Records? ReadRecords(ref SyncReader reader, ReadOnlyMemory<byte> bytes)
    {
        bool last = reader.Flag(), news = reader.Flag();
        List<ReadOnlyMemory<byte>> records = [];
        while (!reader.AtEnd)
        {
            int length = reader.Varint(SyncLimits.Record), at = bytes.Length - reader.Left;
            if (reader.Bytes(length).IsEmpty) return null;
            records.Add(bytes.Slice(at, length));
        }
        return last && news ? null : new SyncMessage.Records(last, news, [.. records]);
    }
}
