using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

public sealed class TreeHashTests
{
    [Fact]
    public void Agrees_with_a_fold_bit_by_bit() => Seed.Check(LongRun.Cases(300, 20_000), random =>
    {
        List<Leaf> leaves = RandomLeaves(random, 40);
        Assert.Equal(Fold(leaves, 0), TreeHash.Of(leaves.Order().ToArray()));
    });

    [Fact]
    public void The_array_of_prefixes_has_the_same_top_and_the_same_hash_under_every_prefix() => Seed.Check(LongRun.Cases(5, 200), random =>
    {
        List<Leaf> leaves = RandomLeaves(random, 300);
        PrefixHashes hashes = PrefixHashes.Of(leaves.Order().GroupBy(leaf => leaf.Bucket).Select(group => (group.Key, TreeHash.Of(group.ToArray()))));
        for (int length = 0; length <= PrefixHashes.Depth; length++)
        {
            LeafPrefix prefix = new(random.Below(2) == 0 ? 0 : leaves[0].Position.Prefix64 & LeafPrefix.Mask(length), length);
            Assert.Equal(Fold([.. leaves.Where(leaf => prefix.Contains(leaf))], length), hashes.Under(prefix));
        }
    });

    [Fact]
    public void Changed_buckets_lead_to_the_array_made_anew() => Seed.Check(LongRun.Cases(3, 50), random =>
    {
        Dictionary<int, Hash32> buckets = [];
        PrefixHashes hashes = PrefixHashes.Of([]);
        for (int round = 0; round < 5; round++)
        {
            Dictionary<int, Hash32> changed = [];
            for (int i = random.Below(50); i >= 0; i--) changed[random.Below(random.Below(2) == 0 ? 8 : PrefixHashes.Buckets)] = random.Below(3) == 0 ? TreeHash.Empty : random.NextHash();
            PrefixChange change = hashes.Change([.. changed.Select(pair => (pair.Key, pair.Value))]);
            foreach ((int bucket, Hash32 hash) in changed) buckets[bucket] = hash;
            PrefixHashes anew = PrefixHashes.Of(buckets.Select(pair => (pair.Key, pair.Value)));
            Assert.Equal(anew.Top, change.Top);
            hashes.Apply(change);
            for (int length = 0; length <= PrefixHashes.Depth; length++) Assert.Equal(anew.Under(new LeafPrefix(0, length)), hashes.Under(new LeafPrefix(0, length)));
        }
    });

    [Fact]
    public void Control_records_and_files_have_a_half_of_the_keys_each()
    {
        byte[] key = new byte[Leaf.Size];
        Assert.True(Leaf.Read(key).IsControl);
        key[0] = 0x80;
        Assert.False(Leaf.Read(key).IsControl);
        Assert.False(new LeafPrefix(0, 1).Contains(Leaf.Read(key)));
    }

    [Fact]
    public void Neither_the_count_nor_the_vault_can_be_exchanged_under_a_root()
    {
        Hash32 tree = Hash32.Of("tree"u8), root = TreeHash.Root(MemorySet.Vault, tree, 5);
        Assert.NotEqual(root, TreeHash.Root(MemorySet.Vault, tree, 6));
        Assert.NotEqual(root, TreeHash.Root(new Identity.VaultId(Hash32.Of("another"u8)), tree, 5));
    }

    /// <summary>A fingerprint that adds or XORs hashes can't tell these sets apart; found by elimination over the field of two.</summary>
    [Fact]
    public void Leaves_whose_digests_cancel_by_xor_change_the_root()
    {
        Leaf[] cancelling = Forgery.XorToZero(RandomSource.Seeded(7));
        Assert.True(cancelling.Length > 2);
        Assert.Equal(new byte[32], cancelling.Aggregate(new byte[32], (sum, leaf) => [.. sum.Zip(leaf.Digest.ToArray(), (a, b) => (byte)(a ^ b))]));
        MemorySet with = new([.. cancelling, Leaf.Of(default, default)]), without = new(Leaf.Of(default, default));
        Assert.NotEqual(without.Root, with.Root);
    }

    internal static List<Leaf> RandomLeaves(RandomSource random, int most) =>
        [.. Enumerable.Range(0, random.Below(most + 1) + 1).Select(_ => random.Below(2) == 0 ? random.NextLeaf() : random.NextCloseLeaf()).Distinct()];

    /// <summary>The tree as its definition says, without sorting and without prefixes.</summary>
    internal static Hash32 Fold(IReadOnlyList<Leaf> leaves, int bit)
    {
        if (leaves.Count == 0) return TreeHash.Empty;
        if (leaves.Count == 1) return leaves[0].Digest;
        List<Leaf> zero = [.. leaves.Where(leaf => leaf.Bit(bit) == 0)], one = [.. leaves.Where(leaf => leaf.Bit(bit) == 1)];
        return zero.Count == 0 || one.Count == 0 ? Fold(leaves, bit + 1) : TreeHash.Node(bit, Fold(zero, bit + 1), Fold(one, bit + 1));
    }
}
