using System.Runtime.CompilerServices;
using Vault.Catalog;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Host;

// Folders kept in step. The daemon does it all along; without one, a command in the foreground does for as long as it runs.
sealed partial class LocalCommands
{
    public async Task<WatchListed> WatchAsync(WatchFolder request, CancellationToken stop)
    {
        KeyRingEntry entry = await WatchableAsync(request.Vault, stop);
        return Running.Watched.Begin(entry, home.Vault(entry.Keys), request.Folder, MostOf(request));
    }

    public async IAsyncEnumerable<WatchListed> WatchesAsync([EnumeratorCancellation] CancellationToken stop)
    {
        if (daemon is null && !home.Exists) yield break;
        await EnterAsync(stop);
        IEnumerable<WatchListed> all = daemon?.Watched.All ?? Named().SelectMany(Remembered);
        foreach (WatchListed one in all) yield return one;
        Tell();
    }

    public async Task<WatchListed> EndWatchAsync(MachinePath folder, CancellationToken stop)
    {
        await EnterAsync(stop);
        if (daemon != null) return await daemon.Watched.EndAsync(folder);
        await using WatchedFolders idle = new(home, (_, _) => { });
        foreach (KeyRingEntry entry in Named().Where(entry => entry.Keys.CanRead)) idle.Resume(entry, home.Vault(entry.Keys));
        return await idle.EndAsync(folder);
    }

    public async Task<WatchListed> ApproveWatchAsync(MachinePath folder, CancellationToken stop)
    {
        await EnterAsync(stop);
        return Running.Watched.Approve(folder);
    }

    /// <summary>Keeps a folder in step until it is stopped, where no daemon runs.</summary>
    /// <param name="begun">Told how it is once it runs.</param>
    public async Task WatchHereAsync(WatchFolder request, Action<WatchListed> begun, CancellationToken stop)
    {
        KeyRingEntry entry = await WatchableAsync(request.Vault, stop);
        OpenVault vault = home.Vault(entry.Keys);
        await using WatchedFolders here = new(home, (_, news) => note(news.Text));
        here.Resume(entry, vault);
        begun(here.Begin(entry, vault, request.Folder, MostOf(request)));
        await Task.Delay(Timeout.InfiniteTimeSpan, home.Time, stop).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    /// <summary>A folder shows all of a vault. Of one that is kept on demand, or of which this device holds a share, it would wait without end for what nobody asks for.</summary>
    async Task<KeyRingEntry> WatchableAsync(string vault, CancellationToken stop)
    {
        KeyRingEntry entry = await ReadableAsync(vault, stop);
        VaultCatalog catalog = home.Vault(entry.Keys).Catalog;
        if (catalog.IsOnDemand) throw new ConfigException($"{entry.Name} is kept on demand on this device, and a folder in step shows everything that it holds",
            $"vault policy {entry.Name} {Policies.Mirror} brings all of it here; vault get {entry.Name} PATH brings a part");
        if (HoldsShare(catalog)) throw new ConfigException($"this device holds a share of {entry.Name}, and a folder in step shows everything that it holds",
            $"vault offer {entry.Name} --capacity 0 brings all of it here; vault get {entry.Name} PATH brings a part");
        return entry;
    }

    /// <summary>The other way round: before a vault whose folders are watched is no longer here as a whole.</summary>
    void RequireUnwatched(KeyRingEntry entry)
    {
        if (WatchesOf(entry).FirstOrDefault() is { } watched)
            throw new ConfigException($"{watched.Folder} is kept in step with {entry.Name}, and shows everything that it holds", $"end that first: vault watch --stop {watched.Folder}");
    }

    /// <summary>Folders that are in step with a vault, or are to be when a daemon runs.</summary>
    IEnumerable<WatchListed> WatchesOf(KeyRingEntry entry) => daemon?.Watched.All.Where(one => one.Vault == entry.Vault.ToString()) ?? Remembered(entry);

    static int? MostOf(WatchFolder request) => request.Brake switch
    {
        null => FolderWatches.UsualBrake,
        0 => null,
        > 0 and var most => most,
        _ => throw new ConfigException("that is no number of changes", "--brake takes 1 or more, or 0 to hold nothing back"),
    };

    IEnumerable<WatchListed> Remembered(KeyRingEntry entry)
    {
        if (!entry.Keys.CanRead) yield break;
        OpenVault vault = home.Vault(entry.Keys);
        foreach (FolderWatch watch in FolderWatches.Remembered(vault.Catalog, vault.Ports, [home.FullPath], (_, _) => { }))
            using (watch) yield return new WatchListed(entry.Vault.ToString(), entry.Name, watch.Folder, "stopped", "no daemon is running here", 0, [], []);
    }
}
