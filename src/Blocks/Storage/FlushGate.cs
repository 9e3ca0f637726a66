using System.Collections.Concurrent;
using Vault.Identity;

namespace Vault.Blocks;

/// <summary>
/// Makes the blocks of large sessions durable, many writers at a time: who asks while a flush runs shares the next one, because the
/// running one may have begun too early for him. Also the brake: unflushed bytes wait in memory, so writers wait for the disk.
/// </summary>
/// <remarks>
/// All flushes run on one thread, for as long as the store is open. The database waits for the disk in them, which should cost
/// no worker; and it draws the heights of its skip list's towers from a generator of the thread's own, whose seed is the place
/// of its stack. On a new thread for each flush, every one of them drew the same heights, and because a flush inserts in the
/// order of the keys the high towers came to stand side by side: the list was searched step by step.
/// </remarks>
sealed class FlushGate(IBulk bulk) : IDisposable
{
    readonly Lock gate = new();
    readonly BlockingCollection<TaskCompletionSource> asked = [];
    Thread? flushing;
    int writing;    // writes that have begun and not ended: their blocks may be visible already
    long unflushed; // bytes written since the last flush began
    Task? running;
    Task? next;
    int failures;

    /// <summary>How often a write or a flush has failed. What was unflushed at that moment may be gone, whatever a later flush says.</summary>
    public int Failures => Volatile.Read(ref failures);

    /// <summary>Whether some block can be seen that a power cut would still take away.</summary>
    public bool Dirty
    {
        get { lock (gate) return writing > 0 || unflushed > 0 || running != null; }
    }

    /// <summary>Await the result: it is how the disk's speed reaches the writer. The blocks' memory may be used again when the call has returned.</summary>
    public ValueTask WriteAsync(VaultTag vault, IReadOnlyList<NewBlock> blocks)
    {
        lock (gate) writing++;
        try
        {
            bulk.Write(vault, blocks);
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
                unflushed += blocks.Sum(block => (long)block.Bytes.Length);
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

    public void Dispose()
    {
        asked.CompleteAdding();
        flushing?.Join();
        asked.Dispose();
    }

    Task Begin()
    {
        unflushed = 0;
        next = null; // who asks from now on has perhaps written what this one no longer sees, and needs another after it
        TaskCompletionSource flush = new(TaskCreationOptions.RunContinuationsAsynchronously);
        if (flushing is null)
        {
            flushing = new Thread(FlushAll) { IsBackground = true, Name = "block flushes" };
            flushing.Start();
        }
        asked.Add(flush);
        return running = flush.Task;
    }

    void FlushAll()
    {
        foreach (TaskCompletionSource flush in asked.GetConsumingEnumerable())
        {
            Exception? fault = null;
            try
            {
                bulk.Flush();
            }
            catch (Exception failure)
            {
                fault = failure;
                NoteFailure();
            }
            lock (gate) running = null;
            if (fault is null) flush.SetResult();
            else flush.SetException(fault);
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

    // Whatever runs when the earlier one is over began after those who wait here had asked.
    async Task AfterRunning(Task earlier)
    {
        await earlier.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        Task mine;
        lock (gate) mine = running ?? Begin();
        await mine;
    }
}
