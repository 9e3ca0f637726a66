using Vault.Identity;
using Vault.Store;

namespace Vault.Blocks;

/// <summary>
/// Takes into the index what lies in segments behind the point up to which they are indexed. After an ordinary end that is
/// nothing; after a crash, the last megabytes; with a new index, everything. Every block proves itself by its id, so bytes that a
/// power cut left in pieces are no danger, and one that nobody refers to is collected in its time.
/// </summary>
static class SegmentIndexing
{
    const int BatchBlocks = 1000;

    /// <param name="Blocks">Whole blocks that the index didn't have.</param>
    /// <param name="Damaged">Records whose bytes weren't whole.</param>
    internal readonly record struct Report(long Blocks, long Bytes, long Damaged);

    internal static Report Run(SegmentFiles files, IDatabase database, Action<long>? progress = null)
    {
        Report report = default;
        foreach (uint segment in files.Numbers().ToList())
        {
            long end = database.Get(StoreKeys.Blocks, StoreKeys.SegmentKey(segment)) is { } value ? StoreKeys.LengthIn(value) : 0, size = files.SizeOf(segment);
            if (size <= end || size <= SegmentRecord.FileHeader.Length) continue;
            report = Take(files, segment, end, size, database, report, progress);
        }
        return report;
    }

    static Report Take(SegmentFiles files, uint segment, long from, long size, IDatabase database, Report report, Action<long>? progress)
    {
        files.Sync(segment); // the last process may have ended before it did
        Batch batch = new();
        HashSet<BlockPlace> inBatch = [];
        foreach (SegmentScan.Found found in files.Records(segment, from))
        {
            byte[] key = StoreKeys.BlockKey(StoreKeys.InfoOf, found.Place.Vault, found.Place.Id);
            if (found.Block is not { } block) report = report with { Damaged = report.Damaged + 1 };
            else if (database.Get(StoreKeys.Blocks, key) is null && inBatch.Add(found.Place))
            {
                batch.Put(StoreKeys.Blocks, key, new BlockInfo(found.Length, block.Header.Level, found.At).Encode());
                report = report with { Blocks = report.Blocks + 1, Bytes = report.Bytes + found.Length };
                progress?.Invoke(report.Bytes);
            }
            if (inBatch.Count < BatchBlocks) continue;
            database.Commit(batch, Durability.Synced);
            batch.Clear();
            inBatch.Clear();
        }
        database.Commit(batch.Put(StoreKeys.Blocks, StoreKeys.SegmentKey(segment), StoreKeys.LengthValue(size)), Durability.Synced);
        return report;
    }
}
