using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Blocks;

/// <summary>What a collection did, for one vault.</summary>
/// <param name="Condemned">Blocks found unneeded for the first time: they go when the hold time is over and nobody wants them again.</param>
/// <param name="Waiting">Blocks condemned before, still within their hold time.</param>
/// <param name="Hidden">Damaged or absent inner blocks: while there are any, what lies below them can't be told from garbage, and nothing is condemned or deleted.</param>
/// <param name="PinsInDoubt">The store had to be mended and may have lost pins: until that is accepted, nothing is condemned or deleted.</param>
public sealed record CollectionReport(long Needed, long Condemned, long Waiting, long Deleted, long DeletedBytes, int Hidden, bool PinsInDoubt);

/// <summary>
/// Mark and sweep, a slice at a time, beside running writers. A block that no pin reaches is condemned; it is deleted by a later
/// collection, when it has stayed unneeded for the hold time. Ended at any point, it has done nothing wrong: deleting is the
/// last step, and what it knew before is only a date.
/// </summary>
public sealed class Collection(BlockStore store, RandomSource random)
{
    /// <summary>An add that began today may refer to it tomorrow.</summary>
    public static TimeSpan DefaultHold { get; } = TimeSpan.FromHours(24);

    /// <summary>A pin that ended this long ago is forgotten; not at once, because its owner may be about to renew it.</summary>
    static readonly TimeSpan LongOver = TimeSpan.FromDays(1);

    public CollectionReport Run(VaultTag vault, TimeSpan hold, CancellationToken stop = default)
    {
        if (MendingNotes.PinsAreInDoubt(store.Meta)) return new CollectionReport(0, 0, 0, 0, 0, 0, PinsInDoubt: true);
        Marks marks = new(store.List(vault).LongCount(), random.NextUInt64());
        using Leases.Cycle cycle = store.Leases.StartCycle(vault, marks);
        DateTimeOffset now = store.Time.GetUtcNow();
        Reachability reach = new(store, vault);
        foreach (Reached reached in reach.WalkAll(now))
        {
            stop.ThrowIfCancellationRequested();
            marks.Add(reached.Id);
        }
        if (reach.Hidden > 0) return new CollectionReport(0, 0, 0, 0, 0, reach.Hidden, false);
        store.Meta.Flush(); // what is deleted below must not be needed again after a power cut: its pins are gone for good

        Sweep sweep = new(store, vault, cycle, reach, now, hold);
        foreach ((BlockId id, BlockInfo info) in store.List(vault))
        {
            stop.ThrowIfCancellationRequested();
            sweep.Consider(id, info);
        }
        sweep.Finish();
        return sweep.Report;
    }

    sealed class Sweep(BlockStore store, VaultTag vault, Leases.Cycle cycle, Reachability reach, DateTimeOffset now, TimeSpan hold)
    {
        readonly Batch notes = new(); // what changes in meta/: dates of condemnation, and what has run out
        readonly List<(BlockId Id, BlockInfo Info)> candidates = [];
        long needed, condemned, waiting, deleted, deletedBytes;

        public CollectionReport Report => new(needed, condemned, waiting, deleted, deletedBytes, reach.Hidden, false);

        public void Consider(BlockId id, BlockInfo info)
        {
            byte[] key = StoreKeys.MetaKey(vault, id);
            DateTimeOffset? since = store.Meta.Get(StoreKeys.Condemned, key) is { } value ? StoreKeys.TimeIn(value) : null;
            if (cycle.Marks.MayContain(id))
            {
                needed++;
                if (since != null) notes.Delete(StoreKeys.Condemned, key);
            }
            else if (since is null && hold > TimeSpan.Zero)
            {
                condemned++;
                notes.Put(StoreKeys.Condemned, key, StoreKeys.TimeValue(now));
            }
            else if (since is { } date && now - date < hold) waiting++;
            else candidates.Add((id, info));
            if (candidates.Count >= Limits.SweepSlice) Delete();
            if (notes.Changes.Count >= Limits.SweepSlice) WriteNotes();
        }

        public void Finish()
        {
            Delete();
            DeleteUnneededDamage();
            WriteNotes();
            DropPinsLongOver();
            ImportJournal.DropExpired(store, vault, now);
        }

        // One that its owner renews at this moment must not be taken for the old one, which has the same key.
        void DropPinsLongOver()
        {
            List<Pin> over = [.. store.Pins.Of(vault).Where(pin => pin.Until + LongOver <= now)];
            foreach (Pin[] slice in over.Chunk(Limits.SweepSlice))
                cycle.WhileNothingIsPinned(pinnedAnew =>
                {
                    foreach (Pin pin in slice)
                        if (!pinnedAnew(pin.Root)) Pins.Remove(notes, vault, pin.Root, pin.Reason, pin.Owner.Span);
                    WriteNotes();
                });
        }

        // A damaged block is in no listing: its bytes go when nothing reaches it, and when it is here whole again.
        void DeleteUnneededDamage()
        {
            Batch whole = new();
            foreach (DamagedBlock damaged in store.Quarantine.Of(vault))
            {
                bool here = store.Contains(vault, damaged.Id);
                if (!here && cycle.Marks.MayContain(damaged.Id)) continue;
                if (!here) candidates.Add((damaged.Id, default));
                else whole.Delete(StoreKeys.Blocks, StoreKeys.BlockKey(StoreKeys.AsideOf, vault, damaged.Id));
                notes.Delete(StoreKeys.Quarantine, StoreKeys.MetaKey(vault, damaged.Id));
            }
            if (whole.Changes.Count > 0) store.Blocks.Commit(whole, Durability.Synced);
            Delete();
        }

        void Delete()
        {
            if (candidates.Count == 0) return;
            do
            {
                while (cycle.TryTakeRoot(out (BlockId Id, bool Whole) root))
                    foreach (Reached reached in reach.Walk(root.Id, root.Whole)) cycle.Marks.Add(reached.Id);
            }
            while (reach.Hidden == 0 && !TryDeleteUnmarked());
            candidates.Clear();
        }

        bool TryDeleteUnmarked()
        {
            lock (store.Deleting) return cycle.TryUnderBarrier(DeleteUnmarked);
        }

        void DeleteUnmarked()
        {
            Batch gone = new();
            foreach ((BlockId id, BlockInfo info) in candidates)
            {
                if (cycle.Marks.MayContain(id))
                {
                    needed++;
                    continue;
                }
                gone.Delete(StoreKeys.Blocks, StoreKeys.BlockKey(StoreKeys.InfoOf, vault, id));
                gone.Delete(StoreKeys.Blocks, StoreKeys.BlockKey(StoreKeys.BytesOf, vault, id));
                if (info.Length == 0) gone.Delete(StoreKeys.Blocks, StoreKeys.BlockKey(StoreKeys.AsideOf, vault, id));
                notes.Delete(StoreKeys.Condemned, StoreKeys.MetaKey(vault, id));
                if (info.Length == 0) continue;
                deleted++;
                deletedBytes += info.Length;
            }
            store.Blocks.Commit(gone, Durability.Synced);
        }

        void WriteNotes()
        {
            store.Meta.Commit(notes, Durability.Synced);
            notes.Clear();
        }
    }
}
