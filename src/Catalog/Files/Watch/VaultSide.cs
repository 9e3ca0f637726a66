using Vault.Store;

namespace Vault.Catalog;

/// <summary>One path as the vault has it: what a user is shown of it, and what a folder is held against.</summary>
sealed class VaultSide
{
    readonly VaultPath path;
    readonly Heads? heads;
    readonly IReadOnlyList<Past> past;
    readonly VaultCatalog catalog;
    readonly HashSet<Leaf> wanted;

    VaultSide(VaultCatalog catalog, VaultPath path)
    {
        (this.catalog, this.path) = (catalog, path);
        CatalogParts parts = catalog.Parts;
        Primitives.Hash32 position = parts.Sealer!.PositionOf(path);
        using ISnapshot at = parts.Meta.Snapshot();
        List<Held> held = parts.Records.At(position, at);
        List<Head> standing = [.. held.Select(head => parts.Open(head.Record))];
        wanted = [.. held.Where(head => head.Wanted).Select(head => head.Leaf)];
        heads = standing.Count == 0 ? null : Heads.Of(standing);
        past = parts.Past.At(position, at);
        IsFolder = parts.Folders!.Find(path, at) is { HasChildren: true };
        Visible = heads is null ? [] : [.. heads.Shown(path, IsFolder)];
    }

    public static VaultSide Of(VaultCatalog catalog, VaultPath path) => new(catalog, path);

    public bool IsFolder { get; }

    /// <summary>What is shown, each version under its name.</summary>
    public IReadOnlyList<(VaultPath Name, Head Head)> Visible { get; }

    /// <summary>The content of a version has still to come.</summary>
    public bool Awaits(Head head) => wanted.Contains(head.Record.Leaf);

    /// <summary>A folder shows all of its vault: what this device has freed is to be here again when the folder needs it.</summary>
    public void Recall(Head head)
    {
        if (head.Record.Root is { } root && catalog.IsFreed(root)) catalog.Keep([root]);
    }

    /// <summary>All names under which something of the path stands or stood.</summary>
    public IEnumerable<VaultPath> Names(IEnumerable<Based> agreed) => Visible.Select(shown => shown.Name).Concat(agreed.Select(one => one.Name)).Prepend(path).Distinct().Where(IsOurs);

    /// <summary>A name made for a version may have become a file's own by now: then it is that file's affair.</summary>
    bool IsOurs(VaultPath name) => name == path || !catalog.Parts.Records.At(catalog.Parts.Sealer!.PositionOf(name)).Exists(head => head.Record.Kind != RecordKind.Tombstone);

    /// <summary>A name of its own for a version. The one made for it may be what the user has written something else to.</summary>
    VaultPath? NameApart(Head head, IReadOnlyList<Found> folder)
    {
        if (Vault.Catalog.Heads.ConflictName(path, head.Record) is not { } made) return null;
        Look look = Look.Of(head);
        return folder.Any(found => found.Name == made && (found.IsUnknown || found.Look is { } other && other != look)) ? Vault.Catalog.Heads.ConflictName(made, head.Record) : made;
    }

    public PathState With(IReadOnlyList<Based> agreed, IReadOnlyList<Found> folder)
    {
        IReadOnlyList<Head> all = heads?.All ?? [];
        HashSet<Head> visible = [.. Visible.SelectMany(shown => all.Where(head => head.LooksLike(shown.Head)))];
        return new PathState(
            path, [.. Visible.Where(shown => IsOurs(shown.Name)).Select(shown => new Shown(shown.Name, Look.Of(shown.Head), Register.Seen(all.Where(head => head.LooksLike(shown.Head)).Select(head => head.Record)), NameApart(shown.Head, folder)))],
            [.. agreed.Where(one => IsOurs(one.Name))], folder, IsFolder,
            Register.Seen(all.Where(head => head.IsTombstone).Select(head => head.Record)),
            Register.Seen(all.Where(head => head is { IsTombstone: false, Entry: not null, Record.Kind: RecordKind.Folder } && !visible.Contains(head)).Select(head => head.Record)),
            VersionVector.Join(all.Select(head => head.Record.Versions).Concat(past.Select(gone => gone.Record.Versions))),
            [.. past.Where(gone => gone.Reason == PastReason.Superseded).Select(gone => catalog.Parts.Open(gone.Record)).Where(head => head is { IsTombstone: false, Entry: not null }).Select(head => new Gone(Look.Of(head), head.Record.Versions))], catalog.Parts.Me ?? default);
    }
}
