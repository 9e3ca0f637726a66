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
        ByteWriter writer = new();
        switch (message)
        {
            case SyncMessage.Hello m:
                writer.Byte((byte)Kind.Hello).Byte(Version).Flag(m.PullOnly).UInt64((ulong)m.Count).UInt64(m.Clock)
                    .UInt32(m.Incarnation).UInt64(m.Sequence).UInt32(m.SeenIncarnation).UInt64(m.SeenSequence)
                    .Hash(m.Tag).Cells(m.Cells);
                break;
            case SyncMessage.MoreCells m:
                writer.Byte((byte)Kind.MoreCells).UInt32((uint)m.From).UInt32((uint)m.Total).Cells(m.Cells);
                break;
            case SyncMessage.AskCells m:
                writer.Byte((byte)Kind.AskCells).UInt32((uint)m.Total);
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
        ByteReader reader = new(bytes.Span);
        SyncMessage? message = (Kind)reader.TakeByte() switch
        {
            Kind.Hello => ReadHello(ref reader),
            Kind.MoreCells => ReadMoreCells(ref reader),
            Kind.AskCells => ReadAskCells(ref reader),
            Kind.AskIds => new SyncMessage.AskIds(),
            Kind.Ids => new SyncMessage.Ids(reader.TakeFlag(), reader.TakeIds(SyncLimits.IdsPerMessage)),
            Kind.AskNodes => ReadAskNodes(ref reader),
            Kind.Nodes => ReadNodes(ref reader),
            Kind.Need => new SyncMessage.Need(reader.TakeFlag(), reader.TakeIds(SyncLimits.IdsPerMessage)),
            Kind.Records => ReadRecords(ref reader, bytes),
            Kind.Done => new SyncMessage.Done(reader.TakeFlag(), reader.TakeHash()),
            _ => null,
        };
        return reader.AtEnd ? message : null;
    }

    static SyncMessage.Hello? ReadHello(ref ByteReader reader)
    {
        byte version = reader.TakeByte();
        SyncMessage.Hello hello = new(reader.TakeFlag(), (long)reader.TakeUInt64(), reader.TakeUInt64(), reader.TakeUInt32(), reader.TakeUInt64(),
            reader.TakeUInt32(), reader.TakeUInt64(), reader.TakeHash(), reader.TakeCells(SyncLimits.MaxFirstCells));
        return version == Version && hello.Count >= 0 ? hello : null;
    }

    static SyncMessage.MoreCells? ReadMoreCells(ref ByteReader reader)
    {
        SyncMessage.MoreCells more = new((int)Math.Min(reader.TakeUInt32(), int.MaxValue), (int)Math.Min(reader.TakeUInt32(), int.MaxValue), reader.TakeCells(SyncLimits.CellsPerMessage));
        return more.Cells.Length > 0 && more.Total <= SyncLimits.CellsPerRun && more.From <= more.Total - more.Cells.Length ? more : null;
    }

    static SyncMessage.AskCells? ReadAskCells(ref ByteReader reader)
    {
        ulong total = reader.TakeUInt32();
        return total is > 0 and <= SyncLimits.CellsPerRun ? new SyncMessage.AskCells((int)total) : null;
    }

    static SyncMessage.AskNodes? ReadAskNodes(ref ByteReader reader)
    {
        bool full = reader.TakeFlag();
        int length = reader.TakeByte();
        if (length > LeafPrefix.MaxLength || length % PrefixBits != 0) return null;
        List<LeafPrefix> prefixes = [];
        while (reader.HasMore() || prefixes.Count == 0)
        {
            int size = PrefixSize(length);
            ulong value = length == 0 ? 0 : reader.TakeNumber(size) << (64 - 8 * size);
            // A second prefix without bits would be read forever.
            if (reader.Failed || (length == 0 && reader.Rest.Length > 0) || prefixes.Count == MaxPrefixes(length)) return null;
            if ((value & ~LeafPrefix.Mask(length)) != 0 || (prefixes.Count > 0 && prefixes[^1].Value >= value)) return null;
            prefixes.Add(new LeafPrefix(value, length));
        }
        return new SyncMessage.AskNodes(full, [.. prefixes]);
    }

    internal static int MaxPrefixes(int length) => length > PrefixHashes.Depth ? SyncLimits.DeepPrefixesPerMessage : SyncLimits.PrefixesPerMessage;

    static int PrefixSize(int length) => (length + 7) / 8;

    static void Write(ByteWriter writer, TreeNode node, bool full)
    {
        switch (node)
        {
            case TreeNode.Hashes hashes:
                int present = 0;
                for (int i = 0; i < 16; i++)
                    if (hashes.Children[i] != TreeHash.Empty) present |= 1 << (15 - i);
                writer.Byte((byte)NodeKind.Hashes).UInt16((ushort)present);
                foreach (Hash32 hash in hashes.Children)
                    if (hash != TreeHash.Empty) writer.Hash(hash, full ? Hash32.Size : Hash32.Size / 2);
                break;
            case TreeNode.Ids ids:
                writer.Byte((byte)NodeKind.Ids).Byte((byte)ids.Values.Length);
                foreach (ulong id in ids.Values) writer.UInt64(id);
                break;
            case TreeNode.Leaves leaves:
                writer.Byte((byte)NodeKind.Leaves).Byte((byte)leaves.Values.Length);
                foreach (Leaf leaf in leaves.Values) writer.Hash(leaf.Position).Hash(leaf.Digest);
                break;
        }
    }

    static SyncMessage.Nodes? ReadNodes(ref ByteReader reader)
    {
        bool full = reader.TakeFlag();
        List<TreeNode> answers = [];
        while (reader.HasMore())
        {
            if (answers.Count == SyncLimits.PrefixesPerMessage || ReadNode(ref reader, full) is not { } node) return null;
            answers.Add(node);
        }
        return answers.Count > 0 ? new SyncMessage.Nodes(full, [.. answers]) : null;
    }

    static TreeNode? ReadNode(ref ByteReader reader, bool full)
    {
        switch ((NodeKind)reader.TakeByte())
        {
            case NodeKind.Hashes:
                ulong present = reader.TakeUInt16();
                Hash32[] children = new Hash32[16];
                for (int i = 0; i < 16; i++)
                {
                    if ((present >> (15 - i) & 1) == 0) continue;
                    children[i] = reader.TakeHash(full ? Hash32.Size : Hash32.Size / 2);
                    if (children[i] == TreeHash.Empty) return null;
                }
                return new TreeNode.Hashes(children);
            case NodeKind.Ids when !full:
                ulong[] ids = new ulong[Math.Min((int)reader.TakeByte(), reader.Rest.Length / 8 + 1)];
                for (int i = 0; i < ids.Length; i++)
                {
                    ids[i] = reader.TakeUInt64();
                    if (i > 0 && ids[i] <= ids[i - 1]) return null;
                }
                return ids.Length <= SyncLimits.LeavesPerAnswer ? new TreeNode.Ids(ids) : null;
            case NodeKind.Leaves when full:
                Leaf[] leaves = new Leaf[Math.Min((int)reader.TakeByte(), reader.Rest.Length / Leaf.Size + 1)];
                for (int i = 0; i < leaves.Length; i++)
                {
                    leaves[i] = new Leaf(reader.TakeHash(), reader.TakeHash());
                    if (i > 0 && leaves[i].CompareTo(leaves[i - 1]) <= 0) return null;
                }
                return leaves.Length <= SyncLimits.LeavesPerAnswer ? new TreeNode.Leaves(leaves) : null;
            default:
                return null;
        }
    }

    static SyncMessage.Records? ReadRecords(ref ByteReader reader, ReadOnlyMemory<byte> bytes)
    {
        bool last = reader.TakeFlag(), news = reader.TakeFlag();
        List<ReadOnlyMemory<byte>> records = [];
        while (reader.HasMore())
        {
            int length = reader.TakeVarint(SyncLimits.Record), at = bytes.Length - reader.Rest.Length;
            if (reader.Take(length).IsEmpty) return null;
            records.Add(bytes.Slice(at, length));
        }
        return last && news ? null : new SyncMessage.Records(last, news, [.. records]);
    }
}
