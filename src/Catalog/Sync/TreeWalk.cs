using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>
/// Finds the difference of two sets by going down both trees where their hashes differ, four bits at a time and all branches at
/// once. Exact, and never more than the trees are large, but it takes a round trip for every four bits.
/// </summary>
sealed class TreeWalk(SetView view, bool full)
{
    readonly List<LeafPrefix> below = [LeafPrefix.Everything];
    readonly Queue<LeafPrefix[]> asked = new();
    readonly SortedSet<ulong> mine = [], theirs = [];

    internal bool Full => full;

    /// <summary>The questions for the next four bits; empty at the end.</summary>
    internal List<SyncMessage.AskNodes> Ask()
    {
        foreach (LeafPrefix[] prefixes in below.Chunk(SyncCodec.MaxPrefixes(below.Count > 0 ? below[0].Length : 0))) asked.Enqueue(prefixes);
        below.Clear();
        return [.. asked.Select(prefixes => new SyncMessage.AskNodes(full, prefixes))];
    }

    /// <summary>True while answers to questions are outstanding.</summary>
    internal bool IsWaiting => asked.Count > 0;

    internal IdDifference Difference => new([.. mine], [.. theirs]);

    /// <summary>False for answers that fit no question.</summary>
    internal bool TryTake(SyncMessage.Nodes answer)
    {
        if (answer.Full != full || !asked.TryDequeue(out LeafPrefix[]? prefixes) || prefixes.Length != answer.Answers.Length) return false;
        for (int i = 0; i < prefixes.Length; i++)
            if (!TryTake(prefixes[i], answer.Answers[i])) return false;
        return true;
    }

    bool TryTake(LeafPrefix prefix, TreeNode node)
    {
        switch (node)
        {
            case TreeNode.Hashes hashes when prefix.Length < LeafPrefix.MaxLength:
                for (int i = 0; i < 16; i++)
                {
                    LeafPrefix child = prefix.Child(i);
                    if (TreeNode.Cut(view.Under(child), full) == hashes.Children[i]) continue;
                    if (hashes.Children[i] == TreeHash.Empty) mine.UnionWith(view.Ids(child));
                    else below.Add(child);
                }
                return true;
            case TreeNode.Ids ids:
                // Of a prefix longer than a bucket an id doesn't show the rest.
                ulong mask = LeafPrefix.Mask(Math.Min(prefix.Length, PrefixHashes.Depth));
                if (ids.Values.Any(id => (id & mask) != (prefix.Value & mask))) return false;
                IdDifference difference = SyncMachine.Compare(view.Ids(prefix), ids.Values);
                mine.UnionWith(difference.Mine);
                theirs.UnionWith(difference.Theirs);
                return true;
            case TreeNode.Leaves leaves:
                if (leaves.Values.Any(leaf => !prefix.Contains(leaf))) return false;
                HashSet<Leaf> own = [.. view.Leaves(prefix)];
                theirs.UnionWith(leaves.Values.Where(leaf => !own.Contains(leaf)).Select(leaf => leaf.Id));
                mine.UnionWith(own.Except(leaves.Values).Select(leaf => leaf.Id));
                return true;
            default:
                return false;
        }
    }

    /// <summary>The answer to one question.</summary>
    internal static TreeNode Answer(SetView view, LeafPrefix prefix, bool full)
    {
        Leaf[] leaves = [.. view.Leaves(prefix).Take(prefix.Length < LeafPrefix.MaxLength ? SyncLimits.ListedLeaves + 1 : SyncLimits.LeavesPerAnswer)];
        if (prefix.Length < LeafPrefix.MaxLength && leaves.Length > SyncLimits.ListedLeaves)
            return new TreeNode.Hashes([.. Enumerable.Range(0, 16).Select(i => TreeNode.Cut(view.Under(prefix.Child(i)), full))]);
        return full ? new TreeNode.Leaves(leaves) : new TreeNode.Ids([.. leaves.Select(leaf => leaf.Id).Distinct().Order()]);
    }
}
