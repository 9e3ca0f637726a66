using Vault.Primitives;

namespace Vault.Catalog;

public sealed partial class SyncMachine
{
    /// <summary>
    /// This side knows the difference: it gives what the peer lacks and, if the peer doesn't know the difference too, asks for
    /// what it lacks itself. Where both have something in one bucket it is most often the old and the new version of one path:
    /// then only one side gives, and the other only what outlived the merge. Control records have no versions and never wait.
    /// </summary>
    void Resolve(SyncRun current, IdDifference difference, bool ask)
    {
        current.Found = true;
        IReadOnlyList<ulong> mine = current.PullOnly ? [] : difference.Mine, theirs = current.Peer!.PullOnly ? [] : difference.Theirs;
        current.Wanted = theirs.Count;
        current.RecordsAllowed += (long)SyncLimits.RecordsPerAsked * theirs.Count;
        if (ask && theirs.Count > 0) Enqueue(IdParts(theirs, (last, ids) => new SyncMessage.Need(last, ids)));

        bool yields = ask || side == SyncSide.Secondary;
        HashSet<int> shared = yields ? [.. theirs.Select(id => (int)(id >> 48))] : [];
        ILookup<bool, ulong> waits = mine.ToLookup(id => id >> 63 == 1 && shared.Contains((int)(id >> 48)));
        current.Held = [.. waits[true]];
        Give(current, waits[false], last: current.Held.Count == 0);
        SettleWhenComplete(current);
    }

    void Give(SyncRun current, IEnumerable<ulong> ids, bool last)
    {
        if (current.SentLast) return;
        current.SentLast = last;
        SetView view = current.View;
        Enqueue(Batches(view.Find(ids).Select(view.Record).OfType<ReadOnlyMemory<byte>>(), last, news: false));
    }

    static IEnumerable<SyncMessage> Batches(IEnumerable<ReadOnlyMemory<byte>> records, bool last, bool news)
    {
        List<ReadOnlyMemory<byte>> batch = [];
        int size = 0;
        foreach (ReadOnlyMemory<byte> record in records)
        {
            if (record.IsEmpty || record.Length > SyncLimits.Record) throw new InvalidOperationException($"A record has {record.Length} bytes.");
            if (size + record.Length > SyncLimits.RecordsTarget && batch.Count > 0)
            {
                yield return new SyncMessage.Records(false, news, [.. batch]);
                batch.Clear();
                size = 0;
            }
            batch.Add(record);
            size += record.Length;
        }
        if (last || batch.Count > 0) yield return new SyncMessage.Records(last, news, [.. batch]);
    }

    void OnNeed(SyncRun current, SyncMessage.Need need)
    {
        if (current.PullOnly) throw new ProtocolException("the peer asks one that only takes");
        current.IdsAsked += need.Values.Length;
        if (current.IdsAsked > (SyncRun.LastLevel + 1) * current.View.Count + SyncLimits.SpareRecords) throw new ProtocolException("the peer asks for more records than there are");
        Give(current, need.Values, need.Last);
        SettleWhenComplete(current);
    }

    void OnRecords(SyncRun current, SyncMessage.Records records)
    {
        current.RecordsAllowed -= records.Values.Length;
        current.Come += records.Values.Length;
        if (current.ReceivedLast || current.RecordsAllowed < 0) throw new ProtocolException("the peer sends more records than it was asked for");
        if (current.Peer!.PullOnly && records.Values.Length > 0) throw new ProtocolException("the peer gives although it only takes");
        if (records.Values.Length > 0) events.Enqueue(new SyncOutput.Merge(records.Values, Asked: true));
        if (!records.Last) return;
        current.ReceivedLast = true;
        // The peer has found what it lacks, and it was nothing.
        if (!current.Found) Give(current, [], last: true);
        SettleWhenComplete(current);
    }

    void OnNews(SyncMessage.Records news, TimeSpan now)
    {
        // Its news may have been on the way when this side began another comparison, which the peer hasn't answered yet.
        if (!wasGreeted || (run?.Peer is { PullOnly: true } && phase == Phase.Comparing)) throw new ProtocolException("the peer sends news before its greeting");
        if (!unasked.TryTake(news.Values.Length, now)) throw new ProtocolException("the peer sends more news than can be checked");
        if (news.Values.Length > 0) events.Enqueue(new SyncOutput.Merge(news.Values, Asked: false));
    }

    void SettleWhenComplete(SyncRun current)
    {
        if (current.Settling || !current.ReceivedLast || !(current.SentLast || current.Held.Count > 0)) return;
        current.Settling = true;
        events.Enqueue(new SyncOutput.Settle());
    }

    /// <summary>What <see cref="SyncOutput.Merge"/> brought is in the set.</summary>
    public void Settled()
    {
        if (phase != Phase.Comparing || run is not { Settling: true, SentDone: null } current) return;
        current.Settle(standing().View);
        Give(current, current.Held, last: true);
        // What came and isn't in the set was replaced here already, or waits: to ask for it again and again would bring no more.
        bool everything = current.PullOnly && current.Level > 0 && current.Found && current.Come >= current.Wanted;
        current.SentDone = new SyncMessage.Done(everything, RootTag.Of(current.View.Root, side, channel));
        Enqueue(current.SentDone);
        FinishWhenDone(current);
    }

    void OnDone(SyncRun current, SyncMessage.Done done)
    {
        if (!current.ReceivedLast || current.ReceivedDone != null) throw new ProtocolException("the peer ends a comparison before its time");
        current.ReceivedDone = done;
        FinishWhenDone(current);
    }

    void FinishWhenDone(SyncRun current)
    {
        if (current is not { SentDone: { } sent, ReceivedDone: { } received }) return;
        if (received.Tag == RootTag.Of(current.View.Root, OtherSide, channel)) Finish(SyncResult.InStep);
        else if (sent.Final || received.Final) Finish(SyncResult.Pulled);
        else if (current.Level == SyncRun.LastLevel) Finish(SyncResult.Differs);
        else
        {
            current.Escalate();
            if (Leads(current)) WalkTree(current);
        }
    }
}
