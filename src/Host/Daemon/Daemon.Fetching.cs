using System.Diagnostics;
using Vault.Blocks;
using Vault.Catalog;
using Vault.Identity;
using Vault.Primitives;
using Vault.Swarm;

namespace Vault.Host;

// What somebody waits for: content that isn't here, because the vault is kept on demand or because it hasn't come yet.
sealed partial class Daemon
{
    /// <summary>Trees that are asked for at once: so many small files become durable together. And those held in memory, of what may be millions.</summary>
    const int BroughtAtOnce = 64, BroughtTogether = 4096;

    /// <summary>Who has just started meets others within this time; nobody waits longer to hear that nobody is there.</summary>
    static readonly TimeSpan MeetingPatience = TimeSpan.FromSeconds(5), ToldEvery = TimeSpan.FromMilliseconds(200);

    /// <summary>Content comes as others have it, or when it is asked for, from now on.</summary>
    public void UsePolicy(VaultId vault, bool onDemand)
    {
        if (Parts().FirstOrDefault(part => part.Entry.Vault == vault) is not { } part || swarm.FetchOf(vault) is not { } fetch) return;
        part.Awaited.AddAll(); // what came while it was on demand may be whole by chance
        fetch.OnDemand = onDemand;
    }

    /// <summary>Whether a file's content may be missing here, so that it is worth while to look.</summary>
    public bool MayLack(VaultId vault, VaultCatalog catalog, BlockId root) => swarm.FetchOf(vault) is { } fetch && (fetch.OnDemand || fetch.Shares || !fetch.IsComplete || catalog.IsFreed(root));

    /// <summary>Brings these files here before everything else. What nobody who is there has is left out; whoever reads it is told.</summary>
    public async Task BringAsync(VaultId vault, IEnumerable<FileRef> files, IProgress<TransferProgress>? progress, CancellationToken stop)
    {
        if (swarm.FetchOf(vault) is not { } fetch) return;
        files = files.Where(file => !home.Store.IsWhole(vault.Tag, file.Root));
        long count = 0, total = 0;
        foreach (FileRef file in files) (count, total) = (count + 1, total + file.Size);
        if (count == 0 || !await MeetAsync(fetch, stop)) return;
        using Activity? traced = Traces.Source.StartActivity("files.bring");
        traced?.SetTag("vault.id", vault.ToString()).SetTag("files", count);
        long begun = fetch.Progress.Received, done = 0;
        await using ITimer telling = home.Time.CreateTimer(_ => Tell(), null, ToldEvery, ToldEvery);
        foreach (FileRef[] together in files.Chunk(BroughtTogether))
            try
            {
                await Parallel.ForEachAsync(together, new ParallelOptions { MaxDegreeOfParallelism = BroughtAtOnce, CancellationToken = stop }, async (file, cancel) =>
                {
                    if (await fetch.FetchAsync(file.Root, cancel)) Interlocked.Increment(ref done);
                });
            }
            finally
            {
                Whole(vault, together.Select(file => file.Root)); // also those that came before somebody lost patience
            }

        void Tell() => progress?.Report(new TransferProgress(Interlocked.Read(ref done), Math.Min(total, fetch.Progress.Received - begun), count, total));
    }

    /// <summary>One file's content, of which what isn't here is fetched when the reader comes to it.</summary>
    public Stream Read(VaultId vault, FileRef file) => swarm.FetchOf(vault) is { } fetch
        ? new FetchedFile(new FileReader(home.Store, vault.Tag, file), async (blocks, stop) => await MeetAsync(fetch, stop) && await fetch.FetchAsync(blocks, stop), () => Whole(vault, [file.Root]))
        : new FileReader(home.Store, vault.Tag, file);

    async Task<bool> MeetAsync(BlockFetch fetch, CancellationToken stop)
    {
        for (long began = home.Time.GetTimestamp(); fetch.Progress.Sources == 0;)
        {
            if (home.Time.GetElapsedTime(began) >= MeetingPatience) return false;
            await Task.Delay(TimeSpan.FromMilliseconds(50), home.Time, stop);
        }
        return true;
    }

    /// <summary>What has become whole is kept as any other file.</summary>
    void Whole(VaultId vault, IEnumerable<BlockId> roots)
    {
        OpenPart? part;
        lock (gate) attached.TryGetValue(vault, out part);
        part?.Catalog.Arrived(roots);
    }
}
