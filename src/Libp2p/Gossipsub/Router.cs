// Gossipsub 1.0 to 1.2 as a pure state machine: no sockets, no clock, no tasks, no randomness but what it is given. It knows
// peers, topics and bytes, nothing of what messages mean. Not here: dialing, discovery, explicit peering agreements, unsigned
// messages (StrictNoSign), and keys other than Ed25519.
//
// Who pumps it (a node, or a simulation) keeps to this:
//  - One caller at a time. Every input takes `now`, a monotonic time that never goes back; zero is when the router was made.
//  - Connect when a pubsub stream to the peer is open for writing (ProtocolIds), Disconnect when it is gone. Each side writes
//    only on the stream it opened.
//  - On a stream a frame is varint(length) ‖ RPC. The driver reads the length, resets the stream if it exceeds Limits.RpcSize
//    before it allocates anything, and lends the RPC's bytes to Receive for the length of the call.
//  - After each input, TryTake until it says no. Writable(peer) means: call TakeFrame, write it (with its length), and only when
//    the stream has accepted it take the next; null ends it until the next Writable. That is the back-pressure: what isn't taken
//    waits in a bounded queue, gossip is dropped first, and a peer that takes nothing for long is given up.
//  - Heartbeat every Parameters.HeartbeatInterval.
// Read next: Router.Messages.cs (the life of a message), Router.Mesh.cs, Router.Gossip.cs, Router.Heartbeat.cs, then Reputation.cs.

using System.Diagnostics.CodeAnalysis;
using System.Text;
using Vault.Primitives;

namespace Vault.Libp2p.Gossipsub;

public sealed partial class Router
{
    readonly PeerId self;
    readonly Ed25519Key key;
    readonly Parameters parameters;
    readonly RandomSource random;
    readonly Scoreboard scores;
    readonly SeenCache seen;
    readonly MessageCache cache;
    readonly Promises promises = new();
    readonly Dictionary<PeerId, Peer> peers = [];
    readonly List<Peer> stirred = []; // of hundreds of peers few say or get something between two heartbeats
    readonly Dictionary<string, Topic> topics = [];
    readonly Dictionary<string, Backoffs> backoffs = [];
    readonly Queue<Output> outputs = [];
    ulong seqno;
    long tick;
    int floodsubPeers;

    /// <param name="key">Signs our messages. Borrowed.</param>
    /// <param name="firstSeqno">Greater than any used before with this key: nanoseconds since 1970 serve well.</param>
    public Router(Ed25519Key key, ulong firstSeqno, Parameters parameters, RandomSource random)
    {
        parameters.Check();
        (this.key, seqno, this.parameters, this.random) = (key, firstSeqno, parameters, random);
        self = PeerId.From(key.Public);
        scores = new Scoreboard(parameters.Score);
        seen = new SeenCache(parameters.SeenTtl);
        cache = new MessageCache(parameters.HistoryLength, parameters.HistoryGossip);
    }

    public Counters Counters { get; } = new();

    /// <summary>The next thing to do, if there is one.</summary>
    public bool TryTake([NotNullWhen(true)] out Output? output) => outputs.TryDequeue(out output);

    /// <summary>
    /// A pubsub stream to the peer is open. For a peer already connected: the stream was replaced, and we say everything anew. What the
    /// peer said still holds, because it came on a stream of its own, which may be whole; then it doesn't repeat itself.
    /// </summary>
    public void Connect(PeerId id, Protocol protocol, bool outbound, Origin origin, TimeSpan now)
    {
        happened = true;
        if (id == self) throw new ArgumentException("A router isn't its own peer.", nameof(id));
        peers.TryGetValue(id, out Peer? before);
        string[] announced = before is null ? [] : [.. before.Topics];
        Disconnect(id, now);
        Peer peer = new(id, protocol, outbound, scores.Connect(id, origin)) { Record = before?.Record ?? default, ConnectedIn = before?.ConnectedIn ?? cache.Window };
        peer.Topics.UnionWith(announced);
        peers.Add(id, peer);
        if (!peer.HasMesh) floodsubPeers++;
        foreach (Topic topic in topics.Values) Announce(topic, peer, now);
    }

    public void Disconnect(PeerId id, TimeSpan now)
    {
        if (!peers.Remove(id, out Peer? peer)) return;
        happened = true;
        foreach (Topic topic in topics.Values)
        {
            topic.Mesh.Remove(peer);
            topic.Fanout.Remove(peer);
        }
        if (!peer.HasMesh) floodsubPeers--;
        peer.Release();
        scores.Disconnect(peer.Score, now);
    }

    /// <summary>
    /// The peer has opened another stream to us. It says everything anew there, so what its first frame doesn't announce has ended,
    /// perhaps while its former stream was broken and couldn't say so. One that has nothing to announce may say nothing at all.
    /// </summary>
    public void Renew(PeerId from)
    {
        if (!peers.TryGetValue(from, out Peer? peer)) return;
        peer.RenewedAt = tick;
        Stir(peer);
    }

    /// <summary>One frame from the peer, without its length. Borrowed: what is kept of it is copied.</summary>
    public void Receive(PeerId from, ReadOnlyMemory<byte> frame, TimeSpan now)
    {
        if (!peers.TryGetValue(from, out Peer? peer) || peer.IsClosing || IsGraylisted(peer)) return;
        Stir(peer);
        if (Rpc.Decode(frame, out RpcFault fault) is not { } rpc)
        {
            Close(peer, $"Its RPC is {fault}.");
            return;
        }
        if (peer.RenewedAt is not null) EndAllBut(rpc.Subscriptions, peer, now);
        HandleSubscriptions(peer, rpc.Subscriptions, now);
        HandleMessages(peer, rpc.Messages, now);
        HandleIHave(peer, rpc.IHave, now);
        HandleIWant(peer, rpc.IWant, now);
        HandleGraft(peer, rpc.Graft, now);
        HandlePrune(peer, rpc.Prune, now);
        HandleIDontWant(peer, rpc.IDontWant);
    }

    /// <summary>The next frame for the peer, without its length; null when nothing waits.</summary>
    public byte[]? TakeFrame(PeerId to, TimeSpan now)
    {
        if (!peers.TryGetValue(to, out Peer? peer)) return null;
        peer.WaitingSince = now;
        while (peer.Queue.Take(peer.Unwanted.ContainsKey) is { } rpc)
        {
            // Empty when everything in it was refused meanwhile.
            if (rpc.Encode() is { Length: > 0 } frame) return frame;
        }
        return null;
    }

    /// <summary>
    /// Joins a topic; set its filter first, if it has one. With <paramref name="validated"/>, messages are delivered and forwarded only
    /// after <see cref="Judge"/>.
    /// </summary>
    public void Subscribe(string name, bool validated, TimeSpan now)
    {
        happened = true;
        Topic topic = Open(name);
        topic.IsValidated = validated;
        if (topic.IsSubscribed) return;
        topic.IsSubscribed = true;
        AnnounceToAll(topic, now);
        Join(topic, now);
    }

    public void Unsubscribe(string name, TimeSpan now)
    {
        if (!topics.TryGetValue(name, out Topic? topic) || !topic.IsSubscribed) return;
        topic.IsSubscribed = false;
        AnnounceToAll(topic, now);
        Leave(topic, now);
        CloseIfIdle(topic);
    }

    /// <summary>
    /// Says who may know of a topic; null admits everyone. The filter must be a pure function of the peer: when its answers change,
    /// give a new one. Those no longer admitted leave the mesh and are told that we left; those newly admitted are told that we are there.
    /// </summary>
    public void SetFilter(string name, Func<PeerId, bool>? filter, TimeSpan now)
    {
        happened = true;
        Topic topic = Open(name);
        topic.Filter = filter;
        foreach (Peer peer in topic.Mesh)
        {
            if (!topic.Admits(peer.Id)) PruneFrom(topic, peer, parameters.PruneBackoff, offer: false, now);
        }
        topic.Fanout.RemoveWhere(peer => !topic.Admits(peer.Id));
        AnnounceToAll(topic, now);
        CloseIfIdle(topic);
    }

    /// <summary>P5: what the application thinks of a connected peer.</summary>
    public void SetApplicationScore(PeerId id, double score)
    {
        if (!peers.TryGetValue(id, out Peer? peer)) return;
        happened = true;
        peer.Score.Application = score;
    }

    /// <summary>The peer's own signed record in its envelope, to be offered in peer exchange.</summary>
    public void SetRecord(PeerId id, ReadOnlyMemory<byte> record)
    {
        if (record.Length > Limits.PeerRecordSize) throw new ArgumentException("A peer record this long can't be offered.", nameof(record));
        if (peers.TryGetValue(id, out Peer? peer)) peer.Record = record;
    }

    /// <summary>The score of a peer, connected or remembered; null for one we know nothing of.</summary>
    public double? ScoreOf(PeerId id) => scores.Of(id);

    public IReadOnlyCollection<PeerId> MeshOf(string name) =>
        topics.TryGetValue(name, out Topic? topic) ? [.. topic.Mesh.Select(peer => peer.Id)] : [];

    /// <summary>Connected peers that announced the topic and may know of it.</summary>
    public IReadOnlyCollection<PeerId> PeersOf(string name) =>
        [.. peers.Values.Where(peer => peer.Topics.Contains(name) && AdmitsTo(name, peer)).Select(peer => peer.Id)];

    void EndAllBut(List<Subscription> announced, Peer peer, TimeSpan now)
    {
        peer.RenewedAt = null;
        string[] ended = [.. peer.Topics.Except(announced.Where(said => said.Wanted).Select(said => said.Topic))];
        HandleSubscriptions(peer, [.. ended.Select(topic => new Subscription(topic, false))], now);
    }

    void HandleSubscriptions(Peer peer, List<Subscription> subscriptions, TimeSpan now)
    {
        foreach (Subscription subscription in subscriptions)
        {
            if (subscription.Wanted)
            {
                if (peer.Topics.Count < Limits.TopicsPerPeer) peer.Topics.Add(subscription.Topic);
                continue;
            }
            peer.Topics.Remove(subscription.Topic);
            if (!topics.TryGetValue(subscription.Topic, out Topic? topic)) continue;
            topic.Fanout.Remove(peer);
            if (!topic.Mesh.Remove(peer)) continue;
            peer.Score.Prune(topic.Name);
            // As if it had sent the PRUNE that belongs to leaving: else joining and leaving in turn would be free.
            BackOff(topic.Name, peer, parameters.UnsubscribeBackoff, now);
        }
    }

    void AnnounceToAll(Topic topic, TimeSpan now)
    {
        foreach (Peer peer in peers.Values) Announce(topic, peer, now);
    }

    /// <summary>Tells the peer what it should know and doesn't, or knows and no longer should.</summary>
    void Announce(Topic topic, Peer peer, TimeSpan now)
    {
        bool wanted = topic.IsSubscribed && topic.Admits(peer.Id);
        bool changed = wanted ? peer.Told.Add(topic.Name) : peer.Told.Remove(topic.Name);
        if (!changed) return;
        QueueOf(peer, now).Announce(topic.Name, wanted);
    }

    Topic Open(string name)
    {
        if (Encoding.UTF8.GetByteCount(name) is 0 or > Limits.TopicSize) throw new ArgumentException("A topic's name has 1 to 256 bytes.", nameof(name));
        if (!topics.TryGetValue(name, out Topic? topic)) topics.Add(name, topic = new Topic(name));
        return topic;
    }

    void CloseIfIdle(Topic topic)
    {
        if (topic.IsIdle) topics.Remove(topic.Name);
    }

    bool AdmitsTo(string name, Peer peer) => !topics.TryGetValue(name, out Topic? topic) || topic.Admits(peer.Id);

    double ScoreOf(Peer peer) => scores.Of(peer.Score);

    bool IsGraylisted(Peer peer)
    {
        double score = ScoreOf(peer);
        bool graylisted = score < parameters.Score.GraylistThreshold;
        if (graylisted && !peer.IsGraylisted) outputs.Enqueue(new Output.Graylisted(peer.Id, score));
        return peer.IsGraylisted = graylisted;
    }

    void Close(Peer peer, string reason)
    {
        if (peer.IsClosing) return;
        peer.IsClosing = true;
        // Counts beyond the connection: who comes back and does it again is soon not heard at all.
        peer.Score.Penalise(parameters.Score.BehaviourPenaltyThreshold / 2 + 1);
        outputs.Enqueue(new Output.Disconnect(peer.Id, reason));
    }

    /// <summary>The peer's queue, for something that is about to be put in.</summary>
    SendQueue QueueOf(Peer peer, TimeSpan now)
    {
        if (peer.Queue.IsEmpty)
        {
            peer.WaitingSince = now;
            Stir(peer);
            outputs.Enqueue(new Output.Writable(peer.Id));
        }
        return peer.Queue;
    }

    void Stir(Peer peer)
    {
        happened = true;
        if (peer.IsStirred) return;
        peer.IsStirred = true;
        stirred.Add(peer);
    }

    /// <summary>Leaves up to <paramref name="count"/> of the list, chosen by chance.</summary>
    List<T> Choose<T>(List<T> from, int count)
    {
        Shuffle(from);
        if (from.Count > count) from.RemoveRange(count, from.Count - count);
        return from;
    }

    void Shuffle<T>(List<T> list)
    {
        for (int i = list.Count - 1; i > 0; i--)
        {
            int j = random.Below(i + 1);
            (list[i], list[j]) = (list[j], list[i]);
        }
    }
}
