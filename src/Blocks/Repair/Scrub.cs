using Vault.Identity;
using Vault.Primitives;

namespace Vault.Blocks;

/// <summary>What a look at every block found. Damaged and missing blocks are listed by the store.</summary>
/// <param name="Damaged">Blocks that were found damaged now.</param>
/// <param name="Restored">Blocks in quarantine whose bytes turned out to be whole.</param>
public sealed record ScrubReport(long Blocks, long Bytes, long Damaged, long Restored);

/// <summary>
/// Reads every block of a vault and compares it with its name: disks forget without saying so. What is damaged is set aside,
/// so that it counts as missing and can be fetched again.
/// </summary>
public sealed class Scrub(BlockStore store)
{
    /// <param name="bytesPerSecond">How fast to read; 0: as fast as the disk and all cores go.</param>
    /// <param name="progress">Called with the bytes read so far, from several threads.</param>
    public async Task<ScrubReport> RunAsync(VaultTag vault, long bytesPerSecond = 0, Action<long>? progress = null, CancellationToken stop = default)
    {
        long blocks = 0, bytes = 0, damaged = 0, began = store.Time.GetTimestamp();
        long restored = store.Damaged(vault).ToList().LongCount(block => store.TryRestore(vault, block.Id));
        ParallelOptions options = new() { CancellationToken = stop, MaxDegreeOfParallelism = bytesPerSecond > 0 ? 1 : Environment.ProcessorCount };
        await Parallel.ForEachAsync(store.List(vault), options, async (entry, _) =>
        {
            using (StoredBlock? block = store.Read(vault, entry.Id))
                if (block is null && store.Quarantine.Find(vault, entry.Id) != null) Interlocked.Increment(ref damaged);
            Interlocked.Increment(ref blocks);
            long read = Interlocked.Add(ref bytes, entry.Info.Length);
            progress?.Invoke(read);
            if (bytesPerSecond <= 0) return;
            TimeSpan rest = TimeSpan.FromSeconds((double)read / bytesPerSecond) - store.Time.GetElapsedTime(began);
            if (rest > TimeSpan.Zero) await Task.Delay(rest, store.Time, stop);
        });
        return new ScrubReport(blocks, bytes, damaged, restored);
    }
}
