using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>
/// A set as it was at one moment, for comparing it with a peer's: root and first cells at hand, leaves by prefix, record bytes
/// by leaf. What costs more is worked out only if a comparison comes to need it.
/// </summary>
/// <param name="cells">The first cells; the view owns them.</param>
/// <param name="leaves">The leaves under a prefix, ascending.</param>
/// <param name="record">Null for a record that can't be read just now.</param>
/// <param name="holder">What keeps the moment from passing; disposed with the view.</param>
public sealed class SetView(
    Hash32 root, long count, SketchKey key, Cell[] cells, Func<LeafPrefix, IEnumerable<Leaf>> leaves, Func<PrefixHashes> hashes,
    Func<Leaf, ReadOnlyMemory<byte>?> record, IDisposable? holder = null) : IDisposable
{
    Cell[] known = cells;
    PrefixHashes? prefixes;

    public Hash32 Root => root;

    public long Count => count;

    public SketchKey Key => key;

    /// <summary>How many cells there are without reading the whole set.</summary>
    public int CellsAtHand => known.Length;

    public IEnumerable<Leaf> Leaves(LeafPrefix prefix) => leaves(prefix);

    public ReadOnlyMemory<byte>? Record(Leaf leaf) => record(leaf);

    /// <summary>The first <paramref name="count"/> cells. More than <see cref="CellsAtHand"/> takes a walk over all leaves.</summary>
    public ReadOnlySpan<Cell> Cells(int count)
    {
        if (count > known.Length)
        {
            CellRange more = new(known.Length, count);
            foreach (Leaf leaf in leaves(LeafPrefix.Everything)) more.Add(leaf.Id, key);
            known = [.. known, .. more.Cells];
        }
        return known.AsSpan(0, count);
    }

    /// <summary>The tree's hash under a prefix.</summary>
    public Hash32 Under(LeafPrefix prefix) =>
        prefix.Length <= PrefixHashes.Depth ? (prefixes ??= hashes()).Under(prefix) : TreeHash.Of(leaves(prefix).ToArray());

    /// <summary>All ids, ascending; an id that several leaves share comes once.</summary>
    public IEnumerable<ulong> Ids() => Ids(LeafPrefix.Everything);

    /// <summary>The ids under a prefix, ascending.</summary>
    public IEnumerable<ulong> Ids(LeafPrefix prefix)
    {
        List<ulong> bucket = [];
        foreach (Leaf leaf in leaves(prefix))
        {
            if (bucket.Count > 0 && bucket[^1] >> 48 != leaf.Id >> 48)
            {
                foreach (ulong id in Drain(bucket)) yield return id;
            }
            bucket.Add(leaf.Id);
        }
        foreach (ulong id in Drain(bucket)) yield return id;
    }

    /// <summary>The leaves that bear these ids, which ascend.</summary>
    public IEnumerable<Leaf> Find(IEnumerable<ulong> ids)
    {
        ILookup<ulong, Leaf>? bucket = null;
        int at = -1;
        foreach (ulong id in ids)
        {
            if (at != (int)(id >> 48))
            {
                at = (int)(id >> 48);
                bucket = leaves(LeafPrefix.Bucket(at)).ToLookup(leaf => leaf.Id);
            }
            foreach (Leaf leaf in bucket![id]) yield return leaf;
        }
    }

    public void Dispose() => holder?.Dispose();

    static ulong[] Drain(List<ulong> bucket)
    {
        ulong[] ids = [.. bucket.Distinct().Order()];
        bucket.Clear();
        return ids;
    }
}
