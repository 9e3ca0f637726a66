using Vault.Blocks;

namespace Vault.Swarm;

/// <summary>
/// Received blocks that become durable together: thousands of small ones, or some tens of megabytes, for one flush. Several
/// sources add at once; whoever closes the round waits for those that have begun.
/// </summary>
sealed class LandingRound(WriteSession session, TimeSpan openedAt) : IDisposable
{
    readonly Lock gate = new();
    readonly List<BlockId> ids = [];
    readonly TaskCompletionSource quiet = new(TaskCreationOptions.RunContinuationsAsynchronously);
    int adding;
    bool closed;
    long bytes;

    public TimeSpan OpenedAt => openedAt;

    public long Bytes => Interlocked.Read(ref bytes);

    /// <summary>What was added, once it is closed.</summary>
    public IReadOnlyList<BlockId> Ids => ids;

    public bool IsEmpty
    {
        get { lock (gate) return ids.Count == 0; }
    }

    public bool IsFull
    {
        get { lock (gate) return Bytes >= ExchangeLimits.RoundBytes || ids.Count >= ExchangeLimits.RoundBlocks; }
    }

    public bool IsClosed
    {
        get { lock (gate) return closed; }
    }

    /// <summary>A block could not be stored: nothing of the round counts any more.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>False when the round is closed already: there is another one.</summary>
    public bool TryEnter(BlockId id)
    {
        lock (gate)
        {
            if (closed) return false;
            ids.Add(id);
            adding++;
            return true;
        }
    }

    /// <summary>Stores the block it was entered for. The caller may use the block's memory again afterwards.</summary>
    public async Task AddAsync(Block block)
    {
        try
        {
            await session.AddAsync(block);
            Interlocked.Add(ref bytes, block.Bytes.Length);
        }
        catch
        {
            HasFailed = true;
            throw;
        }
        finally
        {
            lock (gate)
                if (--adding == 0 && closed) quiet.TrySetResult();
        }
    }

    /// <summary>When it returns, every block of the round would survive a power cut.</summary>
    public async Task LandAsync()
    {
        lock (gate)
        {
            closed = true;
            if (adding == 0) quiet.TrySetResult();
        }
        await quiet.Task;
        await session.FlushAsync();
    }

    public void Dispose() => session.Dispose();
}
