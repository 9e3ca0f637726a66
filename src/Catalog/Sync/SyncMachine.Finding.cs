using System.Runtime.InteropServices;
using Vault.Primitives;

namespace Vault.Catalog;

public sealed partial class SyncMachine
{
    /// <summary>How to go on when the first cells were too few.</summary>
    void Lead(SyncRun current, TimeSpan now)
    {
        long mine = current.View.Count, theirs = current.Peer!.Count, estimate = Estimate(current);
        long cells = NextCells(current.CellsShown, estimate);
        if (theirs == 0) Resolve(current, new IdDifference([.. current.View.Ids()], []), ask: false);
        else if (estimate > Math.Max(mine, theirs) / 4 && Math.Min(mine, theirs) <= SyncLimits.ListedIds)
        {
            if (mine > theirs) Enqueue(new SyncMessage.AskIds());
            else if (MayWalk(current, now)) SendIds(current);
            else WalkTree(current);
        }
        else if (cells <= SyncLimits.CellsPerRun && MayShow(current, (int)cells, now)) ShowCells(current, (int)cells);
        else WalkTree(current);
    }

    /// <summary>Cells that read a difference of this size in one go nine times out of ten, although it is only a guess.</summary>
    static long CellsFor(long estimate) => estimate + estimate * 3 / 4 + 16;

    /// <summary>A quarter more at least; and if these many should have been enough already, so many more that bad luck is ruled out at once.</summary>
    static long NextCells(int shown, long estimate) =>
        CellsFor(estimate) is var cells && cells > shown ? Math.Max(cells, shown + shown / 4) : shown + Math.Max(shown / 4, 192);

    static long Estimate(SyncRun current) => DifferenceEstimate.Of(Difference(current), current.View.Count - current.Peer!.Count);

    static Cell[] Difference(SyncRun current) =>
        CellRange.Subtract(current.View.Cells(current.PeerCells.Count), CollectionsMarshal.AsSpan(current.PeerCells));

    /// <summary>The difference, if the cells give it away. What they say can be a lie: ids that we have aren't missing, and those we lack aren't ours.</summary>
    static IdDifference? Read(SyncRun current)
    {
        if (Peeling.Peel(Difference(current), current.View.Key) is not { } difference) return null;
        bool ours = current.View.Find(difference.Mine).Select(leaf => leaf.Id).Distinct().Count() == difference.Mine.Count;
        return ours && !current.View.Find(difference.Theirs).Any() ? difference : null;
    }

    bool MayShow(SyncRun current, int cells, TimeSpan now) => cells <= current.View.CellsAtHand || MayWalk(current, now);

    /// <summary>Whether all leaves may be read on this peer's account; of a small set always.</summary>
    bool MayWalk(SyncRun current, TimeSpan now) => current.View.Count <= SyncLimits.CellsPerMessage || walks.TryTake(1, now);

    void ShowCells(SyncRun current, int total)
    {
        int from = current.CellsShown;
        current.CellsShown = total;
        current.RecordsAllowed += total;
        Enqueue(Parts());

        IEnumerable<SyncMessage> Parts()
        {
            for (int at = from; at < total; at += SyncLimits.CellsPerMessage)
                yield return new SyncMessage.MoreCells(at, total, current.View.Cells(total)[at..Math.Min(total, at + SyncLimits.CellsPerMessage)].ToArray());
        }
    }

    void OnMoreCells(SyncRun current, SyncMessage.MoreCells more, TimeSpan now)
    {
        if (current.Found) return;
        if (more.From != current.PeerCells.Count || current.Level > 0) throw new ProtocolException("the peer's cells don't follow on one another");
        current.PeerCells.AddRange(more.Cells);
        if (current.PeerCells.Count < more.Total) return;

        if (!MayShow(current, more.Total, now))
        {
            WalkTree(current);
            return;
        }
        if (Read(current) is { } difference)
        {
            Resolve(current, difference, ask: true);
            return;
        }
        long estimate = Estimate(current), next = NextCells(more.Total, estimate);
        // So many cells that an honest difference would long have been read: somebody has made ids that never come apart.
        bool hopeless = more.Total >= estimate * 11 / 5 + 256;
        if (hopeless || next > SyncLimits.CellsPerRun) WalkTree(current);
        else Enqueue(new SyncMessage.AskCells((int)next));
    }

    void OnAskCells(SyncRun current, SyncMessage.AskCells ask, TimeSpan now)
    {
        if (ask.Total <= current.CellsShown || current.Level > 0) throw new ProtocolException("the peer asks for cells that it has");
        if (MayShow(current, ask.Total, now)) ShowCells(current, ask.Total);
        else WalkTree(current);
    }

    void OnAskIds(SyncRun current, TimeSpan now)
    {
        if (current.Level > 0 || !MayWalk(current, now)) throw new ProtocolException("the peer asks for too many lists");
        SendIds(current);
    }

    void SendIds(SyncRun current)
    {
        current.RecordsAllowed += current.Peer!.Count;
        Enqueue(IdParts(current.View.Ids(), (last, ids) => new SyncMessage.Ids(last, ids)));
    }

    static IEnumerable<SyncMessage> IdParts(IEnumerable<ulong> ids, Func<bool, ulong[], SyncMessage> part)
    {
        ulong[]? waiting = null;
        foreach (ulong[] next in ids.Chunk(SyncLimits.IdsPerMessage))
        {
            if (waiting != null) yield return part(false, waiting);
            waiting = next;
        }
        yield return part(true, waiting ?? []);
    }

    void OnIds(SyncRun current, SyncMessage.Ids part, TimeSpan now)
    {
        if (current.Found) return;
        List<ulong> theirs = current.PeerIds;
        if (theirs.Count + part.Values.Length > Math.Min(SyncLimits.ListedIds, current.Peer!.Count)) throw new ProtocolException("the peer lists more than it has");
        if (theirs.Count > 0 && part.Values.Length > 0 && part.Values[0] <= theirs[^1]) throw new ProtocolException("the peer's list isn't in order");
        theirs.AddRange(part.Values);
        if (!part.Last) return;
        current.RecordsAllowed += current.Peer.Count;
        if (MayWalk(current, now)) Resolve(current, Compare(current.View.Ids(), theirs), ask: true);
        else WalkTree(current);
    }

    /// <summary>What only one of two ascending lists has.</summary>
    internal static IdDifference Compare(IEnumerable<ulong> mine, IReadOnlyList<ulong> theirs)
    {
        List<ulong> onlyMine = [], onlyTheirs = [];
        int at = 0;
        foreach (ulong id in mine)
        {
            while (at < theirs.Count && theirs[at] < id) onlyTheirs.Add(theirs[at++]);
            if (at < theirs.Count && theirs[at] == id) at++;
            else onlyMine.Add(id);
        }
        while (at < theirs.Count) onlyTheirs.Add(theirs[at++]);
        return new IdDifference(onlyMine, onlyTheirs);
    }
}
