namespace Vault.Catalog;

/// <summary>Listens to all folders of a tree, and tells of a change by where it is in the tree. Its own thread; what it calls is quick.</summary>
sealed class FolderEars : IDisposable
{
    readonly Inotify? inotify;
    readonly Thread? thread;
    readonly Lock gate = new();
    readonly Dictionary<int, VaultPath?> folders = [];
    readonly Dictionary<string, int> watches = new(StringComparer.Ordinal); // by path; empty for the top
    readonly Action<VaultPath?, byte[], FolderEvent> heard;

    /// <param name="heard">Told of the folder, the name in it, and what happened; with <see cref="FolderEvent.Overflow"/> that something was lost.</param>
    public FolderEars(Action<VaultPath?, byte[], FolderEvent> heard)
    {
        this.heard = heard;
        inotify = Inotify.TryOpen();
        if (inotify is null)
        {
            IsPartlyDeaf = true;
            return;
        }
        thread = new Thread(() => inotify.Listen(Hear)) { IsBackground = true, Name = "vault watch" };
        thread.Start();
    }

    /// <summary>The system allows no more: what changes in some folders is seen by the next look at everything.</summary>
    public bool IsPartlyDeaf { get; private set; }

    /// <summary>Listens to a folder from now on. What was in it before is for the caller to look at, afterwards.</summary>
    public void Listen(VaultPath? path, FolderHandle folder)
    {
        if (inotify is null) return;
        lock (gate)
        {
            if (inotify.Watch(folder, out int watch) is var error && error != 0)
            {
                if (error is Errno.NoSpace or 12) IsPartlyDeaf = true; // ENOSPC is this user's limit on watches, 12 no memory
                return;
            }
            string key = path?.Text ?? "";
            if (watches.TryGetValue(key, out int before) && before != watch) folders.Remove(before);
            if (folders.TryGetValue(watch, out VaultPath? elsewhere) && (elsewhere?.Text ?? "") is var old && old != key) watches.Remove(old); // it was moved
            folders[watch] = path;
            watches[key] = watch;
        }
    }

    /// <summary>A folder has gone from the tree, with all below: it may live on elsewhere.</summary>
    public void Forget(VaultPath path)
    {
        if (inotify is null) return;
        lock (gate)
            foreach ((string text, int watch) in watches.Where(one => one.Key == path.Text || one.Key.StartsWith(path.Text + "/", StringComparison.Ordinal)).ToList())
            {
                watches.Remove(text);
                folders.Remove(watch);
                inotify.Forget(watch);
            }
    }

    void Hear(int watch, FolderEvent what, byte[] name)
    {
        if (what.HasFlag(FolderEvent.Overflow))
        {
            heard(null, [], FolderEvent.Overflow);
            return;
        }
        VaultPath? folder;
        lock (gate)
        {
            if (!folders.TryGetValue(watch, out folder)) return;
            if (what.HasFlag(FolderEvent.Ended))
            {
                folders.Remove(watch);
                if (watches.TryGetValue(folder?.Text ?? "", out int current) && current == watch) watches.Remove(folder?.Text ?? "");
                return;
            }
        }
        heard(folder, name, what);
    }

    public void Dispose()
    {
        inotify?.End();
        thread?.Join();
        inotify?.Dispose();
    }
}
