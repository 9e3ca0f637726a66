using Vault.Identity;

namespace Vault.Catalog;

/// <summary>
/// Keeps one edit of this device from swallowing another version of its own. A vector says of each device only what the last was
/// that was seen of it, so what a device writes counts as knowing everything it wrote there before: an edit of one of two
/// versions in conflict would silently settle the conflict if the other is this device's. So the other is written once more, after it
/// and knowing less; and where that can't be told apart, it becomes a file of its own.
/// </summary>
static class Beside
{
    public static List<Step.Edit> Arrange(PathState state, List<Step.Edit> edits)
    {
        if (edits.Count == 0) return edits;
        List<Step.Edit> all = [.. edits];
        foreach (Shown other in state.Shown)
            if (!edits.Exists(edit => edit.Meant.Contains(other.Name)) && edits.Exists(edit => Covers(edit.Basis, other.Seen, state.Me)))
                all.Add(new Step.Settle(other, other.Seen, []) { Meant = [other.Name] });
        if (all.Count == 1) return all;
        // What knows more of others comes first: then what comes later doesn't know all that it knows. A deletion may be replaced.
        all = [.. all.OrderByDescending(edit => Weight(edit.Basis, state.Me)).ThenBy(edit => edit is Step.Remove ? 0 : Rank(state, edit))];
        for (int i = 1; i < all.Count; i++)
            if (all.Take(i).Any(earlier => earlier is not Step.Remove && !IsApart(earlier) && Covers(all[i].Basis, earlier.Basis, state.Me))) all[i] = Apart(all[i]);
        return all;
    }

    /// <summary>What the user did to the path itself stays at the path.</summary>
    static int Rank(PathState state, Step.Edit edit) => edit switch
    {
        Step.Put put => put.From == state.Path ? 1 : 2,
        Step.Settle settle => settle.Drops.Count > 0 ? 1 : 3,
        _ => 0,
    };

    static Step.Edit Apart(Step.Edit edit) => edit switch
    {
        Step.Put put => put with { Apart = true, Basis = VersionVector.Empty },
        Step.Settle { Keep.Apart: not null } settle => settle with { Apart = true, Basis = VersionVector.Empty },
        _ => edit,
    };

    static bool IsApart(Step.Edit edit) => edit is Step.Put { Apart: true } or Step.Settle { Apart: true };

    /// <summary>Whether a version with this basis, written now by that device, replaces the other.</summary>
    static bool Covers(VersionVector basis, VersionVector other, DeviceId me)
    {
        foreach (VersionEntry entry in other.Entries)
            if (entry.Device != me && basis[entry.Device] < entry.Time) return false;
        return true;
    }

    static UInt128 Weight(VersionVector basis, DeviceId me)
    {
        UInt128 weight = 0;
        foreach (VersionEntry entry in basis.Entries)
            if (entry.Device != me) weight += entry.Time.Value;
        return weight;
    }
}
