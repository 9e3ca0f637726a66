using Vault.Store;

namespace Vault.Blocks;

/// <summary>
/// Makes unlogged blocks durable, many writers at a time: who asks while a flush runs shares the next one, because the running
/// one may have begun too early for him. Also the brake: unlogged bytes wait in memory, so writers wait for the disk.
/// </summary>
sealed class FlushGate(IDatabase blocks)
{
    readonly Lock gate = new();
    int writing;    // commits that have begun and not ended: their blocks may be visible already
    long unflushed; // bytes committed since the last flush began
    Task? running;
    Task? next;
    int failures;

    /// <summary>How often an unlogged write or a flush has failed. What was unlogged at that moment may be gone, whatever a later flush says.</summary>
    public int Failures => Volatile.Read(ref failures);

    /// <summary>Whether some block can be seen that a power cut would still take away.</summary>
    public bool Dirty
    {
        get { lock (gate) return writing > 0 || unflushed > 0 || running != null; }
    }

    /// <summary>Commits without the log. Await the result: it is how the disk's speed reaches the writer.</summary>
    public ValueTask CommitAsync(Batch batch)
    {
        lock (gate) writing++;
        try
        {
            blocks.Commit(batch, Durability.Unlogged);
        }
        catch
        {
            NoteFailure();
            throw;
        }
        finally
        {
            lock (gate)
            {
                writing--;
                unflushed += batch.Bytes;
            }
        }
        lock (gate)
        {
            if (unflushed < Limits.UnflushedBytes) return default;
            if (running is null) Begin();
            return unflushed < 2 * Limits.UnflushedBytes ? default : new ValueTask(running!);
        }
    }

    /// <summary>Completes when everything written before the call is durable.</summary>
    public Task FlushAsync()
    {
        lock (gate)
        {
            if (running is null) return Begin();
            return next ??= AfterRunning(running);
        }
    }

    Task Begin()
    {
        unflushed = 0;
        // The database blocks while it waits for the disk: on a thread of its own, so that no worker is lost to it.
        Task flush = Task.Factory.StartNew(Flush, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
        running = flush;
        return flush;
    }

    void Flush()
    {
        try
        {
            blocks.Flush();
        }
        catch
        {
            NoteFailure();
            throw;
        }
        finally
        {
            lock (gate) running = null;
        }
    }

    void NoteFailure()
    {
        lock (gate)
        {
            failures++;
            unflushed++; // still dirty: whatever can be seen now may be gone when the database has recovered
        }
    }

    async Task AfterRunning(Task earlier)
    {
        await earlier.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        Task mine;
        lock (gate)
        {
            next = null;
            mine = running ?? Begin();
        }
        await mine;
    }
}
