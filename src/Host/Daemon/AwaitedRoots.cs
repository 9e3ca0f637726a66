using Vault.Blocks;

namespace Vault.Host;

/// <summary>
/// Files whose records have come and whose content is on its way, by their roots; or, when they are very many and after a start, only that
/// there are some. It saves a look at all pins of a vault for each block that comes.
/// </summary>
/// <param name="most">Beyond so many they aren't told apart.</param>
/// <param name="isHere">Whether this device has a block.</param>
sealed class AwaitedRoots(int most, Predicate<BlockId> isHere)
{
    readonly Lock gate = new();
    readonly HashSet<BlockId> roots = [];
    readonly HashSet<BlockId> begun = []; // of them, those whose first block is here: any block may be their last
    bool all = true; // what a former run left
    int turn;

    public void Add(IEnumerable<BlockId> added)
    {
        BlockId[] some = [.. added];
        lock (gate)
        {
            roots.UnionWith(some);
            if (roots.Count > most) AddAll();
        }
        // Asked afterwards: a block that landed before its file was awaited is found here, one that lands later by what lands.
        BlockId[] here = [.. some.Where(id => isHere(id))];
        lock (gate) begun.UnionWith(here.Where(roots.Contains));
    }

    public void AddAll()
    {
        lock (gate)
        {
            all = true;
            turn++;
            roots.Clear();
            begun.Clear();
        }
    }

    /// <summary>The files that may have become whole by these blocks; null when all that is wanted must be looked through.</summary>
    /// <param name="at">For <see cref="Found"/>.</param>
    public IReadOnlyList<BlockId>? Touched(IReadOnlyCollection<BlockId> landed, out int at)
    {
        lock (gate)
        {
            at = turn;
            return all ? null : [.. landed.Where(id => roots.Contains(id) && !begun.Contains(id)), .. begun];
        }
    }

    /// <summary>What was touched was looked at: these are whole, and of the others more is to come.</summary>
    public void Looked(IEnumerable<(BlockId Root, bool Whole)> looked)
    {
        (BlockId Root, bool Whole)[] seen = [.. looked];
        lock (gate)
            foreach ((BlockId root, bool whole) in seen)
                if (!whole && roots.Contains(root)) begun.Add(root);
                else if (whole && roots.Remove(root)) begun.Remove(root);
    }

    /// <summary>All that is wanted was looked through: from now on it is these, unless more may have come since.</summary>
    public void Found(int since, IEnumerable<BlockId> left)
    {
        BlockId[] found = [.. left.Take(most + 1)];
        if (found.Length > most) return;
        lock (gate)
        {
            if (turn != since) return;
            all = false;
        }
        Add(found);
    }
}
