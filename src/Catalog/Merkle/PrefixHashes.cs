using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>
/// The tree's hashes for every prefix of up to 16 bits, as a heap in one array (4 MiB): node i has its halves at 2i and 2i+1,
/// and the 65,536 buckets are its last row. How deep the array goes is this device's own choice; the hashes don't depend on it.
/// </summary>
public sealed class PrefixHashes
{
    public const int Depth = 16;
    public const int Buckets = 1 << Depth;

    readonly Hash32[] heap = new Hash32[2 * Buckets];

    /// <summary>The hash of all leaves.</summary>
    public Hash32 Top => heap[1];

    public Hash32 this[int bucket] => heap[Buckets + bucket];

    /// <summary>The array over the given buckets; those that aren't given are empty.</summary>
    public static PrefixHashes Of(IEnumerable<(int Bucket, Hash32 Hash)> buckets)
    {
        PrefixHashes hashes = new();
        foreach ((int bucket, Hash32 hash) in buckets) hashes.heap[Buckets + bucket] = hash;
        for (int i = Buckets - 1; i > 0; i--) hashes.heap[i] = TreeHash.Combine(DepthOf(i), hashes.heap[2 * i], hashes.heap[2 * i + 1]);
        return hashes;
    }

    /// <summary>The hash under a prefix no longer than <see cref="Depth"/>.</summary>
    public Hash32 Under(LeafPrefix prefix)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(prefix.Length, Depth, nameof(prefix));
        return heap[(1 << prefix.Length) + (prefix.Length == 0 ? 0 : (int)(prefix.Value >> (64 - prefix.Length)))];
    }

    /// <summary>What would change with these buckets. Nothing does until <see cref="Apply"/>: a batch may still fail to commit.</summary>
    internal PrefixChange Change(IReadOnlyCollection<(int Bucket, Hash32 Hash)> buckets)
    {
        Dictionary<int, Hash32> changed = new(buckets.Count * 4);
        List<int> row = new(buckets.Count);
        foreach ((int bucket, Hash32 hash) in buckets)
        {
            changed[Buckets + bucket] = hash;
            row.Add(Buckets + bucket);
        }
        row.Sort();
        while (row.Count > 0 && row[0] > 1)
        {
            List<int> above = new(row.Count);
            foreach (int i in row)
                if (above.Count == 0 || above[^1] != i >> 1) above.Add(i >> 1);
            foreach (int i in above) changed[i] = TreeHash.Combine(DepthOf(i), At(2 * i), At(2 * i + 1));
            row = above;
        }
        return new PrefixChange(changed, At(1));

        Hash32 At(int i) => changed.TryGetValue(i, out Hash32 hash) ? hash : heap[i];
    }

    internal void Apply(PrefixChange change)
    {
        foreach ((int i, Hash32 hash) in change.Nodes) heap[i] = hash;
    }

    static int DepthOf(int node) => System.Numerics.BitOperations.Log2((uint)node);
}

/// <summary>Nodes of the array and what they become.</summary>
readonly record struct PrefixChange(IReadOnlyDictionary<int, Hash32> Nodes, Hash32 Top);
