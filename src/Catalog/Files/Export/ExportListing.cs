using Vault.Blocks;
using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>Something to be put into the target folder.</summary>
/// <param name="Path">In the vault.</param>
/// <param name="Below">In the target folder; empty for that folder itself.</param>
/// <param name="Own">False for a folder that only follows from what lies in it: it has no mode and no time.</param>
/// <param name="Read">The version, when it is needed.</param>
sealed record ExportItem(VaultPath? Path, string Below, RecordKind Kind, ushort Mode, long ModifiedNs, long Size, BlockId? Root, bool Own, Func<Head?> Read);

/// <summary>What is to be got: one file, or a folder with all that lies in it, each folder before its contents.</summary>
sealed class ExportListing
{
    readonly VaultCatalog catalog;
    readonly VaultPath? from;
    readonly ExportOptions options;
    readonly CatalogEntry? top;
    readonly PastListing? then;

    public ExportListing(VaultCatalog catalog, VaultPath? from, ExportOptions options)
    {
        (this.catalog, this.from, this.options) = (catalog, from, options);
        if (options.At is { } time)
        {
            then = catalog.ListAt(from, time);
            if (from is not null && then.Count == 0) throw Absent($" at {time:u}");
            if (from is not null && then.Count == 1 && then.FirstOrDefault() is { Record.Kind: not RecordKind.Folder } only && only.Entry!.Path == from) Single = Item(only.Entry.Path, only, "");
            return;
        }
        if (from is null) return;
        top = catalog.Find(from) ?? throw Absent("");
        if (top is { Kind: not RecordKind.Folder, HasChildren: false }) Single = Item(top, "");
    }

    /// <summary>Set when it is one file or symlink.</summary>
    public ExportItem? Single { get; }

    public IEnumerable<ExportItem> Items()
    {
        if (then != null)
        {
            foreach (Head head in then) yield return Item(head.Entry!.Path, head, Below(head.Entry.Path));
            yield break;
        }
        if (top != null) foreach (ExportItem item in ItemsOf(top)) yield return item;
        foreach (CatalogEntry entry in catalog.List(from, recursive: true))
            foreach (ExportItem item in ItemsOf(entry)) yield return item;
    }

    IEnumerable<ExportItem> ItemsOf(CatalogEntry entry)
    {
        bool both = entry.HasChildren && entry.Kind != RecordKind.Folder;
        if (both) yield return new ExportItem(entry.Path, Below(entry.Path), RecordKind.Folder, 0, 0, 0, null, Own: false, () => null);
        else yield return Item(entry, Below(entry.Path));
        if (!both && !(options.Conflicts && entry.IsConflict)) yield break;
        foreach ((VaultPath path, Head head) in entry.Heads?.Shown(entry.Path, entry.HasChildren) ?? [])
            if (path != entry.Path && (options.Conflicts || head == entry.Winner) && path.Text.Length > (from?.Text.Length ?? 0)) yield return Item(path, head, Below(path));
    }

    static ExportItem Item(CatalogEntry entry, string below) =>
        new(entry.Path, below, entry.Kind, entry.Mode, entry.ModifiedNs, entry.Size, entry.Root, !entry.IsImplicit, () => entry.Winner);

    static ExportItem Item(VaultPath path, Head head, string below) =>
        new(path, below, head.Record.Kind, head.Entry!.Mode, head.Entry.ModifiedNs, head.Entry.Size, head.Record.Root, Own: true, () => head);

    string Below(VaultPath path) => from is null ? path.Text : path == from ? "" : path.IsUnder(from) ? path.Text[(from.Text.Length + 1)..] : path.Name;

    ConfigException Absent(string when) => new($"there is no {from} in the vault{when}", "vault ls shows what there is");
}
