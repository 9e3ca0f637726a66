using System.Collections.Immutable;
using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Catalog;

/// <summary>A draft as one batch, and what to do in memory once that is committed.</summary>
sealed record WrittenDraft(
    Batch Batch, LeafChange Leaves, CatalogState State, Membership Membership, JournalHead Journal, IReadOnlyList<AddedRecord> Added, IReadOnlyList<Leaf> Removed,
    IReadOnlyList<Waiting> Came, IReadOnlyCollection<Leaf> Left, ImmutableSortedDictionary<DeviceId, HybridTime> Authors);

sealed partial class Draft
{
    readonly List<Action<Batch, ulong>> extras = [];
    readonly List<(DeviceId, HybridTime)> times = [];
    bool touched;

    /// <summary>What comes in is a part of what some other device has.</summary>
    internal bool IsPart { get; set; }

    /// <summary>Content that had been freed is to be here again.</summary>
    internal bool Recalls { get; set; }

    /// <summary>Something that goes into the batch with the rest, given the number of the commit.</summary>
    internal void Also(Action<Batch, ulong> write)
    {
        extras.Add(write);
        touched = true;
    }

    internal bool IsEmpty => !touched && !ChangesJournal && Membership == membersBefore && pastPuts.Count + pastDeletes.Count + waitingPuts.Count + waitingDeletes.Count + suspicions.Count + early.Count == 0
        && !places.Values.Any(place => place.IsChanged);

    internal WrittenDraft Write()
    {
        Batch batch = new();
        ulong sequence = State.Sequence + 1;
        List<Leaf> removed = [];
        List<AddedRecord> added = [];
        if (leaves.IsCheckpointDue) leaves.Checkpoint(batch);
        WriteMembers(batch, removed, added);

        NameChange? names = parts.Folders is null ? null : new NameChange(parts.Folders);
        CatalogTotals sealedTotals = default;
        foreach (Place place in places.Values)
        {
            if (!place.IsChanged) continue;
            WriteRecords(batch, place, removed, added);
            WritePins(batch, place.IsRedone ? [] : Place.PinsOf(place.Before), Place.PinsOf(place.Now));
            if (!place.HasOtherVersions) continue;
            if (names != null) WriteName(batch, place, names);
            else sealedTotals = Sum(sealedTotals, ShareOf(place.Now), place.IsRedone ? default : ShareOf(place.Before));
        }
        WritePast(batch);
        foreach (Waiting waiting in waitingPuts.Values) parts.Waiting.Put(batch, waiting);
        foreach (Leaf leaf in waitingDeletes) parts.Waiting.Delete(batch, leaf);
        foreach (Suspicion suspicion in suspicions) parts.Suspicions.Put(batch, suspicion);
        foreach (Action<Batch, ulong> extra in extras) extra(batch, sequence);

        JournalHead journal = WriteJournal(batch, sequence);

        CatalogTotals change = names?.Write(batch) ?? sealedTotals;
        LeafChange leafChange = leaves.Change(batch, sequence, removed, [.. added.Select(record => record.Leaf)]);
        CatalogState next = State with { Sequence = sequence, HasJournal = State.HasJournal || parts.Journal.IsKept, Totals = Sum(State.Totals, change, default) };
        if (IsPart && times.Exists(time => time.Item1 != parts.Me)) next = next with { Partial = true };
        ImmutableSortedDictionary<DeviceId, HybridTime> authors = parts.Authors.Changed(batch, times);
        batch.Put(CatalogFamilies.Notes, CatalogKeys.Note(parts.Tag, CatalogKeys.StateOf), next.Encode());
        if (leafChange.Root != leaves.Root || sequence == 1) parts.Roots.Put(batch, sequence, leafChange.Root, parts.Now);
        return new WrittenDraft(batch, leafChange, next, Membership, journal, added, removed, [.. waitingPuts.Values], waitingDeletes, authors);
    }

    void WriteMembers(Batch batch, List<Leaf> removed, List<AddedRecord> added)
    {
        foreach (ControlRecord record in early) batch.Put(CatalogFamilies.Notes, CatalogKeys.Note(parts.Tag, CatalogKeys.EarlyOf, record.Content.ToArray()), record.Encode());
        if (Membership == membersBefore) return;
        foreach (ControlRecord gone in membersBefore.Known.Where(record => !Membership.Knows(record)))
            batch.Delete(CatalogFamilies.Notes, CatalogKeys.Note(parts.Tag, CatalogKeys.OutsideOf, gone.Content.ToArray()));
        HashSet<Hash32> knownBefore = [.. membersBefore.Known.Select(record => record.Content)];
        HashSet<Hash32> stood = [.. membersBefore.Standing.Select(record => record.Content)];
        foreach (ControlRecord record in Membership.Known)
        {
            bool stands = Membership.Stands(record), before = stood.Contains(record.Content);
            byte[] outside = CatalogKeys.Note(parts.Tag, CatalogKeys.OutsideOf, record.Content.ToArray());
            if (stands && !before)
            {
                parts.Records.Put(batch, record);
                times.Add(AuthorTimes.In(record));
                added.Add(new AddedRecord(StoredRecords.LeafOf(record), record.Encode(), SourceOf(StoredRecords.LeafOf(record))));
                if (knownBefore.Contains(record.Content)) batch.Delete(CatalogFamilies.Notes, outside);
            }
            else if (!stands && before)
            {
                parts.Records.Delete(batch, StoredRecords.LeafOf(record));
                removed.Add(StoredRecords.LeafOf(record));
                batch.Put(CatalogFamilies.Notes, outside, record.Encode());
            }
            else if (!stands && !knownBefore.Contains(record.Content)) batch.Put(CatalogFamilies.Notes, outside, record.Encode());
        }
    }

    void WriteRecords(Batch batch, Place place, List<Leaf> removed, List<AddedRecord> added)
    {
        Dictionary<Leaf, Held> before = place.Before.ToDictionary(head => head.Leaf);
        foreach (Held head in place.Now)
        {
            if (before.Remove(head.Leaf, out Held? same))
            {
                if (same.Wanted != head.Wanted) parts.Records.Put(batch, head);
                continue;
            }
            parts.Records.Put(batch, head);
            if (returned.Contains(head.Leaf)) parts.Returned.Put(batch, head.Leaf, parts.Now);
            times.AddRange(AuthorTimes.In(head.Record));
            added.Add(new AddedRecord(head.Leaf, head.Record.Encode(), SourceOf(head.Leaf)));
        }
        foreach (Leaf leaf in before.Keys)
        {
            parts.Records.Delete(batch, leaf);
            if (Membership.Cut.Count > 0) parts.Returned.Delete(batch, leaf);
            removed.Add(leaf);
        }
        byte[] conflict = CatalogKeys.Note(parts.Tag, CatalogKeys.ConflictOf, place.Position.ToArray());
        if (place.Now.Count > 1) batch.Put(CatalogFamilies.Notes, conflict, default);
        else if (place.Before.Count > 1) batch.Delete(CatalogFamilies.Notes, conflict);
    }

    void WritePins(Batch batch, IEnumerable<(BlockId Root, PinReason Reason, Leaf Owner)> before, IEnumerable<(BlockId Root, PinReason Reason, Leaf Owner)> now)
    {
        HashSet<(BlockId, PinReason, Leaf)> old = [.. before];
        foreach ((BlockId root, PinReason reason, Leaf owner) in now)
            if (!old.Remove((root, reason, owner))) Pin(batch, root, reason, owner);
        foreach ((BlockId root, PinReason reason, Leaf owner) in old) Unpin(batch, root, reason, owner);
    }

    void WritePast(Batch batch)
    {
        // First what goes: a version may have come back and been replaced once more.
        foreach ((Leaf leaf, Past past) in pastDeletes)
        {
            if (pastPuts.ContainsKey(leaf)) continue;
            parts.Past.Delete(batch, leaf);
            if (past.Pinned) Unpin(batch, past.Record.Root!.Value, ReasonOf(past), leaf);
        }
        foreach ((Leaf leaf, Past past) in pastPuts)
        {
            parts.Past.Put(batch, past);
            if (past.Pinned) Pin(batch, past.Record.Root!.Value, ReasonOf(past), leaf);
        }
    }

    internal static PinReason ReasonOf(Past past) => past.Reason == PastReason.HeldAside ? PinReason.HeldAside : PinReason.History;

    // The owner is the whole leaf: from a pin one finds the record that it is kept for.
    void Pin(Batch batch, BlockId root, PinReason reason, in Leaf owner)
    {
        Span<byte> leaf = stackalloc byte[Leaf.Size];
        owner.CopyTo(leaf);
        parts.Ports.Store.Pins.Add(batch, parts.Tag, root, reason, leaf);
    }

    void Unpin(Batch batch, BlockId root, PinReason reason, in Leaf owner)
    {
        Span<byte> leaf = stackalloc byte[Leaf.Size];
        owner.CopyTo(leaf);
        Pins.Remove(batch, parts.Tag, root, reason, leaf);
    }

    void WriteName(Batch batch, Place place, NameChange names)
    {
        VaultPath? path = null;
        List<Head> now = [];
        foreach (Held head in place.Now)
        {
            Head version = place.Entries.TryGetValue(head.Leaf, out Entry? known) ? new Head(head.Record, known) : parts.Open(head.Record);
            now.Add(version);
            path ??= version.Entry?.Path;
            byte[] unread = CatalogKeys.Note(parts.Tag, CatalogKeys.UnreadOf, head.Leaf);
            if (version.Entry == null) batch.Put(CatalogFamilies.Notes, unread, default);
            else if (place.IsRedone) batch.Delete(CatalogFamilies.Notes, unread);
        }
        foreach (Held head in place.Before)
        {
            path ??= parts.Open(head.Record).Entry?.Path;
            if (!place.Now.Exists(other => other.Leaf == head.Leaf)) batch.Delete(CatalogFamilies.Notes, CatalogKeys.Note(parts.Tag, CatalogKeys.UnreadOf, head.Leaf));
        }
        if (path is null) return;
        names.Set(path, now.Count == 0 ? null : parts.Summarize(Heads.Of(now)));
    }

    // Without keys: one for each path, by what its latest version is.
    static CatalogTotals ShareOf(IReadOnlyList<Held> heads) =>
        heads.Where(head => head.Record.Kind != RecordKind.Tombstone).MaxBy(head => head.Record.Time)?.Record.Kind switch
        {
            null => default,
            RecordKind.Folder => new CatalogTotals(0, 1, 0),
            _ => new CatalogTotals(1, 0, 0),
        };

    static CatalogTotals Sum(CatalogTotals total, CatalogTotals plus, CatalogTotals minus) =>
        new(total.Files + plus.Files - minus.Files, total.Folders + plus.Folders - minus.Folders, total.Bytes + plus.Bytes - minus.Bytes);
}
