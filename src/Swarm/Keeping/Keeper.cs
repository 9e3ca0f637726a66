using System.Diagnostics.CodeAnalysis;
using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Swarm;

/// <summary>
/// One device's part in keeping a vault's copies: says what it holds, knows what others say they hold, makes them prove it, and decides which
/// missing copies it makes. A machine without sockets, disk or clock: things come in, <see cref="TryTake"/> says what is to be done.
/// Keeper.Holdings.cs compares sets, Keeper.Proofs.cs asks for proofs, Keeper.Healing.cs counts copies and heals.
/// </summary>
/// <remarks>Times are since any fixed moment and never go back; those of an earlier run may be negative. For one caller at a time.</remarks>
public sealed partial class Keeper
{
    /// <summary>The least that can pass.</summary>
    static readonly TimeSpan Moment = TimeSpan.FromTicks(1);

    readonly DeviceId self;
    readonly SketchKey key;
    readonly RandomSource random;
    readonly ulong run;
    readonly TimeSpan started;
    readonly ProviderMap map;
    readonly Dictionary<DeviceId, KeptPeer> peers = [];
    readonly HashSet<DeviceId> connected = []; // members, followed or not
    readonly int everybody;
    readonly Queue<KeeperOutput> outputs = new();
    readonly PriorityQueue<KeptPeer, TimeSpan> agenda = new(); // one entry counts of each: the one at its Due
    Dictionary<DeviceId, Holder> holders = [];
    Neighbourhood neighbourhood;

    /// <param name="key">Of the vault's sketches, the same on all its devices.</param>
    /// <param name="run">Larger than that of any run before.</param>
    /// <param name="everybody">Up to so many devices each looks after everything.</param>
    public Keeper(DeviceId self, SketchKey key, ulong run, RandomSource random, TimeSpan now, int everybody = HoldingsLimits.Everybody)
    {
        (this.self, this.key, this.run, this.random, started, this.everybody) = (self, key, run, random, now, everybody);
        map = new ProviderMap(key, random);
        needing = map.AddColumn(isOwn: true);
        innerOfNeeding = map.AddColumn(isOwn: true);
        needingElsewhere = map.AddColumn(isOwn: true);
        Placement nobody = new([], target: 1);
        plan = new HealingPlan(new Holder(self, Site.Of(self, 0), DeviceClass.Desktop, 0), nobody, 1);
        neighbourhood = new Neighbourhood(self, nobody);
        nextHeartbeat = now;
        nextPassing = now + NewcomersPatience;
    }

    public ProviderMap Map => map;

    /// <summary>What it looks after, and with whom.</summary>
    public Neighbourhood Neighbourhood => neighbourhood;

    /// <summary>Whether a peer may make this device read more from its disk at the moment.</summary>
    public bool MayRead(DeviceId device, TimeSpan now) => peers.TryGetValue(device, out KeptPeer? peer) && peer.Reading.HasAny(now);

    public bool TryTake([NotNullWhen(true)] out KeeperOutput? output) => outputs.TryDequeue(out output);

    /// <summary>
    /// Who is in the vault, and how many copies it wants. Whoever isn't a member any more, or whom this device follows no longer, is forgotten;
    /// what the vault needs is to be named anew.
    /// </summary>
    /// <param name="placement">Of the same members and target, where somebody has it already.</param>
    public void Use(IEnumerable<Holder> members, int target, int minimum, Placement? placement = null)
    {
        holders = members.ToDictionary(holder => holder.Device);
        placement ??= new Placement(holders.Values, target);
        bool wasPart = neighbourhood.IsPart;
        neighbourhood = new Neighbourhood(self, placement, everybody);
        if (neighbourhood.IsPart && sequence == 0) nextHeartbeat = started + HoldingsLimits.HeartbeatCheck; // a word of each of a thousand to all is too much where all meet anyway
        foreach (DeviceId gone in peers.Keys.Where(peer => !holders.ContainsKey(peer) || !neighbourhood.Follows(peer)).ToList())
        {
            map.Remove(peers[gone].Column);
            peers[gone].IsForgotten = true;
            peers.Remove(gone);
        }
        Holder own = holders.GetValueOrDefault(self) ?? new Holder(self, Site.Of(self, 0), DeviceClass.Desktop, 0);
        plan = new HealingPlan(own, placement, minimum);
        Changed();
        foreach (KeptPeer peer in peers.Values)
        {
            if (wasPart || neighbourhood.IsPart) AskAnew(peer);
            Due(peer, TimeSpan.MinValue); // it may be of another class now
        }
    }

    /// <summary>The first of a stretch that are gone are passed over. Who is asked to stand in and isn't connected yet is asked the next time.</summary>
    void PassOver(TimeSpan now)
    {
        foreach (IGrouping<DeviceId, ushort> next in neighbourhood.PassOver(device => !(peers.TryGetValue(device, out KeptPeer? peer) && (peer.Connected || peer.Heard is not null && !peer.IsLost))))
            if (connected.Contains(next.Key)) outputs.Enqueue(new KeeperOutput.Send(next.Key, new KeeperMessage.StandIn([.. next])));
        MeetPartners(now);
    }

    void StandIn(DeviceId asker, ushort[] buckets, TimeSpan now)
    {
        bool more = false;
        foreach (ushort bucket in buckets) more |= neighbourhood.StandIn(asker, bucket);
        if (!more) return;
        // What others hold of it isn't known yet.
        foreach (KeptPeer peer in peers.Values)
        {
            AskAnew(peer);
            Due(peer, now);
        }
        MeetPartners(now);
        outputs.Enqueue(new KeeperOutput.NeedAnew());
    }

    void MeetPartners(TimeSpan now)
    {
        foreach (DeviceId device in connected.Where(device => neighbourhood.Follows(device) && !peers.ContainsKey(device)).ToList()) Connected(device, now);
    }

    /// <summary>What it holds is asked for anew: other stretches are looked after than before.</summary>
    void AskAnew(KeptPeer peer)
    {
        map.Clear(peer.Column);
        (peer.Elsewhere, peer.Listed, peer.AskedAt, peer.CompareAt) = (default, null, null, TimeSpan.MinValue);
    }

    public void Connected(DeviceId device, TimeSpan now)
    {
        if (holders.ContainsKey(device)) connected.Add(device);
        if (Peer(device) is not { } peer) return;
        NoteReturn(peer, now);
        (peer.Connected, peer.WasConnected, peer.Heard, peer.Challenge, peer.AskedAt, peer.Listed, peer.Unanswered) = (true, true, now, null, null, null, 0);
        (peer.CompareAt, peer.Alike) = (now, 0);
        peer.ChallengeAt = now + HoldingsLimits.Pause; // a comparison first: what is asked for shall be what is claimed now
        if (peer.Belief != Belief.Good || peer.Proven is not { } proven || now - proven > ProofLimits.ExamAfter) peer.ExamLeft = ProofLimits.Exam;
        Changed();
        Due(peer, now);
        Tick(now);
    }

    public void Disconnected(DeviceId device, TimeSpan now)
    {
        connected.Remove(device);
        if (!peers.TryGetValue(device, out KeptPeer? peer)) return;
        IsShort(now); // what was made good since the last look hasn't been short for long when it is short now
        (peer.Connected, peer.Heard) = (false, now);
        Changed();
        Due(peer, now);
    }

    public void Receive(DeviceId device, KeeperMessage message, TimeSpan now)
    {
        if (message is KeeperMessage.StandIn stand && holders.ContainsKey(device)) StandIn(device, stand.Buckets, now);
        if (Peer(device) is not { } peer) return;
        Heard(peer, now);
        switch (message)
        {
            case KeeperMessage.Ask ask when peer.Answers.HasAny(now):
                peer.Answers.Spend((long)Cell.Size * Math.Min(ask.Cells, HoldingsLimits.Cells), now);
                Answer(peer, ask);
                break;
            case KeeperMessage.AskList ask when peer.Answers.HasAny(now):
                peer.Answers.Spend((long)HeldId.Size * Math.Min(map.Self.Digest.Count, HoldingsLimits.IdsInList), now);
                Answer(peer, ask);
                break;
            case KeeperMessage.Tell tell: Compare(peer, tell, now); break;
            case KeeperMessage.TellList tell: Gather(peer, tell, now); break;
            case KeeperMessage.Challenge challenge when peer.Reading.HasAny(now): outputs.Enqueue(new KeeperOutput.Prove(device, challenge)); break;
            case KeeperMessage.Proof proof: Judge(peer, proof); break;
        }
    }

    /// <summary>To be called about once a second.</summary>
    public void Tick(TimeSpan now)
    {
        SayNews(now);
        if (neighbourhood.IsPart && now >= nextPassing)
        {
            nextPassing = now + PassingEvery;
            PassOver(now);
        }
        while (agenda.TryPeek(out _, out TimeSpan next) && next <= now)
        {
            KeptPeer peer = agenda.Dequeue();
            if (next == peer.Due && !peer.IsForgotten) Attend(peer, now);
        }
    }

    // Of hundreds of devices hardly one needs anything in a given second.
    void Attend(KeptPeer peer, TimeSpan now)
    {
        WatchGrace(peer, now);
        if (peer.Connected)
        {
            KeepComparing(peer, now);
            KeepChallenging(peer, now);
        }
        peer.Due = TimeSpan.MaxValue;
        Due(peer, NextFor(peer, now));
    }

    TimeSpan NextFor(KeptPeer peer, TimeSpan now)
    {
        if (!peer.Connected) return Earlier(After(peer.Heard, 2 * HoldingsLimits.Heartbeat), Earlier(After(peer.MissedSince, ExpectedWithin(peer)), After(peer.MissedSince, GraceOf(peer))));
        TimeSpan comparison = peer.AskedAt is { } asked ? asked + HoldingsLimits.Patience + Moment : peer.CompareAt;
        TimeSpan challenge = peer.Challenge is { } running ? running.At + HoldingsLimits.Patience + Moment : peer.AskedAt is null ? peer.ChallengeAt : TimeSpan.MaxValue;
        return Earlier(comparison, challenge);

        TimeSpan After(TimeSpan? last, TimeSpan patience) => last is { } heard && heard + patience > now ? heard + patience : TimeSpan.MaxValue;
    }

    /// <summary>The peer is looked at then at the latest.</summary>
    void Due(KeptPeer peer, TimeSpan at)
    {
        if (at >= peer.Due) return;
        peer.Due = at;
        agenda.Enqueue(peer, at);
    }

    void Heard(KeptPeer peer, TimeSpan now)
    {
        peer.Heard = now;
        if (peer.IsLost || !peer.WasThere) Due(peer, now);
    }

    /// <summary>Null for who isn't a member or isn't followed, and when there are too many.</summary>
    KeptPeer? Peer(DeviceId device)
    {
        if (peers.TryGetValue(device, out KeptPeer? known)) return known;
        if (device == self || !holders.ContainsKey(device) || !neighbourhood.Follows(device)) return null;
        if (peers.Count >= HoldingsLimits.Peers) return null;
        KeptPeer peer = new(device, map.AddColumn());
        peers.Add(device, peer);
        return peer;
    }
}
