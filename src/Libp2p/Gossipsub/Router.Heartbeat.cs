namespace Vault.Libp2p.Gossipsub;

// What happens once per interval: scores decay, promises fall due, each mesh is brought back to its size, gossip goes out.
public sealed partial class Router
{
    const int BackoffCleanTicks = 15;

    bool happened = true; // something, since the last heartbeat

    /// <summary>
    /// The next heartbeat will let scores decay, and hardly do anything else. Whoever simulates hundreds of routers may leave out some of
    /// them: what decays is made up for by the next.
    /// </summary>
    public bool IsIdle => !happened && stirred.Count + unjudged.Count + promises.Count + cache.Count + backoffs.Count == 0;

    /// <summary>Heartbeats after which a new stream that said nothing has nothing to say. What is announced comes with its first bytes.</summary>
    const int SilentTicks = 3;

    public void Heartbeat(TimeSpan now)
    {
        tick++;
        happened = false;
        scores.Decay(now);
        seen.Expire(now);
        ExpireValidations(now);
        foreach (Peer peer in promises.TakeBroken(now))
        {
            peer.Score.Penalise(1);
            Counters.BrokenPromises++;
        }
        LookAtStirred(now);
        if (tick % BackoffCleanTicks == 0) CleanBackoffs(now);

        ILookup<string, MessageId> recent = cache.Recent();
        foreach (Topic topic in topics.Values)
        {
            if (topic.IsSubscribed) MaintainMesh(topic, now);
            else MaintainFanout(topic, now);
            HashSet<Peer> members = topic.IsSubscribed ? topic.Mesh : topic.Fanout;
            if (recent.Contains(topic.Name)) Gossip(topic, members, [.. recent[topic.Name]], now);
            CloseIfIdle(topic);
        }
        cache.Shift();
    }

    void LookAtStirred(TimeSpan now)
    {
        int kept = 0;
        for (int i = 0; i < stirred.Count; i++) // one may be added meanwhile
        {
            Peer peer = stirred[i];
            peer.StartHeartbeat(tick);
            if (tick - peer.RenewedAt >= SilentTicks) EndAllBut([], peer, now);
            if (!peer.Queue.IsEmpty && now - peer.WaitingSince >= parameters.StallTimeout) Close(peer, "It doesn't read.");
            if (peer.IsQuiet) peer.IsStirred = false;
            else stirred[kept++] = peer;
        }
        stirred.RemoveRange(kept, stirred.Count - kept);
    }

    void MaintainMesh(Topic topic, TimeSpan now)
    {
        foreach (Peer peer in topic.Mesh)
        {
            if (ScoreOf(peer) < 0) PruneFrom(topic, peer, parameters.PruneBackoff, offer: false, now);
        }
        if (topic.Mesh.Count < parameters.Dlo) GraftMore(topic, parameters.D - topic.Mesh.Count, now);
        if (topic.Mesh.Count > parameters.Dhi) PruneSurplus(topic, now);
        if (topic.Mesh.Count >= parameters.Dlo)
        {
            int outbound = topic.Mesh.Count(peer => peer.IsOutbound);
            GraftMore(topic, parameters.Dout - outbound, now, peer => peer.IsOutbound);
        }
        if (tick % parameters.OpportunisticGraftTicks == 0) GraftOpportunistically(topic, now);
    }

    /// <summary>Keeps D peers: the best Dscore, the rest by chance, at least Dout of them outbound where there are so many.</summary>
    void PruneSurplus(Topic topic, TimeSpan now)
    {
        List<Peer> order = [.. topic.Mesh];
        Shuffle(order); // chance decides among equals
        order = [.. order.OrderByDescending(ScoreOf)];
        List<Peer> rest = order[parameters.Dscore..];
        Shuffle(rest);
        List<Peer> keep = [.. order[..parameters.Dscore], .. rest[..(parameters.D - parameters.Dscore)]];

        int missing = parameters.Dout - keep.Count(peer => peer.IsOutbound);
        foreach (Peer outbound in rest.Where(peer => peer.IsOutbound).Except(keep).Take(Math.Max(0, missing)).ToList())
        {
            // The last inbound one gives way: those kept by chance stand behind those kept by score.
            keep.RemoveAt(keep.FindLastIndex(peer => !peer.IsOutbound));
            keep.Insert(0, outbound);
        }
        foreach (Peer peer in order.Except(keep)) PruneFrom(topic, peer, parameters.PruneBackoff, offer: true, now);
    }

    /// <summary>A mesh of mediocre peers takes in some that are better than its median.</summary>
    void GraftOpportunistically(Topic topic, TimeSpan now)
    {
        if (topic.Mesh.Count <= 1) return;
        List<double> ordered = [.. topic.Mesh.Select(ScoreOf).Order()];
        double median = ordered[ordered.Count / 2];
        if (median < parameters.Score.OpportunisticGraftThreshold)
            GraftMore(topic, parameters.OpportunisticGraftPeers, now, peer => ScoreOf(peer) > median);
    }

    void MaintainFanout(Topic topic, TimeSpan now)
    {
        if (topic.Fanout.Count == 0) return;
        if (now - topic.LastPublished >= parameters.FanoutTtl)
        {
            topic.Fanout.Clear();
            return;
        }
        topic.Fanout.RemoveWhere(peer => !peer.Topics.Contains(topic.Name) || ScoreOf(peer) < parameters.Score.PublishThreshold);
        FillFanout(topic);
    }

    void CleanBackoffs(TimeSpan now)
    {
        foreach ((string topic, Backoffs ends) in backoffs)
        {
            ends.Expire(now - 2 * parameters.HeartbeatInterval);
            if (ends.IsEmpty) backoffs.Remove(topic);
        }
    }
}
