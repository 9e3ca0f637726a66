using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>What follows from all leaves of a vault: the hashes, how many there are, the first cells. Worked out in one reading, shared among the cores.</summary>
sealed record LeafFold(PrefixHashes Hashes, long Count, CellRange Cells)
{
    /// <summary>Of the parts that four bits make half hold files: enough for the cores of any machine, and even in size, as positions are hashes.</summary>
    const int Parts = 16;

    /// <param name="leaves">Those under a prefix, in order. Called by several threads.</param>
    internal static LeafFold Of(Func<LeafPrefix, IEnumerable<Leaf>> leaves, SketchKey key)
    {
        Part[] parts = new Part[Parts];
        try
        {
            Parallel.For(0, Parts, i => parts[i] = PartOf(leaves(LeafPrefix.Everything.Child(i)), key));
        }
        catch (AggregateException faults)
        {
            ExceptionDispatchInfo.Throw(faults.InnerExceptions[0]); // what the database says, as if it had been asked by one
        }
        CellRange cells = new(0, StoredSketch.Cells);
        foreach (Part part in parts) cells.Add(part.Cells);
        return new LeafFold(PrefixHashes.Of(parts.SelectMany(part => part.Buckets)), parts.Sum(part => part.Count), cells);
    }

    sealed record Part(List<(int Bucket, Hash32 Hash)> Buckets, long Count, CellRange Cells);

    static Part PartOf(IEnumerable<Leaf> leaves, SketchKey key)
    {
        List<(int, Hash32)> buckets = [];
        CellRange cells = new(0, StoredSketch.Cells);
        long count = 0;
        List<Leaf> bucket = [];
        foreach (Leaf leaf in leaves)
        {
            if (bucket.Count > 0 && bucket[0].Bucket != leaf.Bucket) Close();
            bucket.Add(leaf);
            cells.Add(leaf.Id, key);
            count++;
        }
        if (bucket.Count > 0) Close();
        return new Part(buckets, count, cells);

        void Close()
        {
            buckets.Add((bucket[0].Bucket, TreeHash.Of(CollectionsMarshal.AsSpan(bucket))));
            bucket.Clear();
        }
    }
}
