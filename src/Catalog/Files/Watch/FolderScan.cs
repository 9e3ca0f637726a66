using System.Text;
using Vault.Blocks;

namespace Vault.Catalog;

/// <summary>
/// A look at everything below a folder: what stands there, what last stood there, and what the vault holds, one folder at a time.
/// What all three agree about costs a stat and no more; the rest goes to the pass. It also begins to listen to every folder it meets.
/// </summary>
sealed class FolderScan(WatchTools tools, WatchedTree tree, WatchPass pass, FolderEars ears)
{
    readonly List<VaultPath> found = [];

    /// <summary>Paths that folder and vault agree about, of those looked at.</summary>
    public long Agreed { get; private set; }

    /// <param name="top">Null for the whole folder.</param>
    public async Task RunAsync(VaultPath? top, CancellationToken stop)
    {
        Stack<VaultPath?> open = new([top]);
        while (open.TryPop(out VaultPath? folder))
        {
            stop.ThrowIfCancellationRequested();
            foreach (VaultPath below in await LookAsync(folder, stop)) open.Push(below);
            if (found.Count >= WatchPass.Slice) await HandOnAsync(stop);
        }
        await HandOnAsync(stop);
    }

    async Task HandOnAsync(CancellationToken stop)
    {
        VaultPath[] all = [.. found];
        found.Clear();
        await pass.LookAsync(all, stop);
    }

    /// <summary>Looks at what lies in one folder, and returns the folders among it.</summary>
    async Task<List<VaultPath>> LookAsync(VaultPath? folder, CancellationToken stop)
    {
        int error = tree.Hold(folder, make: false, out FolderHandle handle, out ulong device);
        Dictionary<VaultPath, (FileStat Stat, VaultPath Name)> there = [];
        if (error == 0)
        {
            try
            {
                error = await ListAsync(folder, handle, there, stop);
            }
            finally
            {
                handle.DangerousRelease();
            }
        }
        else if (error is Errno.Absent or Errno.NotFolder or Errno.TooManyLinks) error = 0; // nothing is there
        if (error != 0)
        {
            // What can't be listed isn't gone.
            tools.Troubles.Add(folder?.Text ?? tools.Row.Folder, SkipReason.Unreadable, error == WatchedTree.OtherDisk ? "a disk was mounted or unmounted there" : Linux.Text(error).ToLowerInvariant());
            return [];
        }

        Dictionary<VaultPath, IReadOnlyList<BaseEntry>> known = tools.Rows.In(tools.Id, folder).ToDictionary(row => row.Path, row => row.Entries);
        HashSet<VaultPath> below = [];
        HashSet<VaultPath> seen = [];
        foreach (CatalogEntry entry in tools.Catalog.List(folder))
        {
            seen.Add(entry.Path);
            if (entry.HasChildren || entry.Kind == RecordKind.Folder) below.Add(entry.Path);
            there.TryGetValue(entry.Path, out (FileStat Stat, VaultPath Name) standing);
            if (IsInStep(entry, known.GetValueOrDefault(entry.Path), standing.Name is null ? null : standing.Stat, device)) Agreed++;
            else found.Add(entry.Path);
        }
        found.AddRange(known.Keys.Where(seen.Add));
        foreach (VaultPath owner in there.Keys)
            if (seen.Add(owner) && !(TemporaryNames.IsPassing(owner.Name) && there[owner].Name == owner)) found.Add(owner);
        below.UnionWith(known.Where(row => row.Value.Any(entry => entry.Name == row.Key && entry.Base.Look.Kind == RecordKind.Folder)).Select(row => row.Key));
        below.UnionWith(there.Where(one => one.Value.Stat.Kind == FileKind.Folder && !TemporaryNames.IsPassing(one.Key.Name) && !tree.IsOwn(one.Value.Stat)).Select(one => one.Key));
        return [.. below];
    }

    async Task<int> ListAsync(VaultPath? folder, FolderHandle handle, Dictionary<VaultPath, (FileStat, VaultPath)> there, CancellationToken stop)
    {
        ears.Listen(folder, handle); // first, so that nothing happens between the look and the listening
        int error = handle.OpenSelf(out FolderHandle? again);
        if (error != 0) return error;
        using (again)
        {
            error = FolderNames.Read(again!, out FolderNames names);
            if (error != 0) return error;
            for (int i = 0; i < names.Count; i++)
            {
                byte[] raw = names[i].ToArray();
                if (folder is null && raw.AsSpan().SequenceEqual(Encoding.ASCII.GetBytes(WatchMarker.Name))) continue;
                if (raw.AsSpan().StartsWith(".vault-"u8) && await TendAsync(handle, raw, stop)) continue;
                if (handle.Stat(raw, out FileStat stat) != 0) continue;
                if (NamedPath(folder, handle, raw) is not { } name) continue;
                VaultPath owner = tools.OwnerOf(name);
                if (owner == name || !there.ContainsKey(owner)) there[owner] = (stat, name);
            }
            return 0;
        }
    }

    /// <summary>What stands under a name that ours begin with: what a run that ended suddenly has left, or somebody's own.</summary>
    async Task<bool> TendAsync(FolderHandle folder, byte[] name, CancellationToken stop)
    {
        using WriteSession session = tools.Ports.Store.BeginWrite(tools.Ports.Keys.Vault.Tag);
        return await LeftBehind.TendAsync(folder, name, tools.Intake, session, tools.Catalog.Parts, stop);
    }

    /// <summary>Where a name of the folder is in the vault; null, once told, where it can't be.</summary>
    VaultPath? NamedPath(VaultPath? folder, FolderHandle handle, byte[] raw) => WatchedNames.PathOf(folder, handle, raw, tools.Troubles);

    static bool IsInStep(CatalogEntry entry, IReadOnlyList<BaseEntry>? known, FileStat? there, ulong device)
    {
        if (known is not [{ IsSettled: true } before] || before.Name != entry.Path || entry.IsConflict || there is not { } stat || before.Base.Look.Kind != entry.Kind) return false;
        Look look = before.Base.Look;
        if (entry.Kind == RecordKind.Folder) return stat.Kind == FileKind.Folder && stat.Mode == before.Stat.Mode && before.IsMount == (stat.Device != device) && (entry.IsImplicit || entry.Mode == look.Mode);
        return stat == before.Stat && entry.Root == look.Root && (entry.Kind == RecordKind.Symlink ? entry.Winner?.Entry?.Target == look.Target : entry.Mode == look.Mode && !entry.HasChildren);
    }
}

/// <summary>Names of a watched folder as a vault has them.</summary>
static class WatchedNames
{
    /// <summary>Null, once told, for a name that no vault can hold. One in another form of Unicode is put into the form that vaults use, on the disk.</summary>
    public static VaultPath? PathOf(VaultPath? folder, FolderHandle handle, byte[] raw, WatchTroubles troubles)
    {
        string shown = PathForPeople.Of(WalkedFolder.Join(folder?.ToUtf8() ?? [], raw));
        if (VaultPath.FaultIn(raw) is var fault && fault != PathFault.None)
        {
            troubles.Add(shown, SkipReason.BadName, fault switch
            {
                PathFault.NotUtf8 => "its name isn't UTF-8",
                PathFault.ControlCharacter => "its name has a control character",
                PathFault.Backslash => "its name has a backslash",
                _ => "its name can't stand in a path",
            });
            return null;
        }
        string text = Encoding.UTF8.GetString(raw), normal = PathText.Normalise(text);
        if (normal != text && handle.MoveToFree(raw, Encoding.UTF8.GetBytes(normal)) is var error && error != 0)
        {
            troubles.Add(shown, SkipReason.SameName, error == Errno.Exists ? "its name is another's, written with other characters" : "its name can't be written with the characters that vaults use");
            return null;
        }
        if ((folder is null ? VaultPath.Parse(normal) : folder.Child(normal)) is { } path) return path;
        troubles.Add(shown, SkipReason.BadName, "its path is too long for a vault");
        return null;
    }
}
