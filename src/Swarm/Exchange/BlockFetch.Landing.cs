using System.Threading.Channels;
using Vault.Blocks;
using Vault.Primitives;

namespace Vault.Swarm;

// The way to the disk: blocks gather in a round, the round becomes durable, and only then they count. Whoever is told of it may take its time:
// meanwhile the next round goes to the disk.
public sealed partial class BlockFetch
{
    /// <summary>After the store has refused something, everybody waits this long before it is tried again.</summary>
    static readonly TimeSpan FaultPause = TimeSpan.FromSeconds(5);

    readonly AsyncPulse landingPulse = new();
    readonly Channel<(IReadOnlyList<BlockId> Ids, long Bytes)> landed = Channel.CreateBounded<(IReadOnlyList<BlockId>, long)>(new BoundedChannelOptions(1) { SingleReader = true, SingleWriter = true });
    LandingRound? round;
    string? fault, untold; // why the store takes nothing; why a listener can't take in what landed. Each ends by itself.
    (int Count, VaultException? Last) refusals; // by the store, since the start
    long blocks, bytes;

    /// <summary>Blocks have become durable: which, and their bytes. Whoever can't take it in now is told again after a pause, and the next round later.</summary>
    public event Action<IReadOnlyList<BlockId>, long>? Landed;

    /// <summary>A disk that is full is not the peer's fault: the round fails, its blocks are wanted again, and this source is read on after a pause.</summary>
    async Task StoreAsync(Block block)
    {
        LandingRound entered;
        while (!(entered = OpenRound()).TryEnter(block.Id)) { }
        bool failed = false;
        try
        {
            await entered.AddAsync(block);
        }
        catch (VaultException)
        {
            failed = true; // whoever lands the round meets the same fault and says so
        }
        bool idle;
        lock (gate) idle = plan.IsIdle;
        if (failed || idle || entered.IsFull) landingPulse.Set();
        if (failed) await Task.Delay(FaultPause, time, closing.Token);
    }

    LandingRound OpenRound()
    {
        lock (gate)
        {
            if (round is { IsClosed: false } open) return open;
            landingPulse.Set(); // from now on its age counts
            return round = new LandingRound(store.BeginWrite(vault), Now);
        }
    }

    async Task LandAsync()
    {
        while (!closing.IsCancellationRequested)
        {
            try
            {
                if (HasRound) await landingPulse.WaitAsync(ExchangeLimits.Tick, time, closing.Token);
                else await landingPulse.WaitAsync(closing.Token); // nothing to look at: who idles wakes nobody
            }
            catch (OperationCanceledException)
            {
                // What has come is kept; the next start asks for the rest.
            }
            if (TakeDue() is { } due) await LandAsync(due);
        }
    }

    bool HasRound
    {
        get { lock (gate) return round is not null; }
    }

    LandingRound? TakeDue()
    {
        lock (gate)
        {
            if (round is null or { IsEmpty: true }) return null;
            bool due = round.IsFull || round.HasFailed || plan.IsIdle || Now - round.OpenedAt >= ExchangeLimits.RoundAge || closing.IsCancellationRequested;
            if (!due) return null;
            (LandingRound? taken, round) = (round, null);
            return taken;
        }
    }

    async Task LandAsync(LandingRound due)
    {
        using (due)
        {
            try
            {
                await due.LandAsync();
                Do(_ =>
                {
                    plan.Durable(due.Ids);
                    fault = null;
                });
                Interlocked.Add(ref blocks, due.Ids.Count);
                Interlocked.Add(ref bytes, due.Bytes);
            }
            catch (VaultException e)
            {
                Do(now =>
                {
                    plan.Lost(due.Ids, now);
                    fault = e.Message;
                    refusals = (refusals.Count + 1, e);
                });
                return;
            }
        }
        roomPulse.Set();
        Tell(due.Ids, here: true);
        await landed.Writer.WriteAsync((due.Ids, due.Bytes));
    }

    async Task TellLandedAsync()
    {
        try
        {
            await foreach ((IReadOnlyList<BlockId> ids, long bytes) in landed.Reader.ReadAllAsync())
                while (!TryTellLanded(ids, bytes))
                    await Task.Delay(FaultPause, time, closing.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
        }
        catch (Exception mistake)
        {
            landed.Writer.TryComplete(mistake); // the listener's: nothing lands any more, and nobody waits for it either
            throw;
        }
    }

    /// <summary>A catalog on a full disk notes nothing: what came must not be forgotten for that, as long as there is time. The next start looks through everything.</summary>
    bool TryTellLanded(IReadOnlyList<BlockId> ids, long bytes)
    {
        try
        {
            Landed?.Invoke(ids, bytes);
            lock (gate) untold = null;
            return true;
        }
        catch (VaultException e)
        {
            lock (gate) untold = e.Message;
            return closing.IsCancellationRequested;
        }
    }
}
