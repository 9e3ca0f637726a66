using System.Text;
using System.Threading.Channels;
using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>
/// Keeps a folder and a vault in step, both ways. It listens to the folder and to the vault, looks at everything now and then, and
/// hands each path that may differ to a pass. One task does all the work, in turns; what it is told from outside only wakes it.
/// Read first: Reconciler.cs, which decides. Then WatchPass.cs, FolderSide.cs and FolderHands.cs, which do.
/// </summary>
public sealed partial class FolderWatch : IDisposable
{
    /// <summary>What listening misses is seen by then; a tree that takes long is looked at less often.</summary>
    static readonly TimeSpan scanEvery = TimeSpan.FromMinutes(5), scanEveryWhenDeaf = TimeSpan.FromMinutes(1);
    const int ScanShare = 20;

    /// <summary>Whether the folder is back, and the marker still there.</summary>
    static readonly TimeSpan lookEvery = TimeSpan.FromSeconds(2);

    /// <summary>After a fault of the store or the clock.</summary>
    static readonly TimeSpan patience = TimeSpan.FromSeconds(5);

    /// <summary>Records of one commit that are opened one by one; more of them are met by a look at everything.</summary>
    const int FewRecords = 5000;

    readonly WatchTools tools;
    readonly VaultCatalog catalog;
    readonly TimeProvider time;
    readonly Action<WatchNews> tell;
    readonly Lock gate = new();
    readonly Agenda agenda = new();
    readonly HashSet<VaultPath> awaited = [];
    readonly Channel<bool> woken = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    readonly long began;
    long nextScan, nextLook, lastArrival;
    bool scanAsked = true, approved, started, working, arrived;
    string? paused, trouble;

    internal FolderWatch(VaultCatalog catalog, CatalogPorts ports, WatchRow row, IReadOnlyList<string> own, Action<WatchNews> tell)
    {
        (this.catalog, this.tell) = (catalog, tell);
        time = ports.Time;
        began = time.GetTimestamp();
        tools = new WatchTools(catalog, ports, row, own, tell);
    }

    /// <summary>The folder, from the root of the file system.</summary>
    public string Folder => tools.Row.Folder;

    internal Hash16 Id => tools.Id;

    public FolderWatchStatus Status
    {
        get
        {
            lock (gate)
            {
                HeldChanges[] held = [.. Held(tools.Into, WatchDirection.IntoVault), .. Held(tools.Out, WatchDirection.IntoFolder)];
                WatchState state = paused != null ? WatchState.Paused : held.Length > 0 ? WatchState.Held : !started ? WatchState.Starting
                    : working || agenda.Count + awaited.Count > 0 ? WatchState.Working : WatchState.InStep;
                return new FolderWatchStatus(state, paused ?? trouble, agenda.Count + awaited.Count, held, tools.Troubles.Named);
            }
        }
    }

    static IEnumerable<HeldChanges> Held(Brake brake, WatchDirection direction)
    {
        if (brake.IsHolding) yield return new HeldChanges(direction, brake.Held, brake.HoldsMore, [.. brake.Examples.Select(path => path.Text)]);
    }

    /// <summary>What the brake holds is meant: it is done. So is a change of what is mounted where.</summary>
    public void Approve()
    {
        lock (gate) approved = scanAsked = true;
        Wake();
    }

    /// <summary>Content has come that a file may have waited for.</summary>
    public void ContentArrived()
    {
        lock (gate)
        {
            if (awaited.Count == 0) return;
            arrived = true;
        }
        Wake();
    }

    /// <summary>Works until it is stopped.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using FolderEars ears = new(Hear);
        catalog.Changed += VaultChanged;
        try
        {
            while (true)
            {
                try
                {
                    await TurnAsync(ears, stop);
                    trouble = null;
                }
                catch (Exception fault) when (fault is VaultException or IOException && !stop.IsCancellationRequested)
                {
                    lock (gate)
                    {
                        scanAsked = true; // whatever was taken from the agenda is met again
                        trouble = fault.Message;
                    }
                    await Task.Delay(patience, time, stop);
                }
                await WaitAsync(UntilNext(), stop);
            }
        }
        finally
        {
            catalog.Changed -= VaultChanged;
        }
    }

    long NowMs => (long)time.GetElapsedTime(began).TotalMilliseconds;

    /// <summary>One file that waits is looked at with whatever comes; of very many that would be all the time.</summary>
    long NextArrival => lastArrival + awaited.Count / 4;

    void Wake() => woken.Writer.TryWrite(true);

    TimeSpan UntilNext()
    {
        lock (gate)
        {
            if (scanAsked && paused is null) return TimeSpan.Zero;
            long next = Math.Min(nextLook, nextScan);
            if (arrived && paused is null) next = Math.Min(next, NextArrival);
            if (paused is null && agenda.Next is { } due) next = Math.Min(next, due);
            return TimeSpan.FromMilliseconds(Math.Max(next - NowMs, 0));
        }
    }

    async Task WaitAsync(TimeSpan atMost, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        if (atMost <= TimeSpan.Zero) return;
        using CancellationTokenSource enough = new(atMost, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(enough.Token, stop);
        try
        {
            await woken.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // The time is up.
        }
    }

    async Task TurnAsync(FolderEars ears, CancellationToken stop)
    {
        if (catalog.IsPullOnly)
        {
            Pause("this device may have forgotten something, and takes from other machines until it has caught up");
            return;
        }
        List<(VaultPath Path, bool Below, int Attempt)> due = [];
        bool scan, accepts;
        lock (gate)
        {
            long now = NowMs;
            if (agenda.IsOverfull) scanAsked = true;
            scan = scanAsked || now >= nextScan;
            accepts = approved;
            if (scan)
            {
                agenda.Clear();
                awaited.Clear();
            }
            else
            {
                due = paused is null ? agenda.Take(now) : [];
                if (arrived && paused is null && now >= NextArrival)
                {
                    due.AddRange(awaited.Select(path => (path, false, 0)));
                    awaited.Clear();
                    arrived = false;
                    lastArrival = now;
                }
            }
            scanAsked = approved = false;
            if (!scan && due.Count == 0 && now < nextLook) return;
            nextLook = now + (long)lookEvery.TotalMilliseconds;
            working = scan || due.Count > 0;
        }
        using WatchedTree? tree = tools.TryOpenTree(accepts, out string why);
        if (tree is null)
        {
            lock (gate)
            {
                scanAsked = true;
                approved |= accepts;
                nextScan = nextLook;
            }
            Pause(why);
            return;
        }
        if (Resume()) scan = true;
        if (scan) await ScanAsync(ears, tree, accepts, stop);
        else if (due.Count > 0) await LookAsync(ears, tree, due, stop);
        lock (gate) working = false;
    }

    async Task ScanAsync(FolderEars ears, WatchedTree tree, bool accepts, CancellationToken stop)
    {
        long start = NowMs;
        bool heldIn = tools.Into.IsHolding, heldOut = tools.Out.IsHolding;
        tools.IsCaseBlind = tree.Root.Stat(Encoding.ASCII.GetBytes(WatchMarker.Name.ToUpperInvariant()), out _) == 0;
        lock (gate)
        {
            if (accepts)
            {
                tools.Into.Approve();
                tools.Out.Approve();
            }
            else
            {
                tools.Into.Recount();
                tools.Out.Recount();
            }
        }
        WatchPass pass = new(tools, tree, accepts);
        await new FolderScan(tools, tree, pass, ears).RunAsync(null, stop);
        await EndAsync(pass, [], stop);
        lock (gate)
        {
            tools.Into.TryEnd();
            tools.Out.TryEnd();
            started = true;
            long took = NowMs - start;
            nextScan = NowMs + Math.Max((long)(ears.IsPartlyDeaf ? scanEveryWhenDeaf : scanEvery).TotalMilliseconds, took * ScanShare);
        }
        NoteBrakes(heldIn, heldOut);
        if (ears.IsPartlyDeaf) tools.Troubles.Add(Folder, SkipReason.Unreadable, "the system lets this user listen to no more folders, so some changes are only seen every minute; more: sysctl fs.inotify.max_user_watches");
    }

    async Task LookAsync(FolderEars ears, WatchedTree tree, List<(VaultPath Path, bool Below, int Attempt)> due, CancellationToken stop)
    {
        bool heldIn = tools.Into.IsHolding, heldOut = tools.Out.IsHolding;
        WatchPass pass = new(tools, tree, approved: false);
        if (due.TrueForAll(one => !one.Below)) pass.Expect(due.Count);
        await pass.LookAsync(due.Select(one => tools.OwnerOf(one.Path)), stop);
        foreach ((VaultPath path, bool below, _) in due)
        {
            if (!below) continue;
            if (tree.Hold(path, make: false, out FolderHandle folder, out _) == 0) folder.DangerousRelease();
            else ears.Forget(path);
            await new FolderScan(tools, tree, pass, ears).RunAsync(path, stop);
        }
        await EndAsync(pass, due, stop);
        NoteBrakes(heldIn, heldOut);
    }

    async Task EndAsync(WatchPass pass, List<(VaultPath Path, bool Below, int Attempt)> due, CancellationToken stop)
    {
        await pass.FinishAsync(stop);
        Dictionary<VaultPath, int> attempts = [];
        foreach ((VaultPath path, _, int attempt) in due) attempts[path] = attempt;
        lock (gate)
        {
            foreach (VaultPath path in pass.Again.Distinct()) agenda.Add(path, Stir.Again, below: false, NowMs, attempts.GetValueOrDefault(path) + 1);
            awaited.UnionWith(pass.Awaited);
        }
    }

    void VaultChanged(CatalogChange change)
    {
        lock (gate)
        {
            if (change.MembershipChanged || change.Added.Count + change.Removed.Count > FewRecords) scanAsked = true;
            else
            {
                foreach (AddedRecord added in change.Added)
                    if (!added.Leaf.IsControl && FileRecord.Parse(added.Bytes) is { } record && catalog.Parts.Open(record).Entry?.Path is { } path) agenda.Add(path, Stir.Vault, below: false, NowMs);
                if (change.Added.Count == 0)
                    foreach (Leaf gone in change.Removed)
                        if (!gone.IsControl && catalog.PathOf(gone) is { } path) agenda.Add(path, Stir.Vault, below: false, NowMs);
                arrived |= awaited.Count > 0; // that content has come is told by a commit without records
            }
        }
        Wake();
    }

    void Hear(VaultPath? folder, byte[] name, FolderEvent what)
    {
        if (what.HasFlag(FolderEvent.Overflow))
        {
            lock (gate) scanAsked = true;
            Wake();
            return;
        }
        if (name.Length == 0 || name.AsSpan().StartsWith(".vault-"u8)) return;
        bool isFolder = what.HasFlag(FolderEvent.IsFolder), below = isFolder && (what & (FolderEvent.Made | FolderEvent.MovedHere | FolderEvent.MovedAway | FolderEvent.Deleted)) != 0;
        Stir stir = (what & (FolderEvent.MovedAway | FolderEvent.Deleted)) != 0 ? Stir.Gone : what.HasFlag(FolderEvent.Modified) ? Stir.Writing : Stir.Settled;
        lock (gate)
        {
            string text = VaultPath.FaultIn(name) == PathFault.None ? Encoding.UTF8.GetString(name) : "";
            // A name that must be written otherwise, or can't be held, is seen to by a look at its folder.
            if (text.Length > 0 && PathText.IsNormalised(text) && (folder is null ? VaultPath.Parse(text) : folder.Child(text)) is { } path) agenda.Add(path, stir, below, NowMs);
            else if (folder is not null) agenda.Add(folder, Stir.Settled, below: true, NowMs);
            else scanAsked = true;
        }
        Wake();
    }

    /// <summary>After it has stopped.</summary>
    public void Dispose() => tools.Dispose();
}
