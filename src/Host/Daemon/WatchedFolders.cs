using Vault.Catalog;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Host;

/// <summary>The folders that this device keeps in step with its vaults, running. Whoever runs the store owns it: the daemon, or one command in the foreground.</summary>
/// <param name="tell">Told what the owner of a folder should hear.</param>
sealed class WatchedFolders(Home home, Action<KeyRingEntry, WatchNews> tell) : IAsyncDisposable
{
    readonly Lock gate = new();
    readonly List<Running> running = [];

    sealed class Running(KeyRingEntry entry, CatalogPorts ports, FolderWatch watch) : IAsyncDisposable
    {
        readonly CancellationTokenSource stopping = new();
        Task work = Task.CompletedTask;

        public KeyRingEntry Entry => entry;
        public CatalogPorts Ports => ports;
        public FolderWatch Watch => watch;

        public void Start(Action<Exception> failed) => work = Task.Run(async () =>
        {
            try
            {
                await watch.RunAsync(stopping.Token);
            }
            catch (OperationCanceledException)
            {
                // It was stopped.
            }
            catch (Exception bug)
            {
                failed(bug);
            }
        });

        public async ValueTask DisposeAsync()
        {
            await stopping.CancelAsync();
            await work;
            watch.Dispose();
            stopping.Dispose();
        }
    }

    /// <summary>Starts those of a vault that were begun earlier.</summary>
    public void Resume(KeyRingEntry entry, OpenVault vault)
    {
        foreach (FolderWatch watch in FolderWatches.Remembered(vault.Catalog, vault.Ports, [home.FullPath], (_, news) => tell(entry, news))) Start(entry, vault.Ports, watch);
    }

    /// <summary>Keeps a folder in step from now on. One that is already says how it is.</summary>
    public WatchListed Begin(KeyRingEntry entry, OpenVault vault, MachinePath folder, int? most)
    {
        string path = Path.TrimEndingDirectorySeparator(folder.Full);
        if (!Path.IsPathRooted(path) || path.Contains('\0', StringComparison.Ordinal) || path == "/") throw new ConfigException($"'{folder}' is no folder to keep in step", "name one by its full path");
        lock (gate)
        {
            if (running.Find(one => one.Watch.Folder == path) is { } already)
                return already.Entry.Vault == entry.Vault ? Told(already) : throw new ConfigException($"{path} is kept in step with {already.Entry.Name}", $"end that first: vault watch --stop {path}");
            if (IsWithin(path, home.FullPath)) throw new ConfigException($"{path} is where vault keeps its own data", "name another folder");
            if (running.Find(one => IsWithin(path, one.Watch.Folder) || IsWithin(one.Watch.Folder, path)) is { } near)
                throw new ConfigException($"{path} and {near.Watch.Folder}, which is watched already, lie in one another", "what lies in both would be in two minds");
            return Told(Start(entry, vault.Ports, FolderWatches.Begin(vault.Catalog, vault.Ports, path, entry.Name, most, [home.FullPath], (_, news) => tell(entry, news))));
        }
    }

    Running Start(KeyRingEntry entry, CatalogPorts ports, FolderWatch watch)
    {
        Running one = new(entry, ports, watch);
        lock (gate) running.Add(one);
        one.Start(bug => tell(entry, new WatchNews("watch-paused", $"{watch.Folder} is no longer kept in step until the next start, by a mistake in the program: {bug.GetType().Name}: {bug.Message}")));
        return one;
    }

    /// <summary>Ends one for good. Folder and vault stay as they are.</summary>
    public async Task<WatchListed> EndAsync(MachinePath folder)
    {
        Running one = Find(folder);
        lock (gate) running.Remove(one);
        await one.DisposeAsync();
        FolderWatches.End(one.Ports, one.Watch);
        return Listed(one) with { State = "ended" };
    }

    /// <summary>What the brake holds of a folder is meant.</summary>
    public WatchListed Approve(MachinePath folder)
    {
        Running one = Find(folder);
        WatchListed before = Told(one);
        one.Watch.Approve();
        return before;
    }

    public IReadOnlyList<WatchListed> All
    {
        get { lock (gate) return [.. running.Select(Told).OrderBy(one => one.Folder, StringComparer.Ordinal)]; }
    }

    /// <summary>Content of a vault has come.</summary>
    public void ContentArrived(VaultId vault)
    {
        lock (gate)
            foreach (Running one in running)
                if (one.Entry.Vault == vault) one.Watch.ContentArrived();
    }

    /// <summary>Before a vault is parted with.</summary>
    public async Task StopAsync(VaultId vault)
    {
        List<Running> those;
        lock (gate)
        {
            those = running.FindAll(one => one.Entry.Vault == vault);
            running.RemoveAll(those.Contains);
        }
        foreach (Running one in those) await one.DisposeAsync();
    }

    Running Find(MachinePath folder)
    {
        string path = Path.TrimEndingDirectorySeparator(folder.Full);
        lock (gate) return running.Find(one => one.Watch.Folder == path) ?? throw new ConfigException($"{path} isn't watched", "vault watch --list shows what is");
    }

    static bool IsWithin(string path, string folder) => path == folder || path.StartsWith(Path.TrimEndingDirectorySeparator(folder) + "/", StringComparison.Ordinal);

    static WatchListed Listed(Running one) => new(one.Entry.Vault.ToString(), one.Entry.Name, one.Watch.Folder, "starting", null, 0, [], []);

    static WatchListed Told(Running one)
    {
        FolderWatchStatus status = one.Watch.Status;
        return Listed(one) with
        {
            State = status.State switch { WatchState.Starting => "starting", WatchState.InStep => "in-step", WatchState.Working => "working", WatchState.Paused => "paused", _ => "held" },
            Why = status.Why,
            Waiting = status.Waiting,
            Held = [.. status.Held.Select(held => new WatchHeld(held.Direction == WatchDirection.IntoVault ? "into-vault" : "into-folder", held.Changes, held.More, held.Examples, FolderWatch.Sentence(one.Watch.Folder, held)))],
            Problems = [.. status.Problems.Select(PathProblem.Of)],
        };
    }

    public async ValueTask DisposeAsync()
    {
        Running[] all;
        lock (gate)
        {
            all = [.. running];
            running.Clear();
        }
        foreach (Running one in all) await one.DisposeAsync();
    }
}
