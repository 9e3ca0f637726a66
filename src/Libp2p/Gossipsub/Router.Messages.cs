using System.Text;
using Vault.Primitives;

namespace Vault.Libp2p.Gossipsub;

// The life of a message: admitted, not seen, authentic, judged, then delivered, cached and forwarded.
public sealed partial class Router
{
    readonly Dictionary<MessageId, (Sighting Sighting, TimeSpan Since)> unjudged = [];
    long unjudgedBytes;

    /// <summary>Signs and sends a message of our own. It isn't delivered to ourselves.</summary>
    /// <returns>Its id, and to how many peers it goes at once; gossip may carry it further.</returns>
    public (MessageId Id, int Recipients) Publish(string name, ReadOnlySpan<byte> data, TimeSpan now)
    {
        const int Overhead = 256; // all fields but data and topic, at their largest
        if (data.Length + Encoding.UTF8.GetByteCount(name) + Overhead > Limits.MessageSize)
            throw new ArgumentException("A message must fit into one frame.", nameof(data));
        Topic topic = Open(name);
        Message message = Message.Sign(key, seqno++, name, data);
        MessageId id = parameters.IdOf(message);
        if (seen.Contains(id)) return (id, 0); // named by content, and said before

        Sighting sighting = new(message, null);
        sighting.Settle(Fate.Accepted, now);
        seen.Add(id, sighting, now);
        cache.Put(id, message);
        int recipients = 0;
        foreach (Peer peer in Audience(topic, now))
        {
            if (Send(peer, id, message, now)) recipients++;
        }
        CloseIfIdle(topic);
        return (id, recipients);
    }

    /// <summary>Who gets our own messages at once.</summary>
    IEnumerable<Peer> Audience(Topic topic, TimeSpan now)
    {
        List<Peer> able = [.. PeersIn(topic).Where(peer => ScoreOf(peer) >= parameters.Score.PublishThreshold)];
        if (parameters.FloodPublish) return topic.Mesh.Union(able);
        if (topic.IsSubscribed) return topic.Mesh.Concat(able.Where(peer => !peer.HasMesh));

        topic.LastPublished = now;
        topic.Fanout.RemoveWhere(peer => !able.Contains(peer));
        FillFanout(topic);
        return topic.Fanout.Concat(able.Where(peer => !peer.HasMesh));
    }

    void FillFanout(Topic topic)
    {
        if (topic.Fanout.Count >= parameters.D) return;
        List<Peer> able = [.. PeersIn(topic).Where(peer =>
            peer.HasMesh && !topic.Fanout.Contains(peer) && ScoreOf(peer) >= parameters.Score.PublishThreshold)];
        topic.Fanout.UnionWith(Choose(able, parameters.D - topic.Fanout.Count));
    }

    /// <summary>The application's answer to <see cref="Output.Validate"/>. An answer that comes too late changes nothing.</summary>
    public void Judge(MessageId id, Verdict verdict, TimeSpan now)
    {
        if (!unjudged.Remove(id, out var entry)) return;
        unjudgedBytes -= entry.Sighting.Message!.Encoded.Length;
        Settle(id, entry.Sighting, verdict, now);
    }

    /// <summary>Validators that never answered: the message counts as ignored.</summary>
    void ExpireValidations(TimeSpan now)
    {
        foreach ((MessageId id, (_, TimeSpan since)) in unjudged)
        {
            if (now - since >= parameters.ValidationTimeout) Judge(id, Verdict.Ignore, now);
        }
    }

    void HandleMessages(Peer peer, List<Message> messages, TimeSpan now)
    {
        if (peer.Messages + messages.Count > Limits.MessagesPerHeartbeat)
        {
            peer.Score.Penalise(1);
            Counters.Ignored += messages.Count;
            return;
        }
        peer.Messages += messages.Count;
        bool repeats = false;
        foreach (Message message in messages) HandleMessage(peer, message, now, ref repeats);
        if (repeats) peer.Score.Penalise(1);
    }

    void HandleMessage(Peer peer, Message message, TimeSpan now, ref bool repeats)
    {
        Counters.Received++;
        // A message for a topic that we just left is no one's fault.
        if (!topics.TryGetValue(message.Topic, out Topic? topic) || !topic.IsSubscribed)
        {
            Counters.Ignored++;
            return;
        }
        if (!topic.Admits(peer.Id))
        {
            peer.Score.Penalise(1);
            Counters.Ignored++;
            return;
        }
        if (message.Author is not { } author || message.Seqno.Length != 8)
        {
            CountInvalid(peer, topic);
            return;
        }
        MessageId id = parameters.IdOf(message);
        if (seen.TryGet(id, out Sighting? sighting))
        {
            HandleDuplicate(peer, topic, sighting, now);
            cache.NoteHolder(id, peer);
            int copies = peer.Duplicates[id] = peer.Duplicates.GetValueOrDefault(id) + 1;
            repeats |= copies > Limits.CopiesPerHeartbeat;
            return;
        }
        // Ours from before a restart, or by someone whom the sender's filter still admits or already does: not the sender's fault,
        // and not a broken promise either.
        if (author == self || !topic.Admits(author))
        {
            promises.Fulfil(id);
            Counters.Ignored++;
            return;
        }
        Message owned = message.Seal();
        // Not remembered as seen: else a forgery that comes first would suppress the message it imitates.
        if (owned.IsAuthentic()) Accept(peer, topic, id, owned, now);
        else CountInvalid(peer, topic);
    }

    void Accept(Peer peer, Topic topic, MessageId id, Message message, TimeSpan now)
    {
        promises.Fulfil(id);
        int size = message.Encoded.Length;
        bool full = unjudged.Count == Limits.PendingMessages || unjudgedBytes + size > Limits.PendingBytes;
        // Being judged although forgotten as seen: a flood can push it out of that cache.
        if (topic.IsValidated && (full || unjudged.ContainsKey(id)))
        {
            Counters.Ignored++;
            return;
        }
        Sighting sighting = new(message, peer);
        seen.Add(id, sighting, now);
        if (message.Data.Length >= parameters.IDontWantSize) RefuseDuplicates(topic, id, peer, now);
        if (!topic.IsValidated)
        {
            Settle(id, sighting, Verdict.Accept, now);
            return;
        }
        unjudged.Add(id, (sighting, now));
        unjudgedBytes += size;
        outputs.Enqueue(new Output.Validate(id, message, peer.Id));
    }

    void HandleDuplicate(Peer peer, Topic topic, Sighting sighting, TimeSpan now)
    {
        Counters.Duplicates++;
        switch (sighting.Fate)
        {
            case Fate.Open:
                if (sighting.Via != peer && !sighting.Also.Contains(peer)) sighting.Also.Add(peer);
                break;
            case Fate.Rejected:
                CountInvalid(peer, topic);
                break;
            case Fate.Accepted when sighting.Also.Count > 0 && now - sighting.SettledAt <= parameters.Score.Of(topic.Name).MeshMessageDeliveryWindow:
                if (sighting.Also.Contains(peer)) break;
                sighting.Also.Add(peer);
                peer.Score.CountMeshDelivery(topic.Name);
                break;
        }
    }

    void Settle(MessageId id, Sighting sighting, Verdict verdict, TimeSpan now)
    {
        (Message message, Peer via) = (sighting.Message!, sighting.Via!);
        sighting.Settle(verdict switch { Verdict.Accept => Fate.Accepted, Verdict.Reject => Fate.Rejected, _ => Fate.Ignored }, now);
        // Left meanwhile: nothing to deliver, and no mesh to forward to.
        if (!topics.TryGetValue(message.Topic, out Topic? topic) || !topic.IsSubscribed) verdict = Verdict.Ignore;
        switch (verdict)
        {
            case Verdict.Accept:
                via.Score.CountFirstDelivery(message.Topic);
                foreach (Peer peer in sighting.Also) peer.Score.CountMeshDelivery(message.Topic);
                cache.Put(id, message);
                cache.NoteHolder(id, via);
                foreach (Peer peer in sighting.Also) cache.NoteHolder(id, peer);
                Counters.Delivered++;
                outputs.Enqueue(new Output.Deliver(message, via.Id));
                Forward(topic!, id, message, via, sighting.Also, now);
                // Who comes within the window counts once, so long as anyone counts.
                if (parameters.Score.Of(message.Topic).ScoresMeshDeliveries) sighting.Also.Add(via);
                else sighting.Also.Clear();
                break;
            case Verdict.Reject:
                CountInvalid(via, topic!);
                foreach (Peer peer in sighting.Also) CountInvalid(peer, topic!);
                sighting.Also.Clear();
                break;
            default:
                Counters.Ignored++;
                sighting.Also.Clear();
                break;
        }
    }

    void Forward(Topic topic, MessageId id, Message message, Peer via, List<Peer> also, TimeSpan now)
    {
        PeerId? author = message.Author;
        IEnumerable<Peer> audience = topic.Mesh;
        if (floodsubPeers > 0)
            audience = audience.Concat(PeersIn(topic).Where(peer => !peer.HasMesh && ScoreOf(peer) >= parameters.Score.PublishThreshold));
        foreach (Peer peer in audience)
        {
            if (peer != via && peer.Id != author && !also.Contains(peer) && Send(peer, id, message, now)) Counters.Forwarded++;
        }
    }

    bool Send(Peer peer, MessageId id, Message message, TimeSpan now)
    {
        if (peer.IsClosing || peer.Unwanted.ContainsKey(id)) return false;
        if (QueueOf(peer, now).TryAdd(id, message)) return true;
        Counters.Dropped++;
        return false;
    }

    void CountInvalid(Peer peer, Topic topic)
    {
        Counters.Invalid++;
        peer.Score.CountInvalid(topic.Name);
    }

    /// <summary>Connected peers that announced the topic and may know of it.</summary>
    IEnumerable<Peer> PeersIn(Topic topic) =>
        peers.Values.Where(peer => !peer.IsClosing && peer.Topics.Contains(topic.Name) && topic.Admits(peer.Id));
}
