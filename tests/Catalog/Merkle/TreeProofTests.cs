using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

public sealed class TreeProofTests
{
    [Fact]
    public void Every_record_is_shown_present_and_every_empty_position_absent() => Seed.Check(LongRun.Cases(60, 2000), random =>
    {
        Content set = new(random, 60);
        foreach ((Leaf leaf, Hash32 content) in set.Contents)
        {
            TreeProof proof = Reread(set.Prove(leaf.Position, leaf));
            Assert.True(proof.ShowsPresence(MemorySet.Vault, set.Root, leaf.Position, content));
            Assert.False(proof.ShowsAbsence(MemorySet.Vault, set.Root, leaf.Position));
            Assert.False(proof.ShowsPresence(MemorySet.Vault, set.Root, leaf.Position, random.NextHash()));
        }
        for (int i = 0; i < 20; i++)
        {
            Hash32 position = random.Below(2) == 0 ? random.NextHash() : random.NextCloseLeaf().Position;
            if (set.Contents.Keys.Any(leaf => leaf.Position == position)) continue;
            TreeProof proof = Reread(set.Prove(position, null));
            Assert.True(proof.ShowsAbsence(MemorySet.Vault, set.Root, position));
            Assert.False(proof.ShowsAbsence(MemorySet.Vault, random.NextHash(), position));
        }
    });

    [Fact]
    public void A_proof_with_any_bit_changed_shows_nothing() => Seed.Check(LongRun.Cases(2, 40), random =>
    {
        Content set = new(random, 30);
        (Leaf leaf, Hash32 content) = set.Contents.First();
        Hash32 position = random.NextHash();
        byte[] present = set.Prove(leaf.Position, leaf).Encode(), absent = set.Prove(position, null).Encode();
        foreach (byte[] bytes in new[] { present, absent })
            for (int bit = 0; bit < 8 * bytes.Length; bit++)
            {
                bytes[bit / 8] ^= (byte)(1 << bit % 8);
                if (TreeProof.TryDecode(bytes, out TreeProof? proof))
                {
                    Assert.False(proof.ShowsPresence(MemorySet.Vault, set.Root, leaf.Position, content));
                    Assert.False(proof.ShowsAbsence(MemorySet.Vault, set.Root, position));
                }
                bytes[bit / 8] ^= (byte)(1 << bit % 8);
            }
    });

    [Fact]
    public void A_neighbour_that_the_position_does_not_reach_shows_no_absence() => Seed.Check(LongRun.Cases(20, 500), random =>
    {
        Content set = new(random, 20);
        Hash32 position = random.NextHash();
        foreach (Leaf leaf in set.Contents.Keys)
        {
            TreeProof proof = set.Prove(leaf.Position, leaf);
            bool reached = proof.Position == set.Prove(position, null).Position;
            Assert.Equal(reached, proof.ShowsAbsence(MemorySet.Vault, set.Root, position));
        }
    });

    [Fact]
    public void The_steps_of_a_proof_lead_downwards()
    {
        Content set = new(RandomSource.Seeded(1), 200);
        Leaf leaf = set.Contents.Keys.First();
        TreeProof proof = set.Prove(leaf.Position, leaf);
        Assert.True(proof.Steps.Count > 2);
        TreeProof swapped = proof with { Steps = [proof.Steps[1], proof.Steps[0], .. proof.Steps.Skip(2)] };
        Assert.False(TreeProof.TryDecode(swapped.Encode(), out _));
    }

    [Fact]
    public void An_empty_set_proves_every_absence_and_no_presence()
    {
        Hash32 root = TreeHash.Root(MemorySet.Vault, TreeHash.Empty, 0), anywhere = Hash32.Of("x"u8);
        TreeProof proof = Reread(ProofPath.Of(anywhere, null, 0, PrefixHashes.Of([]), _ => [], _ => default));
        Assert.True(proof.ShowsAbsence(MemorySet.Vault, root, anywhere));
        Assert.False(proof.ShowsPresence(MemorySet.Vault, root, default, default));
    }

    [Fact]
    public void Bytes_that_were_not_encoded_by_us_are_refused() => Seed.Check(LongRun.Cases(100_000, 1_000_000), random =>
    {
        byte[] bytes = random.BytesUpTo(200);
        if (bytes.Length > 0 && random.Below(2) == 0) bytes[0] = 1;
        if (TreeProof.TryDecode(bytes, out TreeProof? proof)) Assert.Equal(bytes, proof.Encode());
    });

    [Fact]
    public void A_proof_in_a_large_set_has_less_than_900_bytes()
    {
        int count = LongRun.Cases(20_000, 1_000_000);
        Content set = new(RandomSource.Seeded(3), count, exactly: true);
        int largest = set.Contents.Keys.Take(2000).Max(leaf => set.Prove(leaf.Position, leaf).Encode().Length);
        Assert.InRange(largest, 1, 950);
        double mean = set.Contents.Keys.Take(2000).Average(leaf => set.Prove(leaf.Position, leaf).Encode().Length);
        Assert.InRange(mean, 1, 899);
    }

    static TreeProof Reread(TreeProof proof)
    {
        byte[] bytes = proof.Encode();
        Assert.True(TreeProof.TryDecode(bytes, out TreeProof? read));
        Assert.Equal(bytes, read.Encode());
        return read;
    }

    /// <summary>Leaves with known contents. Some share a position, as versions of one path do.</summary>
    sealed class Content
    {
        readonly PrefixHashes hashes;
        readonly ILookup<int, Leaf> buckets;

        public Content(RandomSource random, int most, bool exactly = false)
        {
            int count = exactly ? most : 1 + random.Below(most);
            for (int i = 0; i < count; i++)
            {
                Hash32 position = exactly ? random.NextHash()
                    : random.Below(4) == 0 && Contents.Count > 0 ? Contents.Keys.First().Position
                    : random.Below(2) == 0 ? random.NextCloseLeaf().Position : random.NextHash();
                Hash32 content = random.NextHash();
                Contents[Leaf.Of(position, content)] = content;
            }
            buckets = Contents.Keys.ToLookup(leaf => leaf.Bucket);
            hashes = PrefixHashes.Of(buckets.Select(group => (group.Key, TreeHash.Of(group.Order().ToArray()))));
        }

        public Dictionary<Leaf, Hash32> Contents { get; } = [];

        public Hash32 Root => TreeHash.Root(MemorySet.Vault, hashes.Top, Contents.Count);

        public TreeProof Prove(Hash32 position, Leaf? leaf) =>
            ProofPath.Of(position, leaf, Contents.Count, hashes, bucket => [.. buckets[bucket].Order()], found => Contents[found]);
    }
}
