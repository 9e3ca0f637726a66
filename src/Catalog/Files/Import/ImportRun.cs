using Vault.Blocks;
using Vault.Store;

namespace Vault.Catalog;

/// <summary>
/// One import while it runs: which group files go into, and the commits behind it. A group is made durable while the next one
/// fills; at most two wait, so that a slow disk slows down reading.
/// </summary>
sealed class ImportRun : IDisposable
{
    /// <summary>Content of a group: one flush for so much, and no more is lost to a power cut.</summary>
    const long GroupBytes = 64 << 20;
    const int GroupFiles = 4000;

    /// <summary>A slow source still sees its files become durable.</summary>
    static readonly TimeSpan groupTime = TimeSpan.FromSeconds(5);

    /// <summary>What the catalog puts into one commit without writing down first what it is about to do.</summary>
    const int CommitEdits = 500;

    readonly VaultCatalog catalog;
    readonly CatalogPorts ports;
    readonly StatCache stats;
    readonly ImportJournal journal;
    readonly SemaphoreSlim waiting = new(2);
    readonly Lock gate = new();
    readonly List<Task> commits = [];
    readonly CancellationTokenSource failed = new();
    Task last = Task.CompletedTask;
    ImportGroup current;

    public ImportRun(VaultCatalog catalog, CatalogPorts ports, StatCache stats, ImportJournal journal)
    {
        this.catalog = catalog;
        this.ports = ports;
        this.stats = stats;
        this.journal = journal;
        current = Begin();
    }

    public long Blocks { get; private set; }
    public long NewBlocks { get; private set; }
    public long NewBytes { get; private set; }

    /// <summary>Signalled when a commit could not be made: nothing more needs to be read.</summary>
    public CancellationToken Failed => failed.Token;

    /// <summary>A group to put one file into. Leave it afterwards.</summary>
    public ImportGroup Enter()
    {
        lock (gate)
        {
            while (true)
            {
                if (current.TryEnter()) return current;
                current = Begin();
            }
        }
    }

    /// <summary>After a file: closes the group when it is full, and waits when too many are on their way to the disk.</summary>
    public async ValueTask LeaveAsync(ImportGroup group, long bytes)
    {
        group.Leave(bytes);
        bool full = group.Bytes >= GroupBytes || group.Count >= GroupFiles || ports.Time.GetElapsedTime(group.Began) >= groupTime;
        if (full && group.TryClose()) await HandOnAsync(group);
    }

    public async Task FinishAsync()
    {
        ImportGroup rest;
        lock (gate) rest = current;
        if (rest.TryClose()) await HandOnAsync(rest);
        Task[] all;
        lock (gate) all = [.. commits];
        await Task.WhenAll(all);
    }

    /// <summary>Waits for what is under way, when the import has failed or was stopped. What was made durable stays.</summary>
    public async Task SettleAsync()
    {
        Task[] all;
        lock (gate)
        {
            if (current.TryClose()) current.Session.Dispose();
            all = [.. commits];
        }
        await Task.WhenAll(all).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    /// <summary>Throws what a commit has failed with, if one has: why reading was stopped.</summary>
    public async Task ThrowFailureAsync()
    {
        Task[] all;
        lock (gate) all = [.. commits];
        foreach (Task commit in all)
            if (commit.IsFaulted) await commit;
    }

    async ValueTask HandOnAsync(ImportGroup group)
    {
        lock (gate) commits.Add(last = CommitAsync(last, group));
        await waiting.WaitAsync(failed.Token);
    }

    async Task CommitAsync(Task earlier, ImportGroup group)
    {
        using WriteSession session = group.Session;
        try
        {
            await Task.WhenAll(earlier, group.Empty);
            await session.FlushAsync();
            await Task.Run(() => Commit(group));
            lock (gate)
            {
                Blocks += session.AllBlocks;
                NewBlocks += session.NewBlocks;
                NewBytes += session.NewBytes;
            }
        }
        catch
        {
            await failed.CancelAsync();
            throw;
        }
        finally
        {
            waiting.Release();
        }
    }

    void Commit(ImportGroup group)
    {
        Batch notes = new();
        foreach ((Edit.Put Edit, StatNote? Note, SourceStamp? Source)[] slice in group.Edits.Chunk(CommitEdits))
        {
            IReadOnlyList<Leaf?> leaves = catalog.Commit([.. slice.Select(item => item.Edit)]).Leaves;
            for (int i = 0; i < slice.Length; i++)
            {
                if (slice[i].Note is { } note && leaves[i] is { } leaf) stats.Put(notes, note.Folder, note.Name, note.Stat, leaf);
                if (slice[i].Source is { } source) journal.Forget(notes, source);
            }
        }
        foreach ((StatNote note, Leaf leaf) in group.Known) stats.Put(notes, note.Folder, note.Name, note.Stat, leaf);
        // A note that is lost costs a file being read once more. So it needs no sync of its own: the next commit's will do.
        if (notes.Changes.Count > 0) ports.Meta.Commit(notes, Durability.Logged);
    }

    ImportGroup Begin() => new(ports.Store.BeginWrite(ports.Keys.Vault.Tag), ports.Time.GetTimestamp());

    public void Dispose()
    {
        waiting.Dispose();
        failed.Dispose();
    }
}
