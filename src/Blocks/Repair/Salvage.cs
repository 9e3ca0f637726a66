using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Blocks;

/// <summary>What was saved of a block database that would not open.</summary>
/// <param name="Aside">Where the damaged one is now; nothing in it was changed.</param>
/// <param name="Damaged">Records of segments and blob files whose content was not whole.</param>
/// <param name="Lost">Blocks that the old index names and that are nowhere whole; null when the index couldn't be read either.</param>
public sealed record SalvageReport(string Aside, long Salvaged, long SalvagedBytes, long Damaged, long? Lost);

/// <summary>
/// Builds a new block database from the remains of one that refuses to open. Every block proves itself by its name, so whole
/// blocks are taken wherever they lie: in segments, which stay where they are and are only indexed anew, in blob files, read by our
/// own reader, and among the keys, which RocksDB's repair rescues from a copy. Blocks that had been deleted may come back; a collection deals with them.
/// </summary>
public static class Salvage
{
    const long BatchBytes = 4 << 20;

    /// <summary>
    /// Fills a new database beside the one at <paramref name="options"/>, lets it take the place and moves the damaged one aside.
    /// Interrupted, it has changed nothing. The caller opens the new one then.
    /// </summary>
    /// <param name="lost">Called for each block that the old index names and that can't be found.</param>
    public static SalvageReport Run(DatabaseOptions options, SegmentFiles segments, TimeProvider time, Action<VaultTag, BlockId, BlockInfo>? lost = null, Action<long>? progress = null)
    {
        DatabaseOptions successor = options with { Path = Repair.FolderToRebuildIn(options.Path) };
        Filling filling;
        SegmentIndexing.Report indexed;
        long? missing;
        using (RocksDatabase fresh = RocksDatabase.Open(successor))
        {
            StoreDatabases.BlocksSchema.Apply(fresh, time);
            indexed = SegmentIndexing.Run(segments, fresh, progress);
            filling = new Filling(fresh, progress);
            foreach (string file in Directory.GetFiles(options.Path, "*.blob")) filling.TakeBlobFile(file);
            filling.Flush();
            missing = TakeFromIndex(options, filling, lost);
            filling.Flush();
        }
        return new SalvageReport(Repair.Replace(options.Path, time), filling.Salvaged + indexed.Blocks, filling.SalvagedBytes + indexed.Bytes, filling.Damaged + indexed.Damaged, missing);
    }

    static long? TakeFromIndex(DatabaseOptions options, Filling filling, Action<VaultTag, BlockId, BlockInfo>? lost)
    {
        string copy = options.Path + ".rescue";
        if (Directory.Exists(copy)) Directory.Delete(copy, recursive: true);
        try
        {
            Repair.CopyWithoutBlobs(options.Path, copy);
            using RocksDatabase old = RocksDatabase.Open(options with { Path = copy, Blobs = null });
            return filling.TakeIndexed(old, lost);
        }
        catch (VaultException)
        {
            return null; // the index is beyond repair; the blob files have given what they have
        }
        finally
        {
            if (Directory.Exists(copy)) Directory.Delete(copy, recursive: true);
        }
    }

    /// <summary>The new database as it fills.</summary>
    sealed class Filling(RocksDatabase fresh, Action<long>? progress)
    {
        readonly Batch batch = new();
        readonly HashSet<BlockPlace> inBatch = [];

        public long Salvaged { get; private set; }
        public long SalvagedBytes { get; private set; }
        public long Damaged { get; private set; }

        public void TakeBlobFile(string path)
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            BlobFile file = new(stream, Limits.MaxBlock);
            foreach (BlobRecord record in file.Records())
            {
                if (!BlockPlace.TryRead(record.Key, out BlockPlace place)) continue;
                if (record.Whole != true || !TryTake(place, file.Value.ToArray())) Damaged++;
            }
        }

        public long TakeIndexed(RocksDatabase old, Action<VaultTag, BlockId, BlockInfo>? lost)
        {
            long missing = 0;
            (byte[] from, byte[] to) = StoreKeys.Under(StoreKeys.InfoOf);
            using ICursor cursor = old.Range(StoreKeys.Blocks, from, to);
            while (cursor.MoveNext())
            {
                byte[] key = cursor.Key.ToArray();
                if (BlockInfo.Decode(cursor.Value) is not { } info || key.Length != StoreKeys.BlockKeySize) continue;
                if (fresh.Get(StoreKeys.Blocks, key) != null) continue;
                key[0] = StoreKeys.BytesOf;
                BlockPlace.TryRead(key, out BlockPlace place);
                if (Value(old, key) is { } bytes && TryTake(place, bytes)) continue;
                missing++;
                lost?.Invoke(place.Vault, place.Id, info);
            }
            return missing;
        }

        public void Flush()
        {
            Commit();
            fresh.Flush();
        }

        // A value that was in a blob file can't be read here; a value in a damaged table neither.
        static byte[]? Value(RocksDatabase old, byte[] key)
        {
            try
            {
                return old.Get(StoreKeys.Blocks, key);
            }
            catch (VaultException)
            {
                return null;
            }
        }

        bool TryTake(BlockPlace place, byte[] bytes)
        {
            if (!Block.TryParse(bytes, place.Id, out Block block)) return false;
            if (fresh.Get(StoreKeys.Blocks, StoreKeys.BlockKey(StoreKeys.InfoOf, place.Vault, place.Id)) != null || !inBatch.Add(place)) return true;
            batch.Put(StoreKeys.Blocks, StoreKeys.BlockKey(StoreKeys.BytesOf, place.Vault, block.Id), bytes);
            batch.Put(StoreKeys.Blocks, StoreKeys.BlockKey(StoreKeys.InfoOf, place.Vault, block.Id), new BlockInfo(bytes.Length, block.Header.Level).Encode());
            Salvaged++;
            SalvagedBytes += bytes.Length;
            progress?.Invoke(SalvagedBytes);
            if (batch.Bytes >= BatchBytes) Commit();
            return true;
        }

        void Commit()
        {
            fresh.Commit(batch, Durability.Unlogged);
            batch.Clear();
            inBatch.Clear();
        }
    }
}
