using Vault.Primitives;

namespace Vault.Catalog.Tests;

/// <summary>Any message that the limits allow, about a set where it can be.</summary>
static class RandomMessage
{
    public static SyncMessage Of(RandomSource random, MemorySet set) => random.Below(10) switch
    {
        0 => Hello(random, set),
        1 => new SyncMessage.MoreCells(random.Below(2) * 64, 64 + 60 + random.Below(200), Forgery.Garbage(random, 1 + random.Below(60))),
        2 => new SyncMessage.AskCells(1 + random.Below(SyncLimits.CellsPerRun)),
        3 => new SyncMessage.AskIds(),
        4 => new SyncMessage.Ids(Coin(random), Ids(random, set)),
        5 => AskNodes(random, set),
        6 => Nodes(random),
        7 => new SyncMessage.Need(Coin(random), Ids(random, set)),
        8 => Records(random),
        _ => new SyncMessage.Done(Coin(random), random.NextHash()),
    };

    static SyncMessage.Hello Hello(RandomSource random, MemorySet set) => new(
        Coin(random), Coin(random) ? set.Count : random.Below(int.MaxValue), random.NextUInt64(), (uint)random.Below(3), random.NextUInt64(), (uint)random.Below(3), random.NextUInt64(),
        random.NextHash(), Forgery.Garbage(random, random.Below(3) * 64));

    static ulong[] Ids(RandomSource random, MemorySet set) =>
        [.. Enumerable.Range(0, random.Below(50)).Select(_ => random.NextUInt64()).Concat(set.Leaves.Take(random.Below(50)).Select(leaf => leaf.Id)).Distinct().Order()];

    static SyncMessage.AskNodes AskNodes(RandomSource random, MemorySet set)
    {
        int length = 4 * random.Below(17);
        return new SyncMessage.AskNodes(Coin(random), [.. Ids(random, set).Append(0UL).Select(id => id & LeafPrefix.Mask(length)).Distinct().Order().Take(SyncCodec.MaxPrefixes(length)).Select(value => new LeafPrefix(value, length))]);
    }

    static SyncMessage.Nodes Nodes(RandomSource random)
    {
        bool full = Coin(random);
        return new SyncMessage.Nodes(full, [.. Enumerable.Range(0, 1 + random.Below(5)).Select(_ => Node())]);

        TreeNode Node() => random.Below(2) == 0
            ? new TreeNode.Hashes([.. Enumerable.Range(0, 16).Select(_ => Coin(random) ? default : TreeNode.Cut(random.NextHash(), full))])
            : full ? new TreeNode.Leaves([.. random.Leaves(random.Below(10)).Order()])
            : new TreeNode.Ids([.. random.Leaves(random.Below(10)).Select(leaf => leaf.Id).Order()]);
    }

    static SyncMessage.Records Records(RandomSource random)
    {
        bool last = Coin(random);
        return new SyncMessage.Records(last, !last && Coin(random), [.. random.Leaves(random.Below(5)).Select(Record.Of)]);
    }

    static bool Coin(RandomSource random) => random.Below(2) == 0;
}
