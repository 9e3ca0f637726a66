using Vault.Identity;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Blocks.Tests;

public sealed class TreeBuilderTests
{
    /// <summary>The tree level by level, with all children of a level at hand.</summary>
    static FileRef SlowTree(SecretBytes convergence, List<Child> nodes, List<byte[]> made)
    {
        for (int level = 1; nodes.Count > 1; level++)
        {
            List<Child> parents = [], group = [];
            foreach ((Child child, bool last) in nodes.Select((child, i) => (child, i == nodes.Count - 1)))
            {
                group.Add(child);
                byte[] id = child.Id.Hash.ToArray();
                bool ends = (id[0] & 1) == 0 && id[1] == 0;
                if (!last && group.Count < 2048 && !(group.Count >= 256 && ends)) continue;
                byte[] block = InnerBody.Build(convergence.Span, level, [.. group], out ContentKey key);
                made.Add(block);
                parents.Add(new Child(BlockId.Of(block), key, group.Sum(each => each.Length)));
                group.Clear();
            }
            nodes = parents;
        }
        return new FileRef(nodes[0].Id, nodes[0].Key, nodes[0].Length);
    }

    [Fact]
    public void It_groups_as_the_definition_says() => Seed.Check(LongRun.Cases(20, 300), random =>
    {
        int[] counts = [1, 2, 255, 256, 257, 2047, 2048, 2049, 1 + random.Below(10_000), random.Below(10) == 0 ? 90_000 : 600];
        AssertLikeTheSlowOne(random, counts[random.Below(counts.Length)], random.Below(3));
    });

    [Fact]
    public void It_groups_three_levels_and_more_as_the_definition_says() =>
        Assert.Equal(3, AssertLikeTheSlowOne(RandomSource.Seeded(1), 256 * 2100, endings: 2).Max(block => block[3]));

    /// <param name="endings">Which ids end a block: 0 as chance has it, 1 none, 2 all.</param>
    static List<byte[]> AssertLikeTheSlowOne(RandomSource random, int count, int endings)
    {
        using SecretEpoch epoch = Rig.NewEpoch();
        List<Child> leaves = [];
        for (int i = 0; i < count; i++)
        {
            byte[] id = random.Bytes(32);
            if (endings > 0) (id[0], id[1]) = (2, (byte)(2 - endings));
            leaves.Add(new Child(new BlockId(id), default, 1 + random.Below(1000)));
        }
        List<byte[]> made = [], slow = [];
        TreeBuilder tree = new(epoch.Convergence);
        foreach (Child leaf in leaves) tree.Add(leaf, made);
        Assert.Equal(SlowTree(epoch.Convergence, leaves, slow), tree.Finish(made));
        Assert.Equal(slow.Select(block => BlockId.Of(block)).Order(), made.Select(block => BlockId.Of(block)).Order());
        return made;
    }

    [Fact]
    public void A_file_has_at_least_one_leaf()
    {
        using SecretEpoch epoch = Rig.NewEpoch();
        Assert.Throws<InvalidOperationException>(() => new TreeBuilder(epoch.Convergence).Finish([]));
    }
}
