using Vault.Identity;
using Vault.Store;

namespace Vault.Catalog;

/// <summary>
/// Which records stand, for one import: asked of the database one by one, and once that has taken about as long as reading all of them, of
/// what was read then. A record that is replaced meanwhile is replaced by somebody who wrote while the import ran. Safe for use from several threads.
/// </summary>
/// <param name="count">Records that stand now.</param>
sealed class StandingLeaves(IDatabase meta, VaultTag vault, long count)
{
    /// <summary>Leaves that are read in a row in the time that one takes by itself.</summary>
    const int InARow = 16;

    /// <summary>Leaves held in memory: some 25 MB.</summary>
    const long MostHeld = 1_000_000;

    readonly Lock reading = new();
    long asked;
    volatile HashSet<ulong>? all;

    public bool Contains(in Leaf leaf)
    {
        if (all is null && count <= MostHeld && Interlocked.Increment(ref asked) * InARow > count)
            lock (reading) all ??= Read();
        return all is { } known ? known.Contains(NumberOf(leaf)) : meta.Get(TreeKeys.Leaves, TreeKeys.LeafKey(vault, leaf)) != null;
    }

    HashSet<ulong> Read()
    {
        HashSet<ulong> numbers = new((int)count);
        (byte[] from, byte[] to) = CatalogKeys.Half(vault, control: false);
        using ICursor cursor = meta.Range(TreeKeys.Leaves, from, to);
        while (cursor.MoveNext()) numbers.Add(NumberOf(TreeKeys.LeafIn(cursor.Key)));
        return numbers;
    }

    // Of a hash: chance doesn't find two alike, and who made two would only have a file of his own not read again.
    static ulong NumberOf(in Leaf leaf) => leaf.Digest.Prefix64;
}
