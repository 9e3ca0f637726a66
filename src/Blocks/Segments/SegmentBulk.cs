using Microsoft.Win32.SafeHandles;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Blocks;

/// <summary>
/// Appends blocks to segments. A flush syncs the segments that were written to: from then on the blocks survive a power cut,
/// because whoever opens the store next finds in the segments what the index doesn't name yet. Into the index they come many at a time,
/// which costs a fraction of doing it for each flush; until then the places are known here, and who lists the index has it
/// completed first. A segment that refused a write or a sync is never written to again, and what of it wasn't synced by then counts for nothing.
/// </summary>
/// <param name="mostUnindexed">So many blocks may be missing in the index.</param>
sealed class SegmentBulk(SegmentFiles files, IDatabase database, int mostUnindexed = 16_384) : IBulk, IDisposable
{
    /// <summary>What the return of space must have room for, and a number of files that any file system lists quickly: four thousand for a terabyte.</summary>
    const long LargestSegment = 256L << 20;

    /// <summary>Small blocks that share a write.</summary>
    const int RunBytes = 256 << 10;

    /// <summary>So many bytes of blocks may be missing in the index: what the next opening after a crash reads again.</summary>
    const long MostUnindexedBytes = 64L << 20;

    readonly Lock gate = new(), flushing = new();
    readonly Dictionary<BlockPlace, Written> pending = []; // all that the index doesn't have
    List<(BlockPlace Place, Written Written)> unsynced = [];
    readonly List<(BlockPlace Place, Written Written)> unindexed = []; // synced; touched only while flushing
    long unindexedBytes;
    readonly HashSet<Segment> living = []; // appended to, or not synced yet
    Segment? current;
    volatile bool any; // something is pending

    /// <param name="Run">Where the records that were written with it begin.</param>
    readonly record struct Written(BlockInfo Info, Segment Segment, long Run);

    sealed class Segment(uint number, SafeFileHandle handle)
    {
        public uint Number => number;
        public SafeFileHandle Handle => handle;
        public long Length { get; set; } = SegmentRecord.FileHeader.Length;
        public int Writers { get; set; }
        public bool Dirty { get; set; }
        public bool Flushing { get; set; }
        public bool Refused { get; set; }

        /// <summary>Where runs begin that aren't in the index.</summary>
        public SortedSet<long> Outstanding { get; } = [];

        /// <summary>Up to where everything is in the index when these runs are too.</summary>
        public long IndexedEndWith(SortedSet<long> runs)
        {
            foreach (long run in Outstanding)
                if (!runs.Contains(run)) return run;
            return Length;
        }
    }

    public void Write(VaultTag vault, IReadOnlyList<NewBlock> blocks)
    {
        long total = blocks.Sum(block => (long)SegmentRecord.HeaderSize + block.Bytes.Length);
        try
        {
            (Segment segment, long at) = Reserve(total);
            BlockInfo[] infos = Place(blocks, segment.Number, at);
            try
            {
                if (blocks.Count == 1) WriteOne(segment.Handle, at, vault, blocks[0]);
                else WriteRun(segment.Handle, at, vault, blocks);
            }
            catch
            {
                lock (gate)
                {
                    Refuse(segment);
                    Leave(segment);
                }
                throw;
            }
            lock (gate)
            {
                bool refused = segment.Refused;
                if (!refused) Note(vault, blocks, infos, segment, at);
                Leave(segment); // after that: what is dirty stays open
                if (refused) throw new IOException("the segment refused another write");
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"writing blocks to {files.FullPath} failed: {fault.Message}", "free some space or check the disk, then add the files again", fault);
        }
    }

    public void Flush()
    {
        lock (flushing)
        {
            List<(BlockPlace Place, Written Written)> taken;
            Segment[] dirty;
            lock (gate)
            {
                (taken, unsynced) = (unsynced, []);
                dirty = [.. living.Where(segment => segment.Dirty)];
                foreach (Segment segment in dirty) (segment.Dirty, segment.Flushing) = (false, true);
            }
            try
            {
                foreach (Segment segment in dirty) RandomAccess.FlushToDisk(segment.Handle);
            }
            catch (Exception fault)
            {
                Settle(dirty, taken, refused: true);
                if (fault is IOException) throw new StoreException($"syncing {files.FullPath} failed: {fault.Message}", "free some space or check the disk, then add the files again", fault);
                throw;
            }
            Settle(dirty, taken, refused: false);
            if (unindexed.Count >= mostUnindexed || unindexedBytes >= MostUnindexedBytes) IndexAll();
        }
    }

    public void Index()
    {
        if (!any) return;
        lock (flushing) IndexAll();
    }

    // What fails here is tried again at the next call: nothing is lost by it.
    void IndexAll()
    {
        if (unindexed.Count == 0) return;
        Batch batch = IndexOf(unindexed);
        Dictionary<Segment, SortedSet<long>> runs = [];
        foreach ((_, Written written) in unindexed)
        {
            if (!runs.TryGetValue(written.Segment, out SortedSet<long>? of)) runs.Add(written.Segment, of = []);
            of.Add(written.Run);
        }
        lock (gate)
            foreach ((Segment segment, SortedSet<long> done) in runs) batch.Put(StoreKeys.Blocks, StoreKeys.SegmentKey(segment.Number), StoreKeys.LengthValue(segment.IndexedEndWith(done)));
        database.Commit(batch, Durability.Synced);
        lock (gate)
        {
            foreach ((Segment segment, SortedSet<long> done) in runs) segment.Outstanding.ExceptWith(done);
            Drop(unindexed);
        }
        unindexed.Clear();
        unindexedBytes = 0;
    }

    void Note(VaultTag vault, IReadOnlyList<NewBlock> blocks, BlockInfo[] infos, Segment segment, long run)
    {
        segment.Dirty = true;
        for (int i = 0; i < infos.Length; i++)
        {
            (BlockPlace Place, Written Written) one = (new BlockPlace(vault, blocks[i].Id), new Written(infos[i], segment, run));
            unsynced.Add(one);
            pending.TryAdd(one.Place, one.Written); // one that two have written stays known by the first: that may be durable already
        }
        any = true;
    }

    void Leave(Segment segment)
    {
        segment.Writers--;
        if (segment != current) CloseWhatIsDone();
    }

    void Settle(Segment[] dirty, List<(BlockPlace Place, Written Written)> taken, bool refused)
    {
        lock (gate)
        {
            if (refused) Drop(taken);
            else
            {
                unindexed.AddRange(taken);
                unindexedBytes += taken.Sum(one => (long)one.Written.Info.Length);
                foreach ((BlockPlace place, Written written) in taken) pending.TryAdd(place, written); // a write that was refused meanwhile didn't undo these
                any = pending.Count > 0;
            }
            foreach (Segment segment in dirty) segment.Flushing = false;
            if (refused) foreach (Segment segment in dirty) Refuse(segment);
            CloseWhatIsDone();
        }
    }

    public BlockInfo? Find(VaultTag vault, BlockId id)
    {
        if (!any) return null;
        lock (gate) return pending.TryGetValue(new BlockPlace(vault, id), out Written written) ? written.Info : null;
    }

    public void Forget(VaultTag vault, Action parting)
    {
        lock (flushing)
        {
            lock (gate)
            {
                foreach (BlockPlace place in pending.Keys.Where(place => place.Vault == vault).ToList()) pending.Remove(place);
                any = pending.Count > 0;
                foreach ((_, Written written) in unsynced.Concat(unindexed).Where(one => one.Place.Vault == vault)) written.Segment.Outstanding.Remove(written.Run); // nobody shall look for them there
                unsynced.RemoveAll(one => one.Place.Vault == vault);
                unindexedBytes -= unindexed.Sum(one => one.Place.Vault == vault ? one.Written.Info.Length : 0L);
                unindexed.RemoveAll(one => one.Place.Vault == vault);
            }
            parting();
        }
    }

    /// <summary>The segments that nobody appends to any more and of which everything is in the index that ever will be.</summary>
    public IReadOnlyList<uint> Finished()
    {
        lock (flushing)
        {
            IndexAll();
            lock (gate)
            {
                HashSet<uint> busy = [.. living.Select(segment => segment.Number)];
                return [.. files.Numbers().Where(number => !busy.Contains(number))];
            }
        }
    }

    /// <summary>What comes from now on goes into another file, so that those there are don't change.</summary>
    public void BeginAnother()
    {
        lock (gate) current = null;
    }

    // Another file is begun under the lock: it takes a sync, once in many megabytes.
    (Segment Segment, long At) Reserve(long bytes)
    {
        lock (gate)
        {
            if (current is null || current.Length + bytes > LargestSegment)
            {
                (uint number, SafeFileHandle handle) = files.Create();
                current = new Segment(number, handle);
                living.Add(current);
            }
            long at = current.Length;
            current.Length += bytes;
            current.Writers++;
            current.Outstanding.Add(at);
            return (current, at);
        }
    }

    static BlockInfo[] Place(IReadOnlyList<NewBlock> blocks, uint segment, long at)
    {
        BlockInfo[] infos = new BlockInfo[blocks.Count];
        for (int i = 0; i < infos.Length; i++)
        {
            at += SegmentRecord.HeaderSize;
            infos[i] = new BlockInfo(blocks[i].Bytes.Length, blocks[i].Header.Level, new SegmentPlace(segment, (uint)at));
            at += blocks[i].Bytes.Length;
        }
        return infos;
    }

    // A large block goes to the file from where it lies.
    static void WriteOne(SafeFileHandle handle, long at, VaultTag vault, NewBlock block)
    {
        byte[] header = new byte[SegmentRecord.HeaderSize];
        SegmentRecord.WriteHeader(header, new BlockPlace(vault, block.Id), block.Bytes.Length);
        RandomAccess.Write(handle, [header, block.Bytes], at);
    }

    // Small ones side by side in one piece of memory, so that many are one write.
    void WriteRun(SafeFileHandle handle, long at, VaultTag vault, IReadOnlyList<NewBlock> blocks)
    {
        byte[] run = files.Buffers.Rent(RunBytes);
        int filled = 0;
        void Spill()
        {
            if (filled > 0) RandomAccess.Write(handle, run.AsSpan(0, filled), at);
            at += filled;
            filled = 0;
        }
        foreach (NewBlock block in blocks)
        {
            int size = SegmentRecord.HeaderSize + block.Bytes.Length;
            if (filled + size > run.Length) Spill();
            if (size > run.Length)
            {
                WriteOne(handle, at, vault, block);
                at += size;
                continue;
            }
            SegmentRecord.WriteHeader(run.AsSpan(filled), new BlockPlace(vault, block.Id), block.Bytes.Length);
            block.Bytes.Span.CopyTo(run.AsSpan(filled + SegmentRecord.HeaderSize));
            filled += size;
        }
        Spill();
        files.Buffers.Return(run);
    }

    // In the order of their keys: the database inserts a key next to the last one in a fraction of the time that a random place takes.
    static Batch IndexOf(List<(BlockPlace Place, Written Written)> blocks)
    {
        BlockId[] ids = [.. blocks.Select(block => block.Place.Id)];
        int[] order = [.. Enumerable.Range(0, ids.Length)]; // small things to move about
        Array.Sort(ids, order);
        Batch batch = new();
        Memory<byte> free = new byte[ids.Length * (StoreKeys.BlockKeySize + BlockInfo.Longest)]; // one piece of memory for all of them
        foreach (int next in order)
        {
            (BlockPlace place, Written written) = blocks[next];
            Memory<byte> key = free[..StoreKeys.BlockKeySize];
            Memory<byte> value = free.Slice(key.Length, written.Info.EncodedLength);
            free = free[(key.Length + value.Length)..];
            StoreKeys.WriteBlockKey(key.Span, StoreKeys.InfoOf, place.Vault, place.Id);
            written.Info.Encode(value.Span);
            batch.Put(StoreKeys.Blocks, key, value);
        }
        return batch;
    }

    void Refuse(Segment segment)
    {
        segment.Refused = true;
        if (current == segment) current = null;
        Drop(unsynced.Where(one => one.Written.Segment == segment));
        unsynced.RemoveAll(one => one.Written.Segment == segment);
    }

    // One that is known by another place stays.
    void Drop(IEnumerable<(BlockPlace Place, Written Written)> some)
    {
        foreach ((BlockPlace place, Written written) in some)
            if (pending.TryGetValue(place, out Written now) && now == written) pending.Remove(place);
        any = pending.Count > 0;
    }

    void CloseWhatIsDone()
    {
        foreach (Segment segment in living.Where(segment => segment is { Writers: 0, Flushing: false } && segment != current && (segment.Refused || !segment.Dirty)).ToList())
        {
            living.Remove(segment);
            segment.Handle.Dispose();
        }
    }

    public void Dispose()
    {
        try
        {
            Index();
        }
        catch (VaultException)
        {
            // The next opening does it.
        }
        lock (gate)
        {
            foreach (Segment segment in living) segment.Handle.Dispose();
            living.Clear();
        }
    }
}
