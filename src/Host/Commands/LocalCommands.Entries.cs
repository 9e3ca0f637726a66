using System.Runtime.CompilerServices;
using Vault.Blocks;
using Vault.Catalog;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Host;

// What a vault holds, told and rearranged: listing, removing, moving.
sealed partial class LocalCommands
{
    public async IAsyncEnumerable<EntryListed> ListAsync(ListEntries request, [EnumeratorCancellation] CancellationToken stop)
    {
        (KeyRingEntry entry, VaultCatalog catalog) = await OpenVaultAsync(request.Vault, stop);
        foreach (EntryListed listed in request.At is { } time ? ListedAt(catalog, entry, request, time) : Listed(catalog, entry, request))
        {
            stop.ThrowIfCancellationRequested();
            yield return listed;
        }
    }

    public async Task<EntriesRemoved> RemoveAsync(RemoveEntries request, CancellationToken stop)
    {
        (KeyRingEntry entry, VaultCatalog catalog) = await OpenVaultAsync(request.Vault, stop);
        List<CatalogEntry> named = [];
        foreach (VaultPath path in request.Paths.Select(VaultPaths.Parse).Distinct())
        {
            CatalogEntry there = Find(catalog, entry, path);
            if ((there.Kind == RecordKind.Folder || there.HasChildren) && !request.Recursive) throw new ConfigException($"'{path}' is a folder", "vault rm -r removes it with all it holds");
            named.Add(there);
        }
        named.RemoveAll(inner => named.Exists(outer => inner.Path.IsUnder(outer.Path)));
        ChangeReport made = catalog.Change(named.SelectMany(there => WithAllBelow(catalog, there, stop)).Where(one => !one.IsImplicit).Select(one => new Edit.Remove(one.Path, one.Versions)));
        return new EntriesRemoved(made.Made, catalog.Root.ToString());
    }

    public async Task<EntriesMoved> MoveAsync(MoveEntry request, CancellationToken stop)
    {
        (KeyRingEntry entry, VaultCatalog catalog) = await OpenVaultAsync(request.Vault, stop);
        VaultPath from = VaultPaths.Parse(request.From);
        CatalogEntry moved = Find(catalog, entry, from);
        VaultPath to = Destination(catalog, from, request);
        if (to.Equals(from)) throw new ConfigException($"'{from}' is there already", "name another path");
        if (to.Ancestors.Contains(from)) throw new ConfigException($"'{from}' can't be moved into itself", "name a path outside it");
        RequirePlace(catalog, to, moved, request.Force);

        ChangeReport made = catalog.Change(WithAllBelow(catalog, moved, stop).Where(one => !one.IsImplicit).Select(one => MoveOf(one, from, to)));
        return new EntriesMoved(made.Made, to.Text, catalog.Root.ToString());
    }

    // Read one at a time while the change is written down: there may be millions.
    static IEnumerable<CatalogEntry> WithAllBelow(VaultCatalog catalog, CatalogEntry top, CancellationToken stop)
    {
        yield return top;
        if (!top.HasChildren) yield break;
        foreach (CatalogEntry inside in catalog.Below(top.Path))
        {
            stop.ThrowIfCancellationRequested();
            yield return inside;
        }
    }

    static CatalogEntry Find(VaultCatalog catalog, KeyRingEntry vault, VaultPath path) =>
        catalog.Find(path) ?? throw new ConfigException($"there is nothing at '{path}' in {vault.Name}", $"vault ls {vault.Name} shows what there is");

    static IEnumerable<EntryListed> Listed(VaultCatalog catalog, KeyRingEntry vault, ListEntries request)
    {
        if (VaultPaths.ParseOrAll(request.Prefix) is not { } path) return catalog.List(null, !request.Direct).Select(Told);
        CatalogEntry there = Find(catalog, vault, path);
        return there.Kind == RecordKind.Folder || there.HasChildren ? catalog.List(path, !request.Direct).Select(Told) : [Told(there)];
    }

    static IEnumerable<EntryListed> ListedAt(VaultCatalog catalog, KeyRingEntry vault, ListEntries request, DateTimeOffset time)
    {
        VaultPath? folder = VaultPaths.ParseOrAll(request.Prefix);
        bool any = false;
        foreach (Head head in catalog.ListAt(folder, time))
        {
            any = true;
            if (head.Entry is { } read && (!request.Direct || read.Path.Equals(folder) || Equals(read.Path.Parent, folder))) yield return Told(head.Record, read);
        }
        if (!any && folder != null) throw new ConfigException($"there was nothing at '{folder}' in {vault.Name} then, as far as is known here", $"vault log {vault.Name} {folder} shows its versions");
    }

    static EntryListed Told(CatalogEntry entry) => new(
        entry.Path.Text, entry.Size, KindOf(entry.Kind), Moment(entry.ModifiedNs), entry.Root?.ToString(), Octal(entry.Kind, entry.Mode),
        entry.Kind == RecordKind.Symlink ? entry.Winner?.Entry?.Target : null, entry.IsConflict, entry.IsDamaged);

    static EntryListed Told(FileRecord record, Entry read) => new(
        read.Path.Text, read.Size, KindOf(record.Kind), Moment(read.ModifiedNs), record.Root?.ToString(), Octal(record.Kind, read.Mode), read.Target, false, false);

    static string KindOf(RecordKind kind) => kind switch
    {
        RecordKind.Folder => "dir",
        RecordKind.Symlink => "symlink",
        RecordKind.Tombstone => "removed",
        _ => "file",
    };

    // A folder that is there only because something lies in it has none.
    static DateTimeOffset? Moment(long nanoseconds) => nanoseconds == 0 ? null : DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / 100);

    static string? Octal(RecordKind kind, ushort mode) => kind == RecordKind.Symlink || mode == 0 ? null : Convert.ToString(mode, 8);

    // As with mv everywhere: what is moved to a folder goes into it.
    static VaultPath Destination(VaultCatalog catalog, VaultPath from, MoveEntry request)
    {
        VaultPath? to = VaultPaths.ParseOrAll(request.To);
        bool into = to is null || VaultPaths.EndsAsFolder(request.To) || (catalog.Find(to) is { } there && (there.Kind == RecordKind.Folder || there.HasChildren));
        return into ? VaultPaths.Parse(to is null ? from.Name : $"{to}/{from.Name}") : to!;
    }

    static void RequirePlace(VaultCatalog catalog, VaultPath to, CatalogEntry moved, bool force)
    {
        RequireFolders(catalog, to);
        if (catalog.Find(to) is not { } there) return;
        bool folders = there.HasChildren || there.Kind == RecordKind.Folder || moved.HasChildren || moved.Kind == RecordKind.Folder;
        if (folders) throw new ConfigException($"there is something at '{to}' already", "move or remove that first");
        if (!force) throw new ConfigException($"there is a file at '{to}' already", "--force replaces it");
    }

    /// <summary>Nothing can lie below a file.</summary>
    static void RequireFolders(VaultCatalog catalog, VaultPath path)
    {
        foreach (VaultPath above in path.Ancestors)
            if (catalog.Find(above) is { HasChildren: false, Kind: not RecordKind.Folder }) throw new ConfigException($"'{above}' is a file, and nothing can lie below it", "choose another path");
    }

    static Edit.Move MoveOf(CatalogEntry entry, VaultPath from, VaultPath to)
    {
        if (entry.IsConflict) throw new ConfigException($"'{entry.Path}' is in conflict", "settle that first: vault conflicts shows it, vault resolve ends it");
        if (entry.IsDamaged || entry.Winner is not { Entry: { } read } winner) throw new ConfigException($"'{entry.Path}' can't be read: its record is damaged", "move the others one by one");
        return new Edit.Move(read with { Path = VaultPaths.Parse(to.Text + entry.Path.Text[from.Text.Length..]) }, entry.File, winner.Record.Kind, entry.Path, entry.Versions);
    }
}
