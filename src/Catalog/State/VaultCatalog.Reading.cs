using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Catalog;

/// <summary>That a path is in a root, or isn't, for someone who has nothing but the root.</summary>
/// <param name="Record">The record whose presence is shown; null when it is shown that there is none.</param>
public sealed record CatalogProof(Hash32 Position, TreeProof Proof, FileRecord? Record);

public sealed partial class VaultCatalog
{
    /// <summary>What lives at a path, a folder included that only follows from what lies in it; null when nothing does, or this device can't read.</summary>
    public CatalogEntry? Find(VaultPath path)
    {
        if (parts is not { Folders: { } folders, Sealer: { } sealer }) return null;
        Heads? heads = HeadsAt(sealer.PositionOf(path));
        NameSummary? row = folders.Find(path), summary = heads is null ? null : parts.Summarize(heads);
        summary = summary is null ? row is { HasChildren: true } ? NameSummary.Implied : null : summary with { HasChildren = row?.HasChildren ?? false };
        return summary is null ? null : new CatalogEntry(path, summary, () => heads);
    }

    /// <summary>The versions that stand at a path; null when none does, or this device can't read.</summary>
    internal Heads? Versions(VaultPath path) => parts.Sealer is { } sealer ? HeadsAt(sealer.PositionOf(path)) : null;

    /// <summary>
    /// What lies in a folder (null: at the top), in the order of names. With <paramref name="recursive"/> all that lies below, each
    /// folder followed by what is in it. The whole listing is of one time.
    /// </summary>
    public IEnumerable<CatalogEntry> List(VaultPath? folder = null, bool recursive = false) => Listed((folders, path, at) => folders.List(path, at), folder, recursive);

    /// <summary>All that lies below a folder, in no order that means anything, with one name of each open folder in memory.</summary>
    public IEnumerable<CatalogEntry> Below(VaultPath? folder) => Listed((folders, path, at) => folders.In(path, at), folder, recursive: true);

    IEnumerable<CatalogEntry> Listed(Func<FolderIndex, VaultPath?, ISnapshot, IEnumerable<(VaultPath Path, NameSummary Summary)>> list, VaultPath? folder, bool recursive)
    {
        if (parts is not { Folders: { } folders, Sealer: { } sealer }) yield break;
        using ISnapshot at = parts.Meta.Snapshot();
        Stack<IEnumerator<(VaultPath Path, NameSummary Summary)>> open = new();
        try
        {
            open.Push(list(folders, folder, at).GetEnumerator());
            while (open.TryPeek(out IEnumerator<(VaultPath Path, NameSummary Summary)>? rows))
            {
                if (!rows.MoveNext())
                {
                    open.Pop().Dispose();
                    continue;
                }
                (VaultPath path, NameSummary summary) = rows.Current;
                yield return new CatalogEntry(path, summary, () => HeadsAt(sealer.PositionOf(path)));
                if (recursive && summary.HasChildren) open.Push(list(folders, path, at).GetEnumerator());
            }
        }
        finally
        {
            while (open.TryPop(out IEnumerator<(VaultPath Path, NameSummary Summary)>? rows)) rows.Dispose();
        }
    }

    /// <summary>All versions of a path that this device has seen and still knows, deletions included, the latest first.</summary>
    public IReadOnlyList<PastVersion> History(VaultPath path)
    {
        if (parts.Sealer is not { } sealer) return [];
        Hash32 position = sealer.PositionOf(path);
        using ISnapshot at = parts.Meta.Snapshot();
        return [.. VersionsAt(position, at).OrderByDescending(version => version.Version.Record.Time).ThenByDescending(version => version.Version.Record.Leaf)];
    }

    /// <summary>The latest versions of all paths, or of those in a folder: what was done last comes first.</summary>
    public IReadOnlyList<PastVersion> Log(int most, VaultPath? folder = null)
    {
        if (parts.Sealer is null) return [];
        using ISnapshot at = parts.Meta.Snapshot();
        PriorityQueue<PastVersion, HybridTime> latest = new();
        IEnumerable<(FileRecord Record, DateTimeOffset? Gone)> all = parts.Records.All(at).Select(head => (head.Record, (DateTimeOffset?)null))
            .Concat(parts.Past.All(at).Where(past => past.Reason == PastReason.Superseded).Select(past => (past.Record, (DateTimeOffset?)past.Since)));
        foreach ((FileRecord record, DateTimeOffset? gone) in all)
        {
            if (latest.Count == most && latest.TryPeek(out _, out HybridTime least) && record.Time <= least) continue;
            if (parts.Open(record) is not { Entry: { } entry } head || (folder is not null && !entry.Path.IsUnder(folder))) continue;
            latest.Enqueue(new PastVersion(head, gone), record.Time);
            if (latest.Count > most) latest.Dequeue();
        }
        return [.. latest.UnorderedItems.OrderByDescending(item => item.Priority).Select(item => item.Element)];
    }

    /// <summary>
    /// The version that was the winner at a time, by the clocks of those who wrote: of what was written until then, what nothing
    /// written until then had replaced. Null when there was none, or it was deleted. Good for as far back as the history is kept.
    /// </summary>
    public Head? At(VaultPath path, DateTimeOffset time) => PastListing.WinnerOf(History(path).Select(past => past.Version), time);

    /// <summary>All paths in a folder (null: everywhere) as they were at a time, in order. Reads the whole catalog, at once.</summary>
    public PastListing ListAt(VaultPath? folder, DateTimeOffset time) => PastListing.Of(parts, folder, time);

    /// <summary>The paths of which the user has to choose a version.</summary>
    public IEnumerable<CatalogEntry> Conflicts()
    {
        if (parts.Sealer is null) yield break;
        (byte[] from, byte[] to) = CatalogKeys.Notes(parts.Tag, CatalogKeys.ConflictOf);
        List<Hash32> positions = [];
        using (ICursor cursor = parts.Meta.Range(CatalogFamilies.Notes, from, to))
            while (cursor.MoveNext()) positions.Add(new Hash32(CatalogKeys.Rest(cursor.Key)));
        List<CatalogEntry> conflicts = [];
        foreach (Hash32 position in positions)
            if (HeadsAt(position)?.Winner.Entry?.Path is { } path && Find(path) is { IsConflict: true } entry) conflicts.Add(entry);
        foreach (CatalogEntry entry in conflicts.OrderBy(entry => entry.Path)) yield return entry;
    }

    /// <summary>Paths that had been deleted, everywhere and for so long that nobody knows of it any more, and of which somebody brought a version again.</summary>
    public IEnumerable<CatalogEntry> Returned()
    {
        foreach (VaultPath path in parts.Returned.All().Select(leaf => RecordOf(leaf) is { } record ? parts.Open(record).Entry?.Path : null).OfType<VaultPath>().Order())
            if (Find(path) is { } entry) yield return entry;
    }

    /// <summary>Versions whose sealed part this device can't read: damaged, or under secrets that it doesn't have.</summary>
    public IEnumerable<(Leaf Leaf, bool Damaged)> Unreadable()
    {
        if (parts.Sealer is not { } sealer) yield break;
        foreach (Leaf leaf in UnreadLeaves())
            if (RecordOf(leaf) is { } record) yield return (leaf, sealer.CanOpen(record));
    }

    /// <summary>Every record of files by this device that stands, of what it deleted too: what to keep of it when it is revoked.</summary>
    public IEnumerable<Leaf> WrittenBy(DeviceId device) => parts.Records.All().Where(head => head.Record.Author == device).Select(head => head.Record.Leaf);

    /// <summary>Whether this device may write now, by its certificate.</summary>
    internal bool MayWrite => parts.Sealer != null && parts.Me is { } me && Seen.Membership.Find(me)?.RoleAt(parts.Ports.Clock.Now) is Role.Writer or Role.Admin;

    /// <summary>What a record's version has seen, whether it stands or was replaced already; null when it isn't known here.</summary>
    internal VersionVector? VersionsOf(Leaf leaf) => (RecordOf(leaf) ?? parts.Past.At(leaf.Position).Find(past => past.Record.Leaf == leaf)?.Record)?.Versions;

    /// <summary>Whether a record stands.</summary>
    public bool Holds(Leaf leaf) => parts.Meta.Get(TreeKeys.Leaves, CatalogKeys.Leaf(parts.Tag, leaf)) != null;

    /// <summary>The path that a record is of, whether it stands or was replaced: what a pin is kept for. Null when that isn't known here.</summary>
    public VaultPath? PathOf(Leaf leaf) => (RecordOf(leaf) ?? parts.Past.At(leaf.Position).Find(past => past.Record.Leaf == leaf)?.Record) is { } record ? parts.Open(record).Entry?.Path : null;

    /// <summary>Shows that the root holds a path's winning version, or that it holds nothing of the path. Null on a device that can't read.</summary>
    public CatalogProof? Prove(VaultPath path)
    {
        if (parts.Sealer is not { } sealer) return null;
        Hash32 position = sealer.PositionOf(path);
        lock (writing)
        {
            FileRecord? record = HeadsAt(position)?.Winner.Record;
            return new CatalogProof(position, leaves.Prove(position, ContentOf, record?.Leaf), record);
        }
    }

    /// <summary>The root that this device has had under that number, or by itself; null when that isn't remembered.</summary>
    public PastRoot? FindRoot(Hash32 root) => parts.Roots.Find(root);

    /// <summary>The roots that this device has had, oldest first.</summary>
    public IEnumerable<PastRoot> Roots(ulong from = 0, ulong to = ulong.MaxValue) => parts.Roots.Between(from, to);

    /// <summary>What members did that they shouldn't have.</summary>
    public IEnumerable<Suspicion> Suspicions => parts.Suspicions.All();

    /// <summary>Changes made here that no peer is known to have.</summary>
    public IEnumerable<Edit> Unacknowledged() => parts.Journal.Unacknowledged();

    Heads? HeadsAt(Hash32 position)
    {
        List<Head> heads = [.. parts.Records.At(position).Select(head => parts.Open(head.Record))];
        return heads.Count == 0 ? null : Heads.Of(heads);
    }

    IEnumerable<PastVersion> VersionsAt(Hash32 position, ISnapshot at) => parts.Records.At(position, at).Select(head => new PastVersion(parts.Open(head.Record), null))
        .Concat(parts.Past.At(position, at).Where(past => past.Reason == PastReason.Superseded).Select(past => new PastVersion(parts.Open(past.Record), past.Since)));

    List<Leaf> UnreadLeaves()
    {
        (byte[] from, byte[] to) = CatalogKeys.Notes(parts.Tag, CatalogKeys.UnreadOf);
        List<Leaf> unread = [];
        using ICursor cursor = parts.Meta.Range(CatalogFamilies.Notes, from, to);
        while (cursor.MoveNext()) unread.Add(Leaf.Read(CatalogKeys.Rest(cursor.Key)));
        return unread;
    }

    FileRecord? RecordOf(Leaf leaf) => !leaf.IsControl && parts.Records.Bytes(leaf) is { } bytes ? FileRecord.Parse(bytes) : null;

    Hash32 ContentOf(Leaf leaf)
    {
        ReadOnlyMemory<byte> bytes = parts.Records.Bytes(leaf) ?? throw new CorruptDataException("a record of the catalog is gone", "run doctor");
        Hash32? content = leaf.IsControl ? ControlRecord.Restore(parts.Vault, bytes)?.Content : FileRecord.Parse(bytes)?.Content;
        return content ?? throw new CorruptDataException("a record of the catalog is damaged", "run doctor");
    }
}
