using Vault.Primitives;

namespace Vault.Libp2p.Gossipsub;

// Who is in the mesh: joining and leaving, GRAFT and PRUNE, back-offs, peer exchange.
public sealed partial class Router
{
    static readonly IReadOnlyList<ExchangedPeer> NoPeers = [];

    void Join(Topic topic, TimeSpan now)
    {
        List<Peer> chosen = Choose([.. topic.Fanout.Where(peer => IsGraftable(topic, peer, now))], parameters.D);
        topic.Fanout.Clear();
        foreach (Peer peer in chosen) GraftInto(topic, peer, now);
        GraftMore(topic, parameters.D - topic.Mesh.Count, now);
    }

    void Leave(Topic topic, TimeSpan now)
    {
        foreach (Peer peer in topic.Mesh) PruneFrom(topic, peer, parameters.UnsubscribeBackoff, offer: false, now);
    }

    /// <summary>Grafts up to <paramref name="count"/> more peers, chosen by chance among those that satisfy the condition.</summary>
    void GraftMore(Topic topic, int count, TimeSpan now, Func<Peer, bool>? condition = null)
    {
        if (count <= 0) return;
        List<Peer> candidates = [.. PeersIn(topic).Where(peer => IsGraftable(topic, peer, now) && (condition is null || condition(peer)))];
        foreach (Peer peer in Choose(candidates, count)) GraftInto(topic, peer, now);
    }

    bool IsGraftable(Topic topic, Peer peer, TimeSpan now)
    {
        if (!peer.HasMesh || peer.IsClosing || topic.Mesh.Contains(peer) || ScoreOf(peer) < 0) return false;
        // The other side's clock of the same back-off started later by the time the PRUNE travelled: two heartbeats of slack.
        return BackoffOf(topic, peer) is not { } end || end + 2 * parameters.HeartbeatInterval <= now;
    }

    void GraftInto(Topic topic, Peer peer, TimeSpan now)
    {
        QueueOf(peer, now).Graft(topic.Name);
        AddToMesh(topic, peer, now);
    }

    static void AddToMesh(Topic topic, Peer peer, TimeSpan now)
    {
        if (topic.Mesh.Add(peer)) peer.Score.Graft(topic.Name, now);
    }

    /// <summary>Removes the peer from the mesh and tells it, with or without offering others.</summary>
    void PruneFrom(Topic topic, Peer peer, TimeSpan backoff, bool offer, TimeSpan now)
    {
        if (topic.Mesh.Remove(peer)) peer.Score.Prune(topic.Name);
        BackOff(topic.Name, peer, backoff, now);
        bool knowsBackoff = peer.Protocol >= Protocol.Gossip11;
        IReadOnlyList<ExchangedPeer> offered = offer && knowsBackoff && parameters.PeerExchange ? PeersToOffer(topic, peer) : NoPeers;
        QueueOf(peer, now).Prune(new Prune(topic.Name, knowsBackoff ? backoff : null, offered));
    }

    List<ExchangedPeer> PeersToOffer(Topic topic, Peer to)
    {
        List<Peer> good = [.. PeersIn(topic).Where(peer => peer != to && peer.HasMesh && ScoreOf(peer) >= 0)];
        return [.. Choose(good, parameters.ExchangedPeers).Select(peer => new ExchangedPeer(peer.Id.Bytes.ToArray(), peer.Record))];
    }

    void HandleGraft(Peer peer, List<string> names, TimeSpan now)
    {
        foreach (string name in names)
        {
            // A PRUNE for a topic we don't have would let anyone make us talk; and who may not know of a topic learns nothing.
            if (!topics.TryGetValue(name, out Topic? topic) || !topic.IsSubscribed) continue;
            if (!topic.Admits(peer.Id)) peer.Score.Penalise(1);
            else if (!topic.Mesh.Contains(peer) && peer.HasMesh) HandleGraft(peer, topic, now);
        }
    }

    void HandleGraft(Peer peer, Topic topic, TimeSpan now)
    {
        bool offer = true;
        if (BackoffOf(topic, peer) is { } end && now < end)
        {
            offer = false;
            peer.Score.Penalise(1);
            if (now < end - parameters.PruneBackoff + parameters.GraftFloodThreshold) peer.Score.Penalise(1);
        }
        else if (ScoreOf(peer) < 0)
        {
            offer = false;
        }
        else if (topic.Mesh.Count < parameters.Dhi || peer.IsOutbound)
        {
            AddToMesh(topic, peer, now);
            return;
        }
        PruneFrom(topic, peer, parameters.PruneBackoff, offer, now);
    }

    void HandlePrune(Peer peer, List<Prune> prunes, TimeSpan now)
    {
        foreach (Prune prune in prunes)
        {
            if (!topics.TryGetValue(prune.Topic, out Topic? topic) || !topic.IsSubscribed || !topic.Admits(peer.Id)) continue;
            if (topic.Mesh.Remove(peer)) peer.Score.Prune(topic.Name);
            BackOff(topic.Name, peer, prune.Backoff ?? parameters.PruneBackoff, now);
            if (parameters.PeerExchange && prune.Peers.Count > 0 && ScoreOf(peer) >= parameters.Score.AcceptPXThreshold) TakeOffer(peer, topic, prune);
        }
    }

    void TakeOffer(Peer by, Topic topic, Prune prune)
    {
        List<ExchangedPeer> offered = [.. prune.Peers.Where(offer => PeerId.FromBytes(offer.Peer.Span) is { } id
            && id != self && !peers.ContainsKey(id) && topic.Admits(id))];
        if (offered.Count == 0) return;
        // Copies: what is offered points into the frame, which is borrowed.
        List<ExchangedPeer> some = [.. Choose(offered, parameters.ExchangedPeers).Select(offer => new ExchangedPeer(offer.Peer.ToArray(), offer.Record.ToArray()))];
        outputs.Enqueue(new Output.Offered(topic.Name, by.Id, some));
    }

    TimeSpan? BackoffOf(Topic topic, Peer peer) => backoffs.GetValueOrDefault(topic.Name)?.Of(peer.Id);

    void BackOff(string topic, Peer peer, TimeSpan duration, TimeSpan now)
    {
        if (!backoffs.TryGetValue(topic, out Backoffs? ends)) backoffs.Add(topic, ends = new Backoffs());
        ends.Extend(peer.Id, now + duration);
    }
}
