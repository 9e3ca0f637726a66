using System.Numerics;
using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Swarm;

// What is held: the own set is told of as it changes, those of others are compared with what is known of them.
public sealed partial class Keeper
{
    /// <summary>Statements in one tick; what is more is found by comparing.</summary>
    const int StatementsAtOnce = 4;

    readonly Dictionary<HeldId, bool> news = []; // true: held from now on
    CellRange cells = new(0, HoldingsLimits.Cells);
    TimeSpan nextHeartbeat;
    readonly Dictionary<DeviceId, KeeperMessage.Ask> early = [];
    ulong sequence;
    bool looked;

    public HeldDigest Holding => map.Self.Digest;

    /// <summary>These are durable here.</summary>
    public void Hold(IEnumerable<BlockId> blocks)
    {
        long before = map.Self.Digest.Count;
        foreach (BlockId block in blocks)
            if (HeldId.Of(block) is var id && map.Add(map.Self, id))
            {
                cells.Add(id.Value, key);
                Note(id, held: true);
            }
        if (map.Self.Digest.Count > before) HoldsMore();
    }

    void HoldsMore()
    {
        foreach (KeptPeer peer in peers.Values) MayShare(peer);
    }

    /// <summary>These are here no more: freed, damaged, collected.</summary>
    public void Lose(IEnumerable<BlockId> blocks)
    {
        foreach (BlockId block in blocks)
            if (HeldId.Of(block) is var id && map.Take(map.Self, id))
            {
                cells.Remove(id.Value, key);
                Note(id, held: false);
            }
    }

    /// <summary>The same for what was here when this run began: nobody needs to be told, comparing shows it.</summary>
    public void HoldQuietly(IEnumerable<BlockId> blocks)
    {
        foreach (BlockId block in blocks)
            if (HeldId.Of(block) is var id && map.Add(map.Self, id)) cells.Add(id.Value, key);
        HoldsMore();
    }

    void Note(HeldId id, bool held)
    {
        Changed();
        if (news.Count < StatementsAtOnce * HoldingsLimits.IdsInStatement) news[id] = held;
    }

    void SayNews(TimeSpan now)
    {
        if (!looked || news.Count == 0 && now < nextHeartbeat) return;
        if (news.Count == 0 && SeesEverybody)
        {
            nextHeartbeat = now + HoldingsLimits.HeartbeatCheck;
            return;
        }
        nextHeartbeat = now + HoldingsLimits.Heartbeat;
        // The digest is that after the last of them: whoever lacks one sees that it lacks something, and compares.
        foreach (KeyValuePair<HeldId, bool>[] some in news.Chunk(HoldingsLimits.IdsInStatement).DefaultIfEmpty([]))
            outputs.Enqueue(new KeeperOutput.Say(new HoldingStatement(self, run, ++sequence, map.Self.Digest,
                [.. some.Where(one => one.Value).Select(one => one.Key)], [.. some.Where(one => !one.Value).Select(one => one.Key)])));
        news.Clear();
    }

    /// <summary>Whoever is connected knows that this device is there, and whoever is away for good isn't told.</summary>
    bool SeesEverybody => peers.Count >= (neighbourhood.Partners?.Count ?? holders.Count - (holders.ContainsKey(self) ? 1 : 0)) && peers.Values.All(peer => peer.Connected || peer.IsLost);

    /// <summary>A statement whose signature holds. False for one that says nothing new.</summary>
    public bool Hear(HoldingStatement statement, TimeSpan now)
    {
        if (Peer(statement.Device) is not { } peer || (statement.Run, statement.Sequence).CompareTo((peer.Run, peer.Sequence)) <= 0) return false;
        (peer.Run, peer.Sequence) = (statement.Run, statement.Sequence);
        Heard(peer, now);
        foreach (HeldId id in statement.Have) Has(peer, id);
        foreach (HeldId id in statement.Gone)
            if (HasNoMore(peer, id)) Blame(peer, id);
        if (statement.Have.Count + statement.Gone.Count > 0)
        {
            Changed();
            MayShare(peer);
            peer.Alike = 0;
        }
        if (peer.AskedAt is not null) return true;
        if (peer.Digest == statement.Digest) CompareLater(peer, now);
        else peer.CompareAt = Earlier(peer.CompareAt, now + 2 * HoldingsLimits.Pause); // several may be on their way, and their digest is that after the last
        Due(peer, peer.CompareAt);
        return true;
    }

    // What others look after is counted and not remembered: then the digest shows whether everything is known that should be.
    void Has(KeptPeer peer, HeldId id)
    {
        if (neighbourhood.LooksAfter(id)) map.Add(peer.Column, id);
        else peer.Elsewhere = peer.Elsewhere.With(key.Hash(id.Value));
    }

    bool HasNoMore(KeptPeer peer, HeldId id)
    {
        if (neighbourhood.LooksAfter(id)) return map.Take(peer.Column, id);
        peer.Elsewhere = peer.Elsewhere.Without(key.Hash(id.Value));
        return false;
    }

    // Before the first look what is here isn't known: an answer would say that all of it is gone.
    void Answer(KeptPeer peer, KeeperMessage.Ask ask)
    {
        if (!looked) early[peer.Device] = ask;
        else outputs.Enqueue(new KeeperOutput.Send(peer.Device, new KeeperMessage.Tell(run, sequence, map.Self.Digest, cells.Cells[..Math.Min(ask.Cells, HoldingsLimits.Cells)].ToArray())));
    }

    void AnswerEarly()
    {
        looked = true;
        foreach ((DeviceId device, KeeperMessage.Ask ask) in early)
            if (peers.TryGetValue(device, out KeptPeer? peer) && peer.Connected) Answer(peer, ask);
        early.Clear();
    }

    void Answer(KeptPeer peer, KeeperMessage.AskList ask)
    {
        if (!looked) return;
        HeldId[] ids = [.. map.In(map.Self, (int)Math.Min(ask.From, int.MaxValue), HoldingsLimits.IdsInList, out int next)];
        outputs.Enqueue(new KeeperOutput.Send(peer.Device, new KeeperMessage.TellList(ids, (uint)next)));
    }

    void KeepComparing(KeptPeer peer, TimeSpan now)
    {
        if (peer.AskedAt is { } asked && now - asked > HoldingsLimits.Patience) (peer.AskedAt, peer.Listed, peer.CompareAt) = (null, null, now);
        if (!looked && now >= peer.CompareAt) peer.CompareAt = now + HoldingsLimits.Pause; // a difference from what isn't known yet would be all of it
        if (peer.AskedAt is null && now >= peer.CompareAt) Ask(peer, !neighbourhood.IsPart && (peer.Column.Digest.Count == 0 || peer.AskedCells > 0) ? HoldingsLimits.FirstCells : 0, now);
    }

    void Ask(KeptPeer peer, int count, TimeSpan now)
    {
        peer.AskedAt = now;
        peer.AskedCells = count;
        Due(peer, now + HoldingsLimits.Patience + Moment);
        outputs.Enqueue(new KeeperOutput.Send(peer.Device, new KeeperMessage.Ask(count)));
    }

    void AskList(KeptPeer peer, uint from, TimeSpan now)
    {
        peer.AskedAt = now;
        Due(peer, now + HoldingsLimits.Patience + Moment);
        outputs.Enqueue(new KeeperOutput.Send(peer.Device, new KeeperMessage.AskList(from)));
    }

    void Compare(KeptPeer peer, KeeperMessage.Tell tell, TimeSpan now)
    {
        if (peer.AskedAt is null || peer.Listed is not null) return;
        (peer.Run, peer.Sequence, peer.Told) = (tell.Run, tell.Sequence, tell.Digest); // it says so itself, on a connection of its own
        if (tell.Digest == peer.Digest || TryPeel(peer, tell)) Settle(peer, now);
        else if (tell.Cells.Length == 0 && !neighbourhood.IsPart) Ask(peer, HoldingsLimits.FirstCells, now);
        else if (CellsFor(peer, tell) is { } more) Ask(peer, more, now);
        else
        {
            peer.Listed = [];
            AskList(peer, 0, now);
        }
    }

    /// <summary>So many cells will show the difference; null when the whole list is shorter, or there are too many differences. Of sets that are known in part only lists are compared.</summary>
    int? CellsFor(KeptPeer peer, KeeperMessage.Tell tell)
    {
        if (neighbourhood.IsPart) return null;
        long wanted = Math.Max(2 * tell.Cells.Length, Difference(peer, tell).Estimate * 2);
        if (tell.Cells.Length >= HoldingsLimits.Cells || wanted > HoldingsLimits.Cells) return null;
        int cells = (int)BitOperations.RoundUpToPowerOf2((uint)wanted);
        return tell.Digest.Count * HeldId.Size <= (long)cells * Cell.Size ? null : cells;
    }

    /// <summary>From the nearer of two sets: what was known of the peer, or what is held here, which is the same where both hold everything.</summary>
    (Cell[] Cells, HeldColumn Base, long Estimate) Difference(KeptPeer peer, KeeperMessage.Tell tell)
    {
        Cell[] mine = CellRange.Subtract(cells.Cells, tell.Cells), known = CellRange.Subtract(map.Sketch(peer.Column, tell.Cells.Length).Cells, tell.Cells);
        long fromMine = DifferenceEstimate.Of(mine, map.Self.Digest.Count - tell.Digest.Count), fromKnown = DifferenceEstimate.Of(known, peer.Column.Digest.Count - tell.Digest.Count);
        return fromMine < fromKnown ? (mine, map.Self, fromMine) : (known, peer.Column, fromKnown);
    }

    bool TryPeel(KeptPeer peer, KeeperMessage.Tell tell)
    {
        if (tell.Cells.Length == 0 || neighbourhood.IsPart) return false;
        (Cell[] difference, HeldColumn from, _) = Difference(peer, tell);
        if (Peeling.Peel(difference, key) is not { } found) return false;
        if (from != peer.Column) map.Copy(peer.Column, from);
        foreach (ulong id in found.Mine) map.Take(peer.Column, new HeldId(id));
        foreach (ulong id in found.Theirs) map.Add(peer.Column, new HeldId(id));
        Changed();
        MayShare(peer);
        peer.Alike = 0;
        return peer.Column.Digest == tell.Digest;
    }

    void Gather(KeptPeer peer, KeeperMessage.TellList tell, TimeSpan now)
    {
        if (peer.Listed is not { } listed) return;
        listed.AddRange(tell.Ids);
        if (tell.Next != 0 && listed.Count < HoldingsLimits.Rows && tell.Ids.Length > 0)
        {
            AskList(peer, tell.Next, now);
            return;
        }
        map.Clear(peer.Column);
        peer.Elsewhere = default;
        foreach (HeldId id in listed) Has(peer, id);
        peer.Listed = null;
        Changed();
        MayShare(peer);
        peer.Alike = 0;
        Settle(peer, now);
        // It changed meanwhile, or claims more than there is room for; a long list isn't asked for again at once.
        if (peer.Digest != peer.Told) peer.CompareAt = now + (listed.Count <= HoldingsLimits.IdsInList ? HoldingsLimits.CompareEvery : HoldingsLimits.AfterFailure);
    }

    void Settle(KeptPeer peer, TimeSpan now)
    {
        peer.IsKnown = true;
        (peer.AskedAt, peer.AskedCells) = (null, 0);
        CompareLater(peer, now);
        Due(peer, Earlier(peer.CompareAt, peer.ChallengeAt));
    }

    /// <summary>What is known of the peer's holdings is what it says of them.</summary>
    void CompareLater(KeptPeer peer, TimeSpan now)
    {
        // The longer there was nothing new, the less is expected. All devices would ask in the same moment without the chance in it.
        TimeSpan pause = HoldingsLimits.CompareEvery * (1 << Math.Min(peer.Alike++, HoldingsLimits.CompareDoublings));
        peer.CompareAt = now + pause * (0.75 + random.Below(1000) / 2000.0);
    }

    static TimeSpan Earlier(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
