using System.Runtime.ExceptionServices;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Blocks;

/// <summary>
/// Blocks on their way into a vault: from one file, or from many that become durable together. Up to half a MiB waits in memory and
/// goes into the database in one synced commit; more than that goes into segments as it comes and ends in a flush that all
/// sessions share. Safe for use from several threads. Dispose it after what refers to the blocks is committed.
/// </summary>
public sealed class WriteSession : IDisposable
{
    /// <summary>In a large session larger blocks are written one by one, from where they lie; smaller ones share a write.</summary>
    const int WorthItsOwnWrite = 32 << 10;
    const int SharedWrite = 1 << 20;

    readonly BlockStore store;
    readonly VaultTag vault;
    readonly DiskSpace? space;
    readonly Leases.Lease lease;
    readonly Lock gate = new();
    readonly Predicate<BlockId> contains;
    readonly int failuresBefore;
    readonly CallsUnderWay underWay = new(); // whoever has a block of this session in hand: a flush waits for them
    List<NewBlock> waiting = []; // copies
    long waitingBytes;
    bool isLarge;
    bool metUnflushed; // a known block might not be durable yet
    ExceptionDispatchInfo? fault; // a block that could not be stored: nothing of this session counts any more

    internal WriteSession(BlockStore store, VaultTag vault, DiskSpace? space)
    {
        this.store = store;
        this.vault = vault;
        this.space = space;
        lease = store.Leases.Begin(vault);
        contains = id => store.Contains(vault, id);
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
    public ValueTask AddAsync(Block block) => RunAsync(static (session, block) => session.StoreAsync(block), block);

    /// <summary>Takes a block that the vault has as if it were added here; false, and nothing done, for one that it lacks.</summary>
    public bool TryClaim(BlockId id)
    {
        fault?.Throw();
        if (!lease.TryTouch(id, contains)) return false;
        lock (gate)
        {
            AllBlocks++;
            metUnflushed |= store.Flushes.Dirty;
        }
        return true;
    }

    async ValueTask StoreAsync(Block block)
    {
        (bool first, bool stored) = lease.Touch(block.Id, contains);
        List<NewBlock>? ready;
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
        if (ready != null) await WriteAsync(ready);
    }

    ValueTask WriteAsync(List<NewBlock> blocks)
    {
        space?.Demand(blocks.Sum(block => (long)block.Bytes.Length));
        return store.Flushes.WriteAsync(vault, blocks);
    }

    /// <summary>When it returns, every block added before the call would survive a power cut.</summary>
    public async Task FlushAsync()
    {
        await underWay.WhenEndedAsync(); // a block may be known here because another call is just about to store it
        await RunAsync(static (session, _) => session.CommitWaitingAsync(), default);
        await underWay.WhenEndedAsync(); // or another call took it along with its own
        fault?.Throw();
        if (UnflushedMatters()) await store.Flushes.FlushAsync();
        if (store.Flushes.Failures != failuresBefore)
            throw new StoreException("an earlier write to the store failed, so this one can't be trusted", "free some space or check the disk, then add the files again");
    }

    /// <summary>Lets a collection decide again about blocks that something durable refers to by now.</summary>
    internal void Release(IEnumerable<BlockId> ids) => lease.Release(ids);

    public void Dispose() => lease.Dispose();

    // Without a closure or a task for a call that ends at once: so does nearly every one with a small block.
    async ValueTask RunAsync(Func<WriteSession, Block, ValueTask> step, Block block)
    {
        fault?.Throw();
        CallsUnderWay.Round round = underWay.Begin();
        try
        {
            await step(this, block);
        }
        catch (Exception first)
        {
            fault ??= ExceptionDispatchInfo.Capture(first);
            throw;
        }
        finally
        {
            underWay.End(round);
        }
    }

    bool UnflushedMatters()
    {
        lock (gate) return isLarge || metUnflushed;
    }

    async ValueTask CommitWaitingAsync()
    {
        List<NewBlock> rest;
        bool small;
        lock (gate)
        {
            rest = TakeWaiting();
            small = !isLarge;
        }
        if (rest.Count == 0) return;
        if (!small)
        {
            await WriteAsync(rest);
            return;
        }
        Batch batch = BlockStore.BatchOf(vault, rest);
        space?.Demand(batch.Bytes);
        store.Blocks.Commit(batch, Durability.Synced);
    }

    // Decides which way a new block goes; returns what is to be written now.
    List<NewBlock>? Take(Block block)
    {
        if (isLarge && block.Bytes.Length >= WorthItsOwnWrite) return [NewBlock.Of(block)];
        waiting.Add(NewBlock.Of(block) with { Bytes = block.Bytes.ToArray() });
        waitingBytes += block.Bytes.Length;
        if (waitingBytes < (isLarge ? SharedWrite : Limits.LoggedCommit)) return null;
        isLarge = true;
        return TakeWaiting();
    }

    List<NewBlock> TakeWaiting()
    {
        List<NewBlock> taken = waiting;
        (waiting, waitingBytes) = ([], 0);
        return taken;
    }
}
