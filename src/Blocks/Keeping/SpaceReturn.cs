using Vault.Primitives;
using Vault.Store;

namespace Vault.Blocks;

/// <summary>What giving space back did. Held: dead bytes in files that are mostly alive and were left alone.</summary>
public sealed record SpaceReport(int FilesRewritten, long BytesMoved, long BytesReturned, long BytesHeld);

/// <summary>
/// Gives the space of deleted blocks back to the file system: of segments (<see cref="SegmentReturn"/>), and of the database, where
/// small commits are. RocksDB deletes a blob file once nothing in it is alive; a file that is dead in large part is helped to that by storing what is alive in it once more, some files at a time, so that the
/// room this needs is that of one slice. Ended at any point, nothing is lost: a file goes only after its live blocks are durable
/// elsewhere.
/// </summary>
public sealed class SpaceReturn(BlockStore store, string blocksFolder)
{
    /// <summary>A file with a smaller part of dead bytes isn't worth moving the rest.</summary>
    internal const double WorthRewriting = 0.2;

    /// <summary>Live bytes moved before their old files go.</summary>
    internal const long Slice = 256L << 20;

    long unflushed;

    /// <param name="bytesPerSecond">How fast live blocks may be moved; 0: as fast as the disk goes.</param>
    public async Task<SpaceReport> RunAsync(long bytesPerSecond = 0, CancellationToken stop = default)
    {
        long before = BytesOnDisk();
        SegmentReturn? segments = store is { Segments: { } files, Appending: { } bulk } ? new SegmentReturn(store, files, bulk) : null;
        if (segments != null) await segments.RunAsync((began, bytes) => PaceAsync(began, bytes, bytesPerSecond, stop), stop);
        await FlushAsync(); // what was deleted a moment ago counts too
        int rewritten = segments?.Rewritten ?? 0;
        long moved = segments?.Moved ?? 0, held = segments?.Held ?? 0, sliceMoved = 0;
        bool anyDead = false;
        Newer newer = new(store.Vaults().Sum(vault => store.List(vault).LongCount()), seed: (ulong)before);
        foreach (string file in BlobFiles())
        {
            stop.ThrowIfCancellationRequested();
            (List<BlockPlace> here, long live, long dead) = Measure(file, newer);
            if (dead == 0) continue;
            anyDead = true;
            if (dead < WorthRewriting * (live + dead))
            {
                held += dead;
                continue;
            }
            if (live == 0) continue; // it goes by itself
            long began = store.Time.GetTimestamp();
            long bytes = await RewriteAsync(here);
            rewritten++;
            moved += bytes;
            sliceMoved += bytes;
            await PaceAsync(began, bytes, bytesPerSecond, stop);
            if (sliceMoved < Slice) continue;
            await LetGoAsync();
            sliceMoved = 0;
        }
        if (anyDead) await LetGoAsync();
        return new SpaceReport(rewritten, moved, Math.Max(0, before - BytesOnDisk()), held);
    }

    string[] BlobFiles()
    {
        string[] files = Directory.GetFiles(blocksFolder, "*.blob");
        Array.Sort(files, static (a, b) => a.Length != b.Length ? b.Length.CompareTo(a.Length) : StringComparer.Ordinal.Compare(b, a)); // by number, the highest first
        return files;
    }

    long BytesOnDisk() => (store.Segments?.BytesOnDisk() ?? 0) + new DirectoryInfo(blocksFolder).EnumerateFiles().Sum(file =>
    {
        file.Refresh();
        return file.Exists ? file.Length : 0;
    });

    (List<BlockPlace> Here, long Live, long Dead) Measure(string file, Newer newer)
    {
        List<BlockPlace> here = [];
        long live = 0, dead = 0;
        foreach ((BlockPlace place, int length) in Records(file))
        {
            if (IsInDatabase(place) && !newer.Holds(place))
            {
                live += length;
                here.Add(place);
            }
            else dead += length;
        }
        foreach (BlockPlace place in here) newer.Add(place);
        return (here, live, dead);
    }

    bool IsInDatabase(BlockPlace place) => store.Info(place.Vault, place.Id) is { Place: null };

    // Into the database again: what came in a small commit is no load there.
    async Task<long> RewriteAsync(List<BlockPlace> here)
    {
        long moved = 0;
        foreach (BlockPlace place in here)
        {
            using StoredBlock? block = store.Read(place.Vault, place.Id);
            if (block is null) continue;
            Batch again = new Batch().Put(StoreKeys.Blocks, StoreKeys.BlockKey(StoreKeys.BytesOf, place.Vault, place.Id), block.Bytes.ToArray());
            store.Leases.WhileNothingIsDeleted(() =>
            {
                if (!IsInDatabase(place)) return; // deleted meanwhile: bytes without an index would stay for ever
                store.Blocks.Commit(again, Durability.Unlogged);
                moved += again.Bytes;
            });
            unflushed += again.Bytes;
            if (unflushed >= Limits.UnflushedBytes) await FlushAsync();
        }
        return moved;
    }

    async Task FlushAsync()
    {
        unflushed = 0;
        await Task.Factory.StartNew(store.Blocks.Flush, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    async Task LetGoAsync()
    {
        await FlushAsync();
        (byte[] from, byte[] to) = StoreKeys.Under(StoreKeys.BytesOf);
        await Task.Factory.StartNew(() => store.Blocks.Compact(StoreKeys.Blocks, from, to), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    async Task PaceAsync(long began, long bytes, long bytesPerSecond, CancellationToken stop)
    {
        if (bytesPerSecond <= 0) return;
        TimeSpan rest = TimeSpan.FromSeconds((double)bytes / bytesPerSecond) - store.Time.GetElapsedTime(began);
        if (rest > TimeSpan.Zero) await Task.Delay(rest, store.Time, stop);
    }

    /// <summary>
    /// The blocks of the files looked at so far, newest first: an older file's copy of one of them is dead. An error would keep a
    /// file for this time, so there are two filters: one block in a million, at four bytes each.
    /// </summary>
    sealed class Newer(long blocks, ulong seed)
    {
        readonly Marks one = new(blocks, seed), other = new(blocks, ~seed);

        public void Add(BlockPlace place)
        {
            one.Add(place.Id);
            other.Add(place.Id);
        }

        public bool Holds(BlockPlace place) => one.MayContain(place.Id) && other.MayContain(place.Id);
    }

    static IEnumerable<(BlockPlace Place, int Length)> Records(string file)
    {
        using FileStream? stream = OpenUnlessGone(file);
        if (stream is null) yield break;
        foreach (BlobRecord record in new BlobFile(stream, Limits.MaxBlock).Keys())
            if (BlockPlace.TryRead(record.Key, out BlockPlace place)) yield return (place, record.ValueLength);
    }

    // RocksDB deletes a file that holds nothing alive when it likes, also between our listing and our looking.
    static FileStream? OpenUnlessGone(string file)
    {
        try
        {
            return new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
