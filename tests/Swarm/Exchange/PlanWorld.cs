using Vault.Blocks;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Swarm.Tests.Exchange;

enum Manner
{
    Honest,
    /// <summary>Answers nothing.</summary>
    Silent,
    /// <summary>Answers some of what it is asked with other bytes; whoever drives the plan parts with it then.</summary>
    Lying,
    /// <summary>Goes away at some moment.</summary>
    Leaving,
    /// <summary>Says that it lacks whatever it is asked for.</summary>
    Empty,
}

/// <summary>A source as the plan meets it, with the world's own account of what it holds and owes.</summary>
sealed class WorldSource(Manner manner, HashSet<BlockId> holds, double rate, TimeSpan latency)
{
    public Manner Manner => manner;
    public HashSet<BlockId> Holds => holds;
    public double Rate => rate;
    public TimeSpan Latency => latency;
    public int Slot { get; set; } = -1;
    public uint Next { get; set; }
    public TimeSpan BusyUntil { get; set; }
    public Dictionary<uint, BlockId> Owes { get; } = [];
    public HashSet<BlockId> OwedIds { get; } = [];
    public HashSet<BlockId> Denied { get; } = [];
}

/// <summary>
/// A plan among sources of every manner under virtual time. The world keeps its own account, the slow and obvious one, and
/// holds the plan to it at every step.
/// </summary>
sealed class PlanWorld(RandomSource random)
{
    /// <summary>A block that takes long to send shows itself this often, as its bytes do on a stream.</summary>
    static readonly TimeSpan Sign = TimeSpan.FromSeconds(5);

    readonly PriorityQueue<Action, (TimeSpan, long)> events = new();
    readonly List<WorldSource> sources = [];
    readonly HashSet<BlockId> landing = [];
    long order;

    public FetchPlan Plan { get; } = new();
    public TimeSpan Now { get; private set; }
    public Dictionary<BlockId, int> Sizes { get; } = [];
    public HashSet<BlockId> Wanted { get; } = [];
    public HashSet<BlockId> Durable { get; } = [];
    public HashSet<BlockId> Nobody { get; } = [];
    public long DeliveredBytes { get; private set; }
    public long WastedBytes { get; private set; }
    public int Messages { get; private set; }
    public TimeSpan DoneAt { get; private set; }

    /// <summary>How often a round of stored blocks fails, in percent.</summary>
    public int Losses { get; set; }

    public IReadOnlyList<WorldSource> Sources => sources;

    public BlockId NewBlock(int size)
    {
        BlockId id = new(random.Bytes(32));
        Sizes.Add(id, size);
        return id;
    }

    public WorldSource Add(Manner manner, IEnumerable<BlockId> holds, double rate, TimeSpan latency)
    {
        WorldSource source = new(manner, [.. holds], rate, latency);
        sources.Add(source);
        source.Slot = Plan.AddSource(Now)!.Value;
        if (manner == Manner.Leaving) After(TimeSpan.FromSeconds(random.Below(20)), () => Part(source));
        Drain();
        return source;
    }

    public void Want(IReadOnlyList<BlockId> ids, FetchPriority priority = FetchPriority.Wanted)
    {
        Wanted.UnionWith(ids);
        Assert.Equal(ids.Count, Plan.Want([.. ids], priority, 0, Now));
        Drain();
    }

    public void After(TimeSpan delay, Action action) => events.Enqueue(action, (Now + delay, order++));

    /// <summary>Runs until nothing that could still come is outstanding, or until the time is up.</summary>
    public void Run(TimeSpan limit)
    {
        After(ExchangeLimits.Tick, Tick);
        while (events.TryDequeue(out Action? next, out (TimeSpan At, long) when) && when.At < limit)
        {
            Now = when.At;
            next();
            Drain();
        }
    }

    void Tick()
    {
        Plan.Tick(Now);
        if (Plan.Count > 0 || events.Count > 0) After(ExchangeLimits.Tick, Tick);
    }

    void Drain()
    {
        while (Plan.TryTake(out FetchOutput? output))
            switch (output)
            {
                case FetchOutput.Ask ask: OnAsk(ask); break;
                case FetchOutput.Drop drop:
                    WorldSource dropped = sources.Single(source => source.Slot == drop.Source);
                    Assert.Equal(Manner.Silent, dropped.Manner);
                    Part(dropped);
                    break;
                case FetchOutput.Nobody nobody:
                    Assert.All(sources.Where(source => source.Slot >= 0), source => Assert.Contains(nobody.Id, source.Denied));
                    Nobody.Add(nobody.Id);
                    break;
            }
    }

    void OnAsk(FetchOutput.Ask ask)
    {
        Messages++;
        WorldSource source = sources.Single(source => source.Slot == ask.Source);
        Assert.InRange(ask.Ids.Length, 1, ExchangeLimits.IdsInAsk);
        foreach (BlockId id in ask.Ids)
        {
            Assert.Contains(id, Wanted);
            Assert.DoesNotContain(id, Durable);
            Assert.DoesNotContain(id, landing);
            Assert.True(source.OwedIds.Add(id));
            Assert.InRange(sources.Count(other => other.OwedIds.Contains(id)), 1, 2);
            uint number = source.Next++;
            source.Owes.Add(number, id);
            Assert.Equal(id, Plan.Owed(source.Slot, number));
            if (source.Manner == Manner.Silent) continue;
            bool gives = source.Manner != Manner.Empty && source.Holds.Contains(id);
            TimeSpan start = source.BusyUntil > Now + source.Latency ? source.BusyUntil : Now + source.Latency;
            source.BusyUntil = start + (gives ? TimeSpan.FromSeconds(Sizes[id] / source.Rate) : TimeSpan.Zero);
            int trickled = 0;
            for (TimeSpan at = start + Sign; gives && at < source.BusyUntil; at += Sign)
            {
                int piece = (int)(source.Rate * Sign.TotalSeconds);
                trickled += piece;
                After(at - Now, () => { if (source.Slot >= 0) Plan.Progress(source.Slot, piece, Now); });
            }
            After(source.BusyUntil - Now, () => OnAnswer(source, number, id, gives, Math.Max(0, Sizes[id] - trickled)));
        }
        Assert.InRange(source.Owes.Count, 1, ExchangeLimits.Outstanding);
    }

    /// <param name="rest">What hasn't been told of while it came.</param>
    void OnAnswer(WorldSource source, uint number, BlockId id, bool gives, int rest)
    {
        if (source.Slot < 0) return;
        source.Owes.Remove(number);
        source.OwedIds.Remove(id);
        if (!gives)
        {
            source.Denied.Add(id);
            Plan.Lacks(source.Slot, number, Now);
            return;
        }
        if (source.Manner == Manner.Lying && random.Below(4) == 0)
        {
            Part(source);
            return;
        }
        Plan.Progress(source.Slot, rest, Now);
        bool use = Plan.Arrived(source.Slot, number, Sizes[id], Now) is not null;
        DeliveredBytes += Sizes[id];
        if (!use)
        {
            WastedBytes += Sizes[id];
            return;
        }
        landing.Add(id);
        bool lost = random.Below(100) < Losses;
        After(TimeSpan.FromMilliseconds(random.Below(1000)), () => OnRound(id, lost));
    }

    void OnRound(BlockId id, bool lost)
    {
        landing.Remove(id);
        if (lost)
        {
            Plan.Lost([id], Now);
            return;
        }
        Durable.Add(id);
        DoneAt = Now;
        Plan.Durable([id]);
    }

    void Part(WorldSource source)
    {
        if (source.Slot < 0) return;
        int slot = source.Slot;
        source.Slot = -1;
        source.Owes.Clear();
        source.OwedIds.Clear();
        Plan.RemoveSource(slot, Now);
    }
}
