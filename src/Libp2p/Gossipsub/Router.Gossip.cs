namespace Vault.Libp2p.Gossipsub;

// Messages by name: IHAVE advertises, IWANT asks, IDONTWANT declines.
public sealed partial class Router
{
    void HandleIHave(Peer peer, List<IHave> advertised, TimeSpan now)
    {
        if (advertised.Count == 0 || ScoreOf(peer) < parameters.Score.GossipThreshold) return;
        foreach (IHave have in advertised)
        {
            if (++peer.IHaveMessages > parameters.MaxIHaveMessages) return;
            foreach (MessageId id in have.Ids) cache.NoteHolder(id, peer);
            if (topics.TryGetValue(have.Topic, out Topic? topic) && topic.IsSubscribed && topic.Admits(peer.Id)) Ask(peer, have, now);
        }
    }

    void Ask(Peer peer, IHave have, TimeSpan now)
    {
        List<MessageId> unseen = [.. have.Ids.Distinct().Where(id => !seen.Contains(id))];
        Choose(unseen, parameters.MaxIHaveLength - peer.AskedIds);
        unseen.RemoveAll(id => !QueueOf(peer, now).TryWant(id));
        if (unseen.Count == 0) return;
        peer.AskedIds += unseen.Count;
        Counters.Asked += unseen.Count;
        promises.Add(unseen[random.Below(unseen.Count)], peer, now + parameters.IWantFollowup);
    }

    void HandleIWant(Peer peer, List<MessageId> wanted, TimeSpan now)
    {
        if (wanted.Count == 0 || ScoreOf(peer) < parameters.Score.GossipThreshold) return;
        peer.WantedIds += wanted.Count;
        if (peer.WantedIds > Limits.WantedPerHeartbeat)
        {
            peer.Score.Penalise(1);
            return;
        }
        bool insists = false;
        foreach (MessageId id in wanted)
        {
            if (cache.Find(id) is not { } message || !AdmitsTo(message.Topic, peer)) continue;
            if (cache.CountTransmission(id, peer) > parameters.GossipRetransmissions) insists = true;
            else if (Send(peer, id, message, now)) Counters.Answered++;
        }
        // An honest peer asks once for each time it was told, which is at most as often as we answer.
        if (insists) peer.Score.Penalise(1);
    }

    void HandleIDontWant(Peer peer, List<MessageId> refused)
    {
        foreach (MessageId id in refused)
        {
            if (peer.Unwanted.Count >= Limits.UnwantedPerPeer) return;
            peer.Unwanted[id] = tick + parameters.IDontWantTicks;
        }
    }

    /// <summary>Tells the mesh that a large message is here already, before it is even judged.</summary>
    void RefuseDuplicates(Topic topic, MessageId id, Peer via, TimeSpan now)
    {
        foreach (Peer peer in topic.Mesh)
        {
            if (peer != via && peer.Protocol >= Protocol.Gossip12) QueueOf(peer, now).TryRefuse(id);
        }
    }

    /// <summary>Advertises the last windows' messages to some peers of the topic outside the mesh.</summary>
    void Gossip(Topic topic, HashSet<Peer> members, List<MessageId> recent, TimeSpan now)
    {
        List<Peer> eligible = [.. PeersIn(topic).Where(peer =>
            peer.HasMesh && !members.Contains(peer) && ScoreOf(peer) >= parameters.Score.GossipThreshold)];
        int count = Math.Max(parameters.Dlazy, (int)(parameters.GossipFactor * eligible.Count));
        foreach (Peer peer in Choose(eligible, count)) Advertise(topic, peer, recent, now);
        if (topic.IsSubscribed && parameters.AdvertiseToMesh) AdvertiseToMesh(topic, recent, now);
    }

    /// <summary>
    /// Mesh peers are told of what they haven't shown to have. Elsewhere they aren't, because what was forwarded to them on a stream
    /// arrives; but it may have been dropped, at our queue or at theirs, or have come before they joined the mesh. In a swarm so small
    /// that everyone is in everyone's mesh nobody else would tell them. What was said before they connected is none of it.
    /// </summary>
    void AdvertiseToMesh(Topic topic, List<MessageId> recent, TimeSpan now)
    {
        foreach (Peer peer in topic.Mesh.Where(peer => ScoreOf(peer) >= parameters.Score.GossipThreshold))
        {
            List<MessageId> lacking = [.. recent.Where(id => cache.MayLack(id, peer))];
            if (lacking.Count > 0) Advertise(topic, peer, lacking, now);
        }
    }

    void Advertise(Topic topic, Peer peer, List<MessageId> recent, TimeSpan now)
    {
        // Each peer gets its own choice of too many ids, so that all of them are told to someone.
        List<MessageId> ids = recent.Count > parameters.MaxIHaveLength ? Choose([.. recent], parameters.MaxIHaveLength) : recent;
        if (!QueueOf(peer, now).TryAdd(new IHave(topic.Name, ids))) Counters.Dropped++;
    }
}
