using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>Walks from the top of the tree to the leaf that a position's bits reach, and notes what it passes.</summary>
static class ProofPath
{
    /// <param name="target">The leaf to lead to; null for the one that the position reaches.</param>
    internal static TreeProof Of(Hash32 position, Leaf? target, long count, PrefixHashes hashes, Func<int, Leaf[]> bucketOf, Func<Leaf, Hash32> contentOf)
    {
        if (hashes.Top == TreeHash.Empty) return new TreeProof(0, default, default, []);
        List<ProofStep> steps = [];
        int bucket = Descend(hashes, new Leaf(position, default).Bucket, steps);
        ReadOnlySpan<Leaf> leaves = bucketOf(bucket);
        Leaf wanted = target ?? new Leaf(position, default);
        while (leaves.Length > 1)
        {
            int bit = Leaf.FirstDifference(leaves[0], leaves[^1]), split = TreeHash.FirstOne(leaves, bit);
            bool one = wanted.Bit(bit) == 1;
            steps.Add(new ProofStep(bit, TreeHash.Of(one ? leaves[..split] : leaves[split..])));
            leaves = one ? leaves[split..] : leaves[..split];
        }
        if (target is { } leaf && leaves[0] != leaf) throw new ArgumentException("The leaf to prove isn't in the set.", nameof(target));
        return new TreeProof(count, leaves[0].Position, contentOf(leaves[0]), steps);
    }

    // Where one half is empty there is no branch: whoever comes with its bit ends in the other half.
    static int Descend(PrefixHashes hashes, int bucket, List<ProofStep> steps)
    {
        ulong reached = 0;
        for (int depth = 0; depth < PrefixHashes.Depth; depth++)
        {
            ulong bit = 1UL << (63 - depth);
            Hash32 zero = hashes.Under(new LeafPrefix(reached, depth + 1)), one = hashes.Under(new LeafPrefix(reached | bit, depth + 1));
            bool turn = (bucket >> (PrefixHashes.Depth - 1 - depth) & 1) == 1;
            if (zero != TreeHash.Empty && one != TreeHash.Empty) steps.Add(new ProofStep(depth, turn ? zero : one));
            else turn = zero == TreeHash.Empty;
            if (turn) reached |= bit;
        }
        return (int)(reached >> 48);
    }
}
