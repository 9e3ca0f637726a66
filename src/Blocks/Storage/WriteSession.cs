using System.Runtime.ExceptionServices;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Blocks;

/// <summary>
/// Blocks on their way into a vault: from one file, or from many that become durable together. Up to 4 MiB wait in memory and
/// go through the log in one synced commit; more than that bypasses the log as it comes and ends in a flush that all
/// sessions share. Safe for use from several threads. Dispose it after what refers to the blocks is committed.
/// </summary>
public sealed class WriteSession : IDisposable
{
    /// <summary>Larger blocks go to the database one by one once the log is bypassed; smaller ones share a batch.</summary>
    const int WorthItsOwnBatch = 32 << 10;
    const int SharedBatch = 1 << 20;

    readonly BlockStore store;
    readonly VaultTag vault;
    readonly DiskSpace? space;
    readonly Leases.Lease lease;
    readonly Lock gate = new();
    readonly int failuresBefore;
    readonly HashSet<Task> underWay = []; // whoever has a block of this session in hand: a flush waits for them
    SortedBlocks waiting = new();
    bool bypassing;   // the log: this session has become a large one
    bool metUnflushed; // a known block might not be durable yet
    ExceptionDispatchInfo? fault; // a block that could not be stored: nothing of this session counts any more

    internal WriteSession(BlockStore store, VaultTag vault, DiskSpace? space)
    {
        this.store = store;
        this.vault = vault;
        this.space = space;
        lease = store.Leases.Begin(vault);
        failuresBefore = store.Flushes.Failures;
    }

    public VaultTag Vault => vault;

    /// <summary>Blocks that were not in the store before, and their bytes.</summary>
    public long NewBlocks { get; private set; }
    public long NewBytes { get; private set; }

    /// <summary>Blocks that passed through, known ones included.</summary>
    public long AllBlocks { get; private set; }

    /// <summary>
    /// Stores a block unless the vault has it. When it returns, the caller may use the block's memory again; the block is
    /// durable only after <see cref="FlushAsync"/>.
    /// </summary>
    public ValueTask AddAsync(Block block) => RunAsync(() => StoreAsync(block));

    async ValueTask StoreAsync(Block block)
    {
        (bool first, bool stored) = lease.Touch(block.Id, id => store.Contains(vault, id));
        Batch? ready;
        lock (gate)
        {
            AllBlocks++;
            if (!first) return;
            if (stored)
            {
                metUnflushed |= store.Flushes.Dirty;
                return;
            }
            NewBlocks++;
            NewBytes += block.Bytes.Length;
            ready = Take(block);
        }
        if (ready is null) return;
        space?.Demand(ready.Bytes);
        await store.Flushes.CommitAsync(ready);
    }

    /// <summary>When it returns, every block added before the call would survive a power cut.</summary>
    public async Task FlushAsync()
    {
        await Task.WhenAll(UnderWay()); // a block may be known here because another call is just about to store it
        await RunAsync(CommitWaitingAsync);
        await Task.WhenAll(UnderWay()); // or another call took it along with its own
        fault?.Throw();
        if (UnloggedMatters()) await store.Flushes.FlushAsync();
        if (store.Flushes.Failures != failuresBefore)
            throw new StoreException("an earlier write to the store failed, so this one can't be trusted", "free some space or check the disk, then add the files again");
    }

    /// <summary>Lets a collection decide again about blocks that something durable refers to by now.</summary>
    internal void Release(IEnumerable<BlockId> ids) => lease.Release(ids);

    public void Dispose() => lease.Dispose();

    async ValueTask RunAsync(Func<ValueTask> step)
    {
        fault?.Throw();
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate) underWay.Add(done.Task);
        try
        {
            await step();
        }
        catch (Exception first)
        {
            fault ??= ExceptionDispatchInfo.Capture(first);
            throw;
        }
        finally
        {
            lock (gate) underWay.Remove(done.Task);
            done.SetResult();
        }
    }

    Task[] UnderWay()
    {
        lock (gate) return [.. underWay];
    }

    bool UnloggedMatters()
    {
        lock (gate) return bypassing || metUnflushed;
    }

    async ValueTask CommitWaitingAsync()
    {
        SortedBlocks rest;
        bool logged;
        lock (gate)
        {
            rest = waiting;
            waiting = new SortedBlocks();
            logged = !bypassing;
        }
        if (rest.Bytes == 0) return;
        Batch batch = rest.ToBatch(vault);
        space?.Demand(batch.Bytes);
        if (logged) store.Blocks.Commit(batch, Durability.Synced);
        else await store.Flushes.CommitAsync(batch);
    }

    // Decides which way a new block goes; returns what is to be committed now, without the log.
    Batch? Take(Block block)
    {
        if (bypassing && block.Bytes.Length >= WorthItsOwnBatch)
        {
            Batch own = new();
            BlockStore.AddTo(own, vault, block.Id, block.Header, block.Bytes);
            return own;
        }
        waiting.Add(block);
        if (waiting.Bytes < (bypassing ? SharedBatch : Limits.LoggedCommit)) return null;
        bypassing = true;
        SortedBlocks full = waiting;
        waiting = new SortedBlocks();
        return full.ToBatch(vault);
    }
}
