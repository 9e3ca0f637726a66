using System.Diagnostics.CodeAnalysis;
using Vault.Blocks;

namespace Vault.Swarm;

/// <summary>What a block is fetched for; the smaller goes first.</summary>
public enum FetchPriority : byte
{
    /// <summary>Somebody waits for the file.</summary>
    Awaited = 0,
    /// <summary>The vault's pins need it.</summary>
    Wanted = 1,
    /// <summary>One more copy, for safety.</summary>
    Healing = 2,
}

/// <summary>What the plan wants done.</summary>
abstract record FetchOutput
{
    private FetchOutput() { }

    /// <summary>Ask a source for these; their numbers on its stream go on from the last.</summary>
    public sealed record Ask(int Source, Lane Lane, BlockId[] Ids) : FetchOutput;

    /// <summary>Part with a source.</summary>
    public sealed record Drop(int Source, string Reason) : FetchOutput;

    /// <summary>Every source there is has said that it lacks this block. It is asked for again when that may have changed.</summary>
    public sealed record Nobody(BlockId Id) : FetchOutput;
}

/// <summary>
/// Which block is asked of whom, and when: a machine without streams, clock or chance. It knows what is wanted, what each
/// source owes and how fast it has been, and keeps just enough in flight with each; it never holds a block. A block is owed by one source
/// at a time, except at the end, when one that idles is asked for what a slower one still owes.
/// FetchPlan.Asking.cs decides; here things come in.
/// </summary>
/// <remarks>Times are since any fixed moment and never go back. For one caller at a time.</remarks>
sealed partial class FetchPlan
{
    readonly Dictionary<BlockId, Wanted> wants = [];
    readonly PriorityQueue<Entry, (FetchPriority, long)> queue = new();
    readonly FetchSource?[] sources = new FetchSource?[ExchangeLimits.Sources];
    readonly Queue<FetchOutput> outputs = new();
    readonly HashSet<Wanted> stranded = [];
    long sequence;
    int queued;
    TimeSpan retriedAt;

    /// <summary>Blocks wanted and not yet durable.</summary>
    public int Count => wants.Count;

    /// <summary>How many more may be wanted now.</summary>
    public int Room => ExchangeLimits.Wants - wants.Count;

    /// <summary>Blocks that are on their way, or could be.</summary>
    public int Active { get; private set; }

    /// <summary>Nothing can come before something else happens.</summary>
    public bool IsIdle => !sources.Any(source => source is { Owed.Count: > 0 });

    public bool HasSources => sources.Any(source => source is not null);

    public IEnumerable<(int Source, double BytesPerSecond, int InFlight)> Rates =>
        sources.Where(source => source is not null).Select(source => (source!.Slot, source.Rate, source.Owed.Count));

    /// <summary>A stream to a peer that holds blocks of the vault. Null when there are too many already.</summary>
    public int? AddSource(TimeSpan now)
    {
        int slot = Array.IndexOf(sources, null);
        if (slot < 0) return null;
        sources[slot] = new FetchSource(slot, now);
        Revive(~(1UL << slot));
        Fill(now);
        return slot;
    }

    /// <summary>The stream has ended, for whatever reason. What it owed is asked of others.</summary>
    public void RemoveSource(int slot, TimeSpan now)
    {
        if (sources[slot] is not { } gone) return;
        sources[slot] = null;
        foreach (Wanted want in gone.Owed.Values) Release(want, slot);
        foreach (Wanted want in wants.Values) want.LackedBy &= ~(1UL << slot);
        foreach (Wanted want in wants.Values) Settle(want);
        Fill(now);
    }

    /// <summary>How many of these were taken: from the first on, until there is no room. One that is wanted already may become more urgent.</summary>
    /// <param name="level">What their parent says their level is; null for roots, which may be of any.</param>
    public int Want(ReadOnlySpan<BlockId> ids, FetchPriority priority, int? level, TimeSpan now)
    {
        int taken = 0;
        while (taken < ids.Length && Want(ids[taken], priority, level)) taken++;
        Fill(now);
        return taken;
    }

    bool Want(BlockId id, FetchPriority priority, int? level)
    {
        if (!wants.TryGetValue(id, out Wanted? known))
        {
            if (Room == 0) return false;
            wants.Add(id, known = new Wanted(id, priority, level, ++sequence));
            Active++;
            Enqueue(known);
            return true;
        }
        if (known.State == WantState.Stranded) outputs.Enqueue(new FetchOutput.Nobody(id)); // whoever asks is told as well
        if (priority >= known.Priority) return true;
        known.Priority = priority;
        if (known.State == WantState.Queued) Enqueue(known);
        return true;
    }

    /// <summary>Nobody needs these any more that were wanted for no better reason. What is in flight may still arrive.</summary>
    public void Forget(ReadOnlySpan<BlockId> ids, FetchPriority reason)
    {
        foreach (BlockId id in ids)
            if (wants.TryGetValue(id, out Wanted? want) && want.State != WantState.Landing && want.Priority >= reason) Remove(want);
    }

    /// <summary>The same of everything that was wanted for one of these reasons.</summary>
    public void ForgetAll(Func<FetchPriority, bool> reason)
    {
        foreach (Wanted want in wants.Values.Where(want => want.State != WantState.Landing && reason(want.Priority)).ToList()) Remove(want);
    }

    /// <summary>The block a source must mean by this number; null when it owes none of that number, which is a breach.</summary>
    public BlockId? Owed(int slot, uint number) => sources[slot] is { } source && source.Owed.TryGetValue(number, out Wanted? want) ? want.Id : null;

    /// <summary>Some bytes of an answer have come.</summary>
    public void Progress(int slot, int bytes, TimeSpan now) => sources[slot]?.Count(bytes, now);

    /// <summary>What a source sends isn't read for a while, and then is again.</summary>
    public void Hold(int slot, bool held, TimeSpan now)
    {
        if (sources[slot] is not { } source) return;
        source.IsHeld = held;
        source.Count(0, now);
    }

    /// <summary>
    /// A whole block that is what was asked for. Says whether it is to be stored, as which level's child; null when another source
    /// was faster or nobody needs it any more.
    /// </summary>
    public (FetchPriority Priority, int? Level)? Arrived(int slot, uint number, int length, TimeSpan now)
    {
        if (sources[slot] is not { } source || !source.Owed.Remove(number, out Wanted? want)) return null;
        source.Delivered(length);
        want.OwedBy &= ~(1UL << slot);
        (FetchPriority, int?)? use = null;
        if (want.State is WantState.Queued or WantState.Asked)
        {
            if (want.State == WantState.Queued) queued--;
            want.State = WantState.Landing;
            use = (want.Priority, want.Level);
        }
        Fill(now);
        return use;
    }

    /// <summary>The source says that it lacks the block.</summary>
    public void Lacks(int slot, uint number, TimeSpan now)
    {
        if (sources[slot] is not { } source || !source.Owed.Remove(number, out Wanted? want)) return;
        source.Count(0, now);
        want.LackedBy |= 1UL << slot;
        Release(want, slot);
        Settle(want);
        Fill(now);
    }

    /// <summary>These survive a power cut now; they are wanted no more.</summary>
    public void Durable(IEnumerable<BlockId> ids)
    {
        foreach (BlockId id in ids)
            if (wants.TryGetValue(id, out Wanted? want) && want.State == WantState.Landing) Remove(want);
    }

    /// <summary>These arrived and could not be stored; they are wanted as before.</summary>
    public void Lost(IEnumerable<BlockId> ids, TimeSpan now)
    {
        foreach (BlockId id in ids)
            if (wants.TryGetValue(id, out Wanted? want) && want.State == WantState.Landing)
            {
                Enqueue(want);
                Settle(want); // who had it may be gone by now, and the others may have said that they lack it
            }
        Fill(now);
    }

    public void Tick(TimeSpan now)
    {
        foreach (FetchSource? source in sources)
        {
            if (source is null) continue;
            source.Settle(now);
            if (source.Owed.Count > 0 && source is { Dropped: false, IsHeld: false } && now - source.LastHeard > ExchangeLimits.Silence)
            {
                source.Dropped = true; // nothing more is asked of it; its driver removes it
                outputs.Enqueue(new FetchOutput.Drop(source.Slot, "it owes blocks and has been silent for half a minute"));
            }
        }
        if (now - retriedAt >= ExchangeLimits.Retry)
        {
            retriedAt = now;
            Revive(0);
        }
        Fill(now);
        AskSeconds(now);
    }

    public bool TryTake([NotNullWhen(true)] out FetchOutput? output) => outputs.TryDequeue(out output);

    /// <summary>One source less owes it: it waits again unless another owes it too, or it has arrived.</summary>
    void Release(Wanted want, int slot)
    {
        want.OwedBy &= ~(1UL << slot);
        if (want.State == WantState.Asked && want.OwedBy == 0) Enqueue(want);
    }

    /// <summary>A block that waits in the queue and that every source lacks is put aside.</summary>
    void Settle(Wanted want)
    {
        if (want.State != WantState.Queued || want.LackedBy == 0) return;
        foreach (FetchSource? source in sources)
            if (source is not null && (want.LackedBy & 1UL << source.Slot) == 0) return;
        queued--;
        want.State = WantState.Stranded;
        Active--;
        stranded.Add(want);
        outputs.Enqueue(new FetchOutput.Nobody(want.Id));
    }

    /// <summary>What was put aside waits again; of what is known of who lacks it, these bits stay.</summary>
    void Revive(ulong keep)
    {
        foreach (Wanted want in stranded)
        {
            want.LackedBy &= keep;
            Active++;
            Enqueue(want);
        }
        stranded.Clear();
    }

    void Enqueue(Wanted want)
    {
        if (want.State != WantState.Queued) queued++;
        want.State = WantState.Queued;
        queue.Enqueue(new Entry(want, want.Priority), (want.Priority, want.Sequence));
        generation++;
    }

    void Remove(Wanted want)
    {
        wants.Remove(want.Id);
        if (want.State == WantState.Queued) queued--;
        if (!stranded.Remove(want)) Active--;
        want.State = WantState.Gone;
    }

    internal enum WantState { New, Queued, Asked, Landing, Stranded, Gone }

    /// <summary>A place in the queue; it counts while the want still waits with this priority.</summary>
    readonly record struct Entry(Wanted Want, FetchPriority Priority)
    {
        public bool Counts => Want.State == WantState.Queued && Want.Priority == Priority;
    }

    internal sealed class Wanted(BlockId id, FetchPriority priority, int? level, long sequence)
    {
        public BlockId Id => id;
        public int? Level => level;
        public long Sequence => sequence;
        public FetchPriority Priority { get; set; } = priority;
        public WantState State { get; set; }
        public ulong LackedBy { get; set; }
        public ulong OwedBy { get; set; }
        public TimeSpan AskedAt { get; set; }
    }
}
