using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Blocks;

/// <summary>
/// Gives the space of deleted blocks in segments back. What the index doesn't name is dead. A segment in which nothing is alive is
/// deleted; one that is dead in large part after its live blocks have been appended elsewhere and the index says so durably.
/// A segment with a block that was set aside stays: perhaps it turns out to be whole.
/// </summary>
sealed class SegmentReturn(BlockStore store, SegmentFiles files, SegmentBulk bulk)
{
    public int Rewritten { get; private set; }
    public long Moved { get; private set; }
    public long Held { get; private set; }

    /// <param name="pace">Awaited after each slice that was moved: when it began, and its bytes.</param>
    public async Task RunAsync(Func<long, long, Task> pace, CancellationToken stop)
    {
        bulk.BeginAnother();
        await store.Flushes.FlushAsync();
        IReadOnlyList<uint> finished = bulk.Finished(); // before the index is looked at: what they have is in it
        Use use = Measure();
        List<uint> slice = [];
        long sliceLive = 0;
        foreach (uint segment in finished)
        {
            stop.ThrowIfCancellationRequested();
            long size = files.SizeOf(segment), live = use.Live.GetValueOrDefault(segment), dead = size - live;
            if (live == 0 && !use.Aside.Contains(segment)) Delete(segment);
            else if (use.Aside.Contains(segment) || dead < SpaceReturn.WorthRewriting * size) Held += dead;
            else
            {
                slice.Add(segment);
                sliceLive += live;
            }
            if (sliceLive < SpaceReturn.Slice) continue;
            await MoveAsync(slice, pace, stop);
            slice.Clear();
            sliceLive = 0;
        }
        if (slice.Count > 0) await MoveAsync(slice, pace, stop);
    }

    /// <param name="Live">Bytes that the index names, with their headers, by segment.</param>
    /// <param name="Aside">Segments in which a block was set aside.</param>
    sealed record Use(Dictionary<uint, long> Live, HashSet<uint> Aside);

    Use Measure()
    {
        Use use = new([], []);
        using ISnapshot view = store.Blocks.Snapshot();
        foreach (SegmentPlace place in PlacesUnder(StoreKeys.AsideOf, view).Select(one => one.Place)) use.Aside.Add(place.Segment);
        foreach ((SegmentPlace place, int length) in PlacesUnder(StoreKeys.InfoOf, view))
            use.Live[place.Segment] = use.Live.GetValueOrDefault(place.Segment) + SegmentRecord.HeaderSize + length;
        return use;
    }

    IEnumerable<(SegmentPlace Place, int Length)> PlacesUnder(byte kind, ISnapshot view)
    {
        (byte[] from, byte[] to) = StoreKeys.Under(kind);
        using ICursor cursor = store.Blocks.Range(StoreKeys.Blocks, from, to, view);
        while (cursor.MoveNext())
            if (BlockInfo.Decode(cursor.Value) is { Place: { } place } info) yield return (place, info.Length);
    }

    async Task MoveAsync(List<uint> segments, Func<long, long, Task> pace, CancellationToken stop)
    {
        HashSet<uint> old = [.. segments];
        long began = store.Time.GetTimestamp(), moved = 0;
        foreach (VaultTag vault in store.Vaults().ToList())
        {
            using Leases.Lease lease = store.Leases.Begin(vault); // until the index names the new place nobody deletes the block
            foreach ((BlockId id, BlockInfo listed) in store.List(vault))
            {
                if (listed.Place is not { } place || !old.Contains(place.Segment)) continue;
                stop.ThrowIfCancellationRequested();
                lease.Touch(id, static _ => true);
                if (store.Info(vault, id)?.Place != place) continue; // deleted, or stored anew elsewhere
                using StoredBlock? block = store.Read(vault, id);
                if (block is null) continue;
                await store.Flushes.WriteAsync(vault, [new NewBlock(id, block.Header, block.Bytes.ToArray())]);
                moved += block.Bytes.Length;
            }
            await store.Flushes.FlushAsync();
            bulk.Index(); // while they are leased
        }
        Use use = Measure(); // and not what we think we have moved
        foreach (uint segment in segments)
            if (!use.Live.ContainsKey(segment) && !use.Aside.Contains(segment)) Delete(segment);
        Rewritten += segments.Count;
        Moved += moved;
        await pace(began, moved);
    }

    // A backup links what is there between two of these. The note goes last: one without a file does no harm.
    void Delete(uint segment)
    {
        lock (store.Deleting)
        {
            files.Delete(segment);
            store.Blocks.Commit(new Batch().Delete(StoreKeys.Blocks, StoreKeys.SegmentKey(segment)), Durability.Logged);
        }
    }
}
