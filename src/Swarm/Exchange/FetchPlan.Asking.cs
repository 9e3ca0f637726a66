using Vault.Blocks;

namespace Vault.Swarm;

// Who is asked for what.
sealed partial class FetchPlan
{
    long generation; // moves when something joins the queue: a source that found nothing needn't look before
    readonly List<Entry> passed = [];

    /// <summary>Gives every source with room something to do; the fastest first, so that what is left at the end isn't with the slowest.</summary>
    void Fill(TimeSpan now)
    {
        if (queued == 0) return;
        foreach (FetchSource source in sources.OfType<FetchSource>().OrderByDescending(source => source.Rate))
        {
            while (queued > 0 && source is { Room: > 0, WorthAsking: true } && source.NothingSince != generation)
                if (!AskSome(source, now)) break;
        }
    }

    /// <summary>One message for one source: as many of the queue's first as it has room for and may have. False when there were none.</summary>
    bool AskSome(FetchSource source, TimeSpan now)
    {
        ulong bit = 1UL << source.Slot;
        int most = Math.Min(source.Room, ExchangeLimits.IdsInAsk);
        List<BlockId> ids = [];
        FetchPriority? lane = null;
        while (ids.Count < most && passed.Count < ExchangeLimits.PassedOver && queue.TryPeek(out Entry entry, out _))
        {
            Wanted want = entry.Want;
            if (entry.Counts && lane is { } chosen && LaneOf(chosen) != LaneOf(want.Priority)) break;
            queue.Dequeue();
            if (!entry.Counts) continue;
            if (((want.LackedBy | want.OwedBy) & bit) != 0)
            {
                passed.Add(entry);
                continue;
            }
            lane ??= want.Priority;
            queued--;
            Ask(source, want, now);
            ids.Add(want.Id);
        }
        foreach (Entry entry in passed) queue.Enqueue(entry, (entry.Priority, entry.Want.Sequence));
        passed.Clear();
        source.NothingSince = ids.Count == 0 ? generation : null;
        if (ids.Count > 0) outputs.Enqueue(new FetchOutput.Ask(source.Slot, LaneOf(lane!.Value), [.. ids]));
        return ids.Count > 0;
    }

    static Lane LaneOf(FetchPriority priority) => priority == FetchPriority.Awaited ? Lane.Urgent : Lane.Bulk;

    static void Ask(FetchSource source, Wanted want, TimeSpan now)
    {
        want.State = WantState.Asked;
        want.AskedAt = now;
        want.OwedBy |= 1UL << source.Slot;
        source.Ask(want, now);
    }

    /// <summary>
    /// The end of a transfer isn't left to the slowest: who owes nothing is asked for what others have owed for longer than their
    /// rate explains. The first answer is taken, and no block is owed by more than two.
    /// </summary>
    void AskSeconds(TimeSpan now)
    {
        if (queued > 0 && sources.All(source => source is null || source.NothingSince is null)) return;
        foreach (FetchSource idle in sources.OfType<FetchSource>().Where(source => source is { Owed.Count: 0, Dropped: false }).OrderByDescending(source => source.Rate))
        {
            ulong bit = 1UL << idle.Slot;
            Wanted[] overdue = [.. sources.OfType<FetchSource>()
                .Where(slow => slow != idle)
                .SelectMany(slow => slow.Owed.Values.Where(want => IsOverdue(want, slow, now)))
                .Where(want => (want.LackedBy & bit) == 0 && ulong.PopCount(want.OwedBy) == 1)
                .OrderBy(want => want.Priority).ThenBy(want => want.Sequence)
                .Take(Math.Min(idle.Room, ExchangeLimits.IdsInAsk))];
            foreach (IGrouping<Lane, Wanted> lane in overdue.GroupBy(want => LaneOf(want.Priority)))
            {
                foreach (Wanted want in lane) Ask(idle, want, now);
                outputs.Enqueue(new FetchOutput.Ask(idle.Slot, lane.Key, [.. lane.Select(want => want.Id)]));
            }
        }
    }

    static bool IsOverdue(Wanted want, FetchSource slow, TimeSpan now)
    {
        TimeSpan owed = now - want.AskedAt;
        return want.State == WantState.Asked && owed > ExchangeLimits.SecondAsk && (slow.Dropped || owed > 2 * slow.Backlog);
    }
}
