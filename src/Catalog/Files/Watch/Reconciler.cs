namespace Vault.Catalog;

/// <summary>
/// Decides what to do about one path. The folder is an author like any other: what its user does replaces what the folder showed
/// them, and nothing that came in meanwhile. So edits go into the vault first, where nothing is lost; only then is the folder made
/// to show what the vault shows, and only what is known to lie in the vault is ever replaced or removed there.
/// Pure: no files, no clock. It may be stopped between any two steps and asked again.
/// </summary>
static class Reconciler
{
    public static Decision Decide(PathState state)
    {
        Dictionary<VaultPath, Based> agreed = state.Base.ToDictionary(one => one.Name);
        Dictionary<VaultPath, Shown> shown = state.Shown.ToDictionary(one => one.Name);
        Dictionary<VaultPath, Found> folder = state.Folder.ToDictionary(one => one.Name);
        foreach (Found found in state.Folder)
            if (!found.IsUnknown && agreed.Remove(found.Name, out Based noted) && Ended(noted, found.Look) is { } ended) agreed.Add(found.Name, ended);
        foreach (Found found in state.Folder)
            if (!found.IsUnknown && Adopted(state, found, agreed, shown) is { } adopted) agreed[found.Name] = adopted;
        List<Step.Edit> edits = Beside.Arrange(state, Edits(state, agreed, shown, folder));
        return new Decision([.. agreed.Values], edits, edits.Count > 0 ? [] : Outs(state, agreed, shown, folder));
    }

    /// <summary>What a name stood for when whoever changed it last had ended; null when nothing, or when nobody can tell: then what is found there replaces neither.</summary>
    static Based? Ended(Based noted, Look? found)
    {
        if (noted.Next is not { } next || found == noted.Look) return noted with { Next = null };
        return found == next.Look && found is { } look ? new Based(noted.Name, look, next.Seen) : null;
    }

    /// <summary>What a name stands for by now, where that can be told without asking anybody; null to leave it as it is.</summary>
    static Based? Adopted(PathState state, Found found, Dictionary<VaultPath, Based> agreed, Dictionary<VaultPath, Shown> shown)
    {
        Based? before = agreed.TryGetValue(found.Name, out Based known) ? known : null;
        Shown? here = shown.TryGetValue(found.Name, out Shown one) ? one : null;
        bool own = found.Name == state.Path;
        if (found.Look is not { } look)
        {
            // What the user deleted and the vault doesn't show either: they agree.
            bool nowhere = before != null && here == null && (!own || shown.Count == 0);
            // What the vault shows under another name by now may have been taken from here for that: no deletion, or one that can be said again.
            bool elsewhere = before is { } gone && here?.Look != gone.Look && state.Shown.Any(other => other.Look == gone.Look);
            // And what lies in the folder under another name of the path is no deletion: it was taken there, and perhaps we ended before we could note that.
            bool moved = before is { } taken && state.Folder.Any(other => other.Name != found.Name && other.Look == taken.Look);
            if (nowhere || elsewhere || moved) agreed.Remove(found.Name);
            return null;
        }
        // The same on both sides, whoever made it so: this user too, or we, before we could note it.
        if (here is { } same && same.Look == look) return new Based(found.Name, look, same.Seen);
        if (before is { } unchanged && unchanged.Look == look) return null;
        if (look.Kind == RecordKind.Folder && before == null)
        {
            if (here == null && state.IsFolder && own) return new Based(found.Name, look, VersionVector.Empty);
            // Made on both sides, with another mode: nobody's edit.
            if (here is { Look.Kind: RecordKind.Folder }) return new Based(found.Name, look, VersionVector.Empty);
        }
        // A version of ours that the vault shows elsewhere, because another one won before we could note that it is in.
        foreach (Shown other in state.Shown)
            if (other.Look == look && !agreed.ContainsKey(other.Name)) return new Based(found.Name, look, other.Seen);
        // What we had placed, and has been replaced since, before we could note that we had.
        foreach (Gone past in state.Past)
            if (past.Look == look && (before is { } basis ? past.Versions.Dominates(basis.Seen) : here is { } later && later.Seen.Covers(past.Versions)))
                return new Based(found.Name, look, past.Versions);
        return null;
    }

    static List<Step.Edit> Edits(PathState state, Dictionary<VaultPath, Based> agreed, Dictionary<VaultPath, Shown> shown, Dictionary<VaultPath, Found> folder)
    {
        List<Step.Edit> edits = [];
        List<VaultPath> thrownAway = [];
        foreach (Found found in state.Folder)
        {
            if (found.Name == state.Path || found.IsUnknown) continue;
            Based? before = agreed.TryGetValue(found.Name, out Based known) ? known : null;
            if (found.Look is null && before != null) thrownAway.Add(found.Name);
            else if (found.Look is { } look && look != before?.Look)
                edits.Add(new Step.Put(found.Name, look, before?.Seen ?? (shown.TryGetValue(found.Name, out Shown here) ? here.Seen : VersionVector.Empty), [], before != null) { Meant = [found.Name] });
        }
        if (OwnEdit(state, agreed, shown, folder[state.Path], thrownAway) is { } own) edits.Add(own);
        return edits;
    }

    /// <summary>What the user did to the path itself, and to the versions beside it that they threw away.</summary>
    static Step.Edit? OwnEdit(PathState state, Dictionary<VaultPath, Based> agreed, Dictionary<VaultPath, Shown> shown, Found found, List<VaultPath> thrownAway)
    {
        if (found.IsUnknown) return null;
        VaultPath path = state.Path;
        Based? before = agreed.TryGetValue(path, out Based known) ? known : null;
        Shown? here = shown.TryGetValue(path, out Shown one) ? one : null;
        VersionVector refused = VersionVector.Join(thrownAway.Where(shown.ContainsKey).Select(name => shown[name].Seen));
        VersionVector seen = (before, here) switch
        {
            (null, _) => VersionVector.Empty,
            ({ } basis, { } now) when basis.Look == now.Look => now.Seen,
            ({ } basis, _) => basis.Seen,
        };
        seen = seen.Join(refused).Join(state.Deleted);
        List<VaultPath> meant = [.. thrownAway];
        if (before is { } had && here is { } has && had.Look == has.Look) meant.Add(path);
        if (found.Look is { } look && look != before?.Look)
        {
            // Its content is that of a version beside it that the user could see: they have chosen.
            foreach (Shown other in state.Shown)
                if (other.Look == look && other.Name != path)
                {
                    seen = seen.Join(other.Seen);
                    meant.Add(other.Name);
                }
            return new Step.Put(path, look, seen, thrownAway, before != null) { Meant = meant };
        }
        if (found.Look is null && before != null)
        {
            List<VaultPath> drops = [.. thrownAway, path];
            if (refused.Count > 0 && here is { } newer && newer.Look != before.Value.Look) return new Step.Settle(newer, newer.Seen.Join(refused), drops) { Meant = [.. thrownAway, path] };
            return new Step.Remove(seen, drops) { Meant = meant };
        }
        if (refused.Count > 0)
            return here is { } keep
                ? new Step.Settle(keep, keep.Seen.Join(refused), thrownAway) { Meant = [.. thrownAway, path] }
                : new Step.Remove(refused.Join(state.Deleted), thrownAway) { Meant = thrownAway };
        // Folders that differ in nothing but their mode aren't worth a question.
        return here is { Look.Kind: RecordKind.Folder } winner && state.Unshown.Count > 0 ? new Step.Settle(winner, winner.Seen.Join(state.Unshown), []) { Meant = [path] } : null;
    }

    static List<Step> Outs(PathState state, Dictionary<VaultPath, Based> agreed, Dictionary<VaultPath, Shown> shown, Dictionary<VaultPath, Found> folder)
    {
        List<Step> outs = [];
        foreach (Found found in folder.Values)
        {
            if (found.IsUnknown) continue;
            Based? before = agreed.TryGetValue(found.Name, out Based known) ? known : null;
            if (shown.TryGetValue(found.Name, out Shown here))
            {
                if (before is not { } old) outs.Add(new Step.Place(here, null));
                else if (old.Look != here.Look) outs.Add(state.Known.Covers(old.Seen) ? new Step.Place(here, old) : Rescue(old));
            }
            else if (before is { } old)
            {
                if (state.IsFolder && old.Look.Kind == RecordKind.Folder && found.Name == state.Path) continue;
                outs.Add(state.Known.Covers(old.Seen) ? new Step.Clear(old) : Rescue(old));
            }
        }
        return outs;
    }

    // The vault knows nothing of what stands here, as after its database was damaged: then this is the only copy.
    static Step.Put Rescue(Based old) => new(old.Name, old.Look, old.Seen, [], Overwrites: false) { Meant = [old.Name] };
}
