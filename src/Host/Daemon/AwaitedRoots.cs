using Vault.Blocks;

namespace Vault.Host;

/// <summary>
/// Files whose records have come and whose content is on its way, by their roots; or, when they are many and after a start, only that
/// there are some. It saves a look at all pins of a vault for each block that comes.
/// </summary>
/// <param name="most">Beyond so many they aren't told apart.</param>
sealed class AwaitedRoots(int most)
{
    readonly Lock gate = new();
    readonly HashSet<BlockId> roots = [];
    bool any = true; // what a former run left
    int turn;

    public void Add(IEnumerable<BlockId> added)
    {
        lock (gate)
        {
            roots.UnionWith(added);
            if (roots.Count > most) AddAll();
        }
    }

    public void AddAll()
    {
        lock (gate)
        {
            any = true;
            turn++;
            roots.Clear();
        }
    }

    /// <summary>Null when all that is wanted must be looked through.</summary>
    /// <param name="at">For <see cref="ForgetAll"/>.</param>
    public IReadOnlyList<BlockId>? Take(out int at)
    {
        lock (gate)
        {
            at = turn;
            return any ? null : [.. roots];
        }
    }

    public void Remove(IEnumerable<BlockId> whole)
    {
        BlockId[] gone = [.. whole];
        lock (gate) roots.ExceptWith(gone);
    }

    /// <summary>All that is wanted was looked through and nothing was missing, unless more has been added since.</summary>
    public void ForgetAll(int since)
    {
        lock (gate)
            if (turn == since) any = false;
    }
}
