using Vault.Identity;
using Vault.Primitives;

namespace Vault.Catalog.Tests;

/// <summary>A set of leaves in a sorted array, with nothing clever: what the durable set and the sync machine are tried on and compared with.</summary>
sealed class MemorySet
{
    public static readonly VaultId Vault = new(Hash32.Of("the vault of these tests"u8));
    public static readonly SketchKey Key = new(Hash32.Of("the sketch key of these tests"u8).ToArray());

    readonly SortedSet<Leaf> leaves;
    readonly CellRange cells = new(0, StoredSketch.Cells);
    Leaf[]? sorted;

    public MemorySet(params IEnumerable<Leaf> leaves)
    {
        this.leaves = [.. leaves];
        foreach (Leaf leaf in this.leaves) cells.Add(leaf.Id, Key);
    }

    /// <summary>The record that a leaf stands for.</summary>
    public Func<Leaf, ReadOnlyMemory<byte>> RecordOf { get; init; } = Record.Of;

    /// <summary>Leaves that aren't taken in, as if something later stood in their place.</summary>
    public Predicate<Leaf> Refuses { get; init; } = _ => false;

    public int Count => leaves.Count;

    public IReadOnlyCollection<Leaf> Leaves => leaves;

    Leaf[] Sorted => sorted ??= [.. leaves];

    public Hash32 Root => TreeHash.Root(Vault, TreeHash.Of(Sorted), Count);

    public bool Add(Leaf leaf)
    {
        if (Refuses(leaf) || !leaves.Add(leaf)) return false;
        cells.Add(leaf.Id, Key);
        sorted = null;
        return true;
    }

    public bool Remove(Leaf leaf)
    {
        if (!leaves.Remove(leaf)) return false;
        cells.Remove(leaf.Id, Key);
        sorted = null;
        return true;
    }

    public SetView View()
    {
        Leaf[] now = Sorted;
        // The array of hashes is 4 MiB, which only a large set pays back.
        Hash32 top = now.Length < 1000 ? TreeHash.Of(now) : Hashes(now).Top;
        return new SetView(
            TreeHash.Root(Vault, top, now.Length), now.Length, Key, cells.Cells.ToArray(), prefix => Under(now, prefix), () => Hashes(now), leaf => RecordOf(leaf));
    }

    Leaf[]? hashed;
    PrefixHashes? known;

    PrefixHashes Hashes(Leaf[] now)
    {
        if (hashed == now) return known!;
        hashed = now;
        return known = PrefixHashes.Of(now.GroupBy(leaf => leaf.Bucket).Select(group => (group.Key, TreeHash.Of(group.ToArray()))));
    }

    static IEnumerable<Leaf> Under(Leaf[] all, LeafPrefix prefix)
    {
        int low = 0, high = all.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (all[middle].Position.Prefix64 < prefix.Value) low = middle + 1;
            else high = middle;
        }
        for (; low < all.Length && prefix.Contains(all[low]); low++) yield return all[low];
    }
}

/// <summary>Records as far as these tests need them: the key of their leaf and some more bytes.</summary>
static class Record
{
    public const int Size = 200;

    public static ReadOnlyMemory<byte> Of(Leaf leaf)
    {
        byte[] record = new byte[Size];
        leaf.CopyTo(record);
        return record;
    }

    public static Leaf LeafOf(ReadOnlyMemory<byte> record) => Leaf.Read(record.Span[..Leaf.Size]);
}

static class LeafSource
{
    public static Hash32 NextHash(this RandomSource random)
    {
        Span<byte> bytes = stackalloc byte[Hash32.Size];
        random.Fill(bytes);
        return new Hash32(bytes);
    }

    public static Leaf NextLeaf(this RandomSource random) => new(random.NextHash(), random.NextHash());

    public static Leaf[] Leaves(this RandomSource random, int count)
    {
        Leaf[] leaves = new Leaf[count];
        for (int i = 0; i < count; i++) leaves[i] = random.NextLeaf();
        return leaves;
    }

    /// <summary>Few buckets, shared prefixes of every length, versions of one path: where trees of random leaves never branch.</summary>
    public static Leaf NextCloseLeaf(this RandomSource random)
    {
        byte[] key = new byte[Leaf.Size];
        int same = random.Below(Leaf.Bits);
        random.Fill(key.AsSpan(same / 8));
        return Leaf.Read(key);
    }
}
