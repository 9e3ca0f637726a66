using Vault.Primitives;
using Vault.Store;

namespace Vault.Catalog;

/// <summary>
/// Rows of the folder index that a commit changes. Folders appear with the first thing in them and go with the last; nothing
/// is counted, so nothing can be miscounted: whether a folder is empty is looked up.
/// </summary>
sealed class NameChange(FolderIndex index)
{
    readonly Dictionary<Hash16, Row> rows = [];
    readonly Dictionary<Hash16, List<Row>> byParent = [];
    readonly Dictionary<VaultPath, Hash16> folderIds = []; // a folder's id is asked for with each thing in it
    readonly Dictionary<Hash16, VaultPath> thinned = []; // folders out of which something went

    sealed class Row(VaultPath path, Hash16 parent, Hash16 id, NameSummary? before)
    {
        internal VaultPath Path => path;
        internal Hash16 Parent => parent;
        internal Hash16 Id => id;
        internal NameSummary? Before { get; } = before;
        internal NameSummary? Now { get; set; } = before;
    }

    /// <summary>What the path's own versions say now; null when none is left.</summary>
    internal void Set(VaultPath path, NameSummary? head)
    {
        Row row = Load(path);
        bool hasChildren = row.Now?.HasChildren ?? false, was = row.Now != null;
        row.Now = head is null ? hasChildren ? NameSummary.Implied : null : head with { HasHead = true, HasChildren = hasChildren };
        if (!was && row.Now != null) Fill(path.Parent);
        if (was && row.Now == null && path.Parent is { } parent) thinned[row.Parent] = parent;
    }

    /// <summary>Adds the changed rows to the batch, and returns by how much they change the totals.</summary>
    internal CatalogTotals Write(Batch batch)
    {
        RemoveEmptied();
        long files = 0, folders = 0, bytes = 0;
        foreach (Row row in rows.Values)
        {
            if (row.Before == row.Now) continue;
            if (row.Now is { } now) index.Put(batch, row.Parent, row.Id, row.Path.Name, now);
            else index.Delete(batch, row.Parent, row.Id);
            CatalogTotals before = row.Before?.Share ?? default, after = row.Now?.Share ?? default;
            files += after.Files - before.Files;
            folders += after.Folders - before.Folders;
            bytes += after.Bytes - before.Bytes;
        }
        return new CatalogTotals(files, folders, bytes);
    }

    void Fill(VaultPath? folder)
    {
        for (; folder is not null; folder = folder.Parent)
        {
            Row row = Load(folder);
            bool was = row.Now != null;
            if (row.Now is { HasChildren: true }) return;
            row.Now = row.Now is { } now ? now with { HasChildren = true } : NameSummary.Implied;
            if (was) return;
        }
    }

    void RemoveEmptied()
    {
        while (thinned.Count > 0)
        {
            // The deepest first: only when it is gone can the one above it be empty.
            (Hash16 id, VaultPath folder) = thinned.MaxBy(pair => pair.Value.Components.Length);
            thinned.Remove(id);
            Row row = Load(folder);
            if (row.Now is not { HasChildren: true } now || HasChild(id)) continue;
            row.Now = now.HasHead ? now with { HasChildren = false } : null;
            if (row.Now == null && folder.Parent is { } parent) thinned[row.Parent] = parent;
        }
    }

    bool HasChild(Hash16 folder)
    {
        if (byParent.TryGetValue(folder, out List<Row>? changed) && changed.Exists(row => row.Now != null)) return true;
        foreach (Hash16 child in index.ChildrenOf(folder))
            if (!rows.TryGetValue(child, out Row? row) || row.Now != null) return true;
        return false;
    }

    Hash16 IdOfFolder(VaultPath folder)
    {
        if (!folderIds.TryGetValue(folder, out Hash16 id)) folderIds.Add(folder, id = index.IdOf(folder));
        return id;
    }

    Row Load(VaultPath path)
    {
        if (!folderIds.TryGetValue(path, out Hash16 id)) id = index.IdOf(path);
        if (rows.TryGetValue(id, out Row? row)) return row;
        Hash16 parent = path.Parent is { } folder ? IdOfFolder(folder) : index.IdOf(null);
        row = new Row(path, parent, id, index.Find(parent, id));
        rows.Add(id, row);
        if (!byParent.TryGetValue(parent, out List<Row>? siblings)) byParent.Add(parent, siblings = []);
        siblings.Add(row);
        return row;
    }
}
