using Vault.Blocks;
using Vault.Primitives;

namespace Vault.Swarm;

// What is missing: everything that the vault's pins need, roots that have just become wanted, and what somebody waits for.
public sealed partial class BlockFetch
{
    /// <summary>Roots that wait to be looked at; beyond that a walk over all pins finds them as well.</summary>
    const int MaxRoots = 64 << 10;

    /// <summary>Found blocks are handed to the plan by so many: one question's worth.</summary>
    const int Handful = ExchangeLimits.IdsInAsk;

    readonly AsyncPulse searchPulse = new(), roomPulse = new();
    readonly Queue<BlockId> roots = new();
    readonly Dictionary<BlockId, List<Waiter>> waiters = [];
    bool everything, searching, shares, onDemand;

    /// <summary>This device holds a share of the vault: what it should have is for who looks after copies to say, and not for the pins.</summary>
    public bool Shares
    {
        get { lock (gate) return shares; }
        set
        {
            bool stopped;
            lock (gate) (stopped, shares) = (shares && !value, value);
            if (stopped) Search();
        }
    }

    /// <summary>Looks for everything that the vault's pins need and that isn't here.</summary>
    public void Search()
    {
        lock (gate) everything = searching = true;
        searchPulse.Set();
    }

    /// <summary>Files that have just become wanted, by their roots; their pins are durable.</summary>
    public void Search(IEnumerable<BlockId> wanted)
    {
        lock (gate)
        {
            foreach (BlockId root in wanted)
                if (roots.Count < MaxRoots) roots.Enqueue(root);
                else everything = true;
            searching |= everything || roots.Count > 0;
        }
        searchPulse.Set();
    }

    /// <summary>Copies that this device is to make, and nothing that lies below them.</summary>
    public void Heal(IReadOnlyList<BlockId> blocks)
    {
        lock (gate)
            if (onDemand && !shares) return; // who keeps what it asked for makes no copies for others
        BlockId[] missing = [.. blocks.Where(id => !store.Contains(vault, id))];
        Do(now => plan.Want(missing, FetchPriority.Healing, null, now)); // what finds no room is asked for again by who looks after copies
    }

    /// <summary>Copies that nobody needs to make any more.</summary>
    public void Leave(BlockId[] blocks) => Do(_ => plan.Forget(blocks, FetchPriority.Healing));

    /// <summary>
    /// Whether only what is asked for is fetched, and of what the pins need only what was here once. When it begins, what is on its way for
    /// no better reason is let go.
    /// </summary>
    public bool OnDemand
    {
        get { lock (gate) return onDemand; }
        set
        {
            Do(_ =>
            {
                onDemand = value;
                if (value) plan.ForgetAll(reason => reason != FetchPriority.Awaited);
            });
            roomPulse.Set();
            Search();
        }
    }

    /// <summary>
    /// Fetches one tree before everything else. Returns when all of it is here; false when no source that is there has some part
    /// of it. A store that takes nothing meanwhile is a <see cref="StoreException"/>.
    /// </summary>
    public async Task<bool> FetchAsync(BlockId root, CancellationToken cancel)
    {
        // Below a block that comes may be others: the tree is walked again, each time a level deeper, until nothing is missing.
        for (bool whole = false; !whole;)
        {
            whole = true;
            foreach (BlockId[] some in MissingBelow(root).Chunk(Handful))
            {
                whole = false;
                if (!await FetchAsync(some, cancel)) return false;
            }
        }
        return true;
    }

    /// <summary>The same of some blocks and nothing below them.</summary>
    public async Task<bool> FetchAsync(IReadOnlyCollection<BlockId> blocks, CancellationToken cancel)
    {
        BlockId[] some = [.. blocks.Distinct()];
        if (some.Length == 0) return true;
        Waiter waiter = new(some);
        lock (gate)
        {
            if (!plan.HasSources) return false;
            foreach (BlockId id in some) Waiting(id).Add(waiter);
        }
        try
        {
            BlockId[] lacking = [];
            int taken = 0;
            Do(now => // in one step: what lands is wanted no more, and is here
            {
                lacking = [.. some.Where(id => !store.Contains(vault, id))];
                taken = plan.Want(lacking, FetchPriority.Awaited, null, now);
            });
            foreach (BlockId id in some.Except(lacking)) waiter.Settle(id, here: true);
            while (taken < lacking.Length && !waiter.Done.IsCompleted)
            {
                await roomPulse.WaitAsync(ExchangeLimits.Tick, time, cancel);
                Do(now => taken += plan.Want(lacking.AsSpan(taken), FetchPriority.Awaited, null, now));
            }
            return await DoneAsync(waiter, cancel);
        }
        finally
        {
            Do(_ =>
            {
                foreach (BlockId id in some)
                    if (waiters.TryGetValue(id, out List<Waiter>? all) && all.Remove(waiter) && all.Count == 0) waiters.Remove(id);
                if (onDemand && waiters.Count == 0) plan.ForgetAll(reason => reason == FetchPriority.Awaited); // whoever waited for them has gone
            });
        }
    }

    /// <summary>
    /// Waits, and gives up when nobody has been there for a while who could bring anything, or when the store takes nothing: that may go on for
    /// days, and whoever waits can do something about it.
    /// </summary>
    async Task<bool> DoneAsync(Waiter waiter, CancellationToken cancel)
    {
        TimeSpan alone = TimeSpan.Zero;
        int before;
        lock (gate) before = refusals.Count;
        while (true)
        {
            try
            {
                return await waiter.Done.WaitAsync(ExchangeLimits.Tick, time, cancel);
            }
            catch (TimeoutException)
            {
                lock (gate)
                {
                    alone = plan.HasSources ? TimeSpan.Zero : alone + ExchangeLimits.Tick;
                    if (refusals.Count > before && refusals.Last is { } refusal) throw new StoreException(refusal.Message, refusal.Hint, refusal);
                }
                if (alone >= ExchangeLimits.Alone) return false;
            }
        }
    }

    List<Waiter> Waiting(BlockId id)
    {
        if (!waiters.TryGetValue(id, out List<Waiter>? all)) waiters.Add(id, all = []);
        return all;
    }

    void Tell(IEnumerable<BlockId> ids, bool here)
    {
        List<(Waiter Waiter, BlockId Id)> told = [];
        lock (gate)
            foreach (BlockId id in ids)
                if (waiters.TryGetValue(id, out List<Waiter>? all)) told.AddRange(all.Select(waiter => (waiter, id)));
        foreach ((Waiter waiter, BlockId id) in told) waiter.Settle(id, here);
    }

    async Task WalkAsync()
    {
        try
        {
            while (true)
            {
                await searchPulse.WaitAsync(closing.Token);
                while (Next() is { } wanted)
                {
                    try
                    {
                        await HandOverAsync(wanted);
                    }
                    catch (VaultException e)
                    {
                        lock (gate) (fault, everything) = (e.Message, true);
                        await Task.Delay(FaultPause, time, closing.Token);
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            // We are closing.
        }
    }

    /// <summary>What is to be looked through next; null when there is nothing.</summary>
    IEnumerable<BlockId>? Next()
    {
        lock (gate)
        {
            if (everything)
            {
                everything = false;
                roots.Clear();
                return store.Missing(vault, wanted: !shares && !onDemand);
            }
            if (roots.Count == 0)
            {
                searching = false;
                return null;
            }
            BlockId[] some = [.. roots];
            roots.Clear();
            return Shares ? [] : some.SelectMany(MissingBelow);
        }
    }

    async Task HandOverAsync(IEnumerable<BlockId> found)
    {
        foreach (BlockId[] some in found.Chunk(Handful))
            for (int done = 0; ;)
            {
                Do(now => done += plan.Want(some.AsSpan(done), FetchPriority.Wanted, null, now));
                if (done == some.Length) break;
                await roomPulse.WaitAsync(ExchangeLimits.Tick, time, closing.Token);
            }
    }

    /// <summary>The blocks of one tree that aren't here, as far as what is here tells.</summary>
    IEnumerable<BlockId> MissingBelow(BlockId root)
    {
        HashSet<BlockId> walked = [];
        Stack<(BlockId Id, int? Level)> open = new([(root, null)]);
        while (open.TryPop(out (BlockId Id, int? Level) next))
        {
            if (store.Info(vault, next.Id) is not { } info)
            {
                yield return next.Id;
                continue;
            }
            if (info.Level == 0 || (next.Level is { } level && level != info.Level) || !walked.Add(next.Id)) continue;
            using StoredBlock? inner = store.Read(vault, next.Id);
            if (inner is null) yield return next.Id;
            else
                for (int i = inner.Header.Links - 1; i >= 0; i--) open.Push((inner.Link(i), info.Level - 1));
        }
    }

    /// <summary>Somebody waits for all of these blocks.</summary>
    sealed class Waiter(IEnumerable<BlockId> ids)
    {
        readonly Lock gate = new();
        readonly HashSet<BlockId> left = [.. ids];
        readonly TaskCompletionSource<bool> done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<bool> Done => done.Task;

        public void Settle(BlockId id, bool here)
        {
            lock (gate)
            {
                if (!left.Remove(id) || left.Count > 0 && here) return;
            }
            done.TrySetResult(here);
        }
    }
}
