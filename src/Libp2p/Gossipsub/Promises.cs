namespace Vault.Libp2p.Gossipsub;

/// <summary>Who advertised a message that we then asked for, and until when it has to come, from whomever.</summary>
internal sealed class Promises
{
    readonly Dictionary<MessageId, List<(Peer Peer, TimeSpan Until)>> open = [];

    public int Count { get; private set; }

    public void Add(MessageId id, Peer peer, TimeSpan until)
    {
        if (peer.OpenPromises >= Limits.PromisesPerPeer) return;
        if (!open.TryGetValue(id, out var promises)) open.Add(id, promises = []);
        if (promises.Exists(promise => promise.Peer == peer)) return;
        promises.Add((peer, until));
        peer.OpenPromises++;
        Count++;
    }

    public void Fulfil(MessageId id)
    {
        if (!open.Remove(id, out var promises)) return;
        foreach (var (peer, _) in promises) peer.OpenPromises--;
        Count -= promises.Count;
    }

    /// <summary>Closes what is overdue and names the peer of each broken promise.</summary>
    public List<Peer> TakeBroken(TimeSpan now)
    {
        List<Peer> broken = [];
        foreach ((MessageId id, var promises) in open)
        {
            foreach (var (peer, until) in promises)
            {
                if (until <= now) broken.Add(peer);
            }
            Count -= promises.RemoveAll(promise => promise.Until <= now);
            if (promises.Count == 0) open.Remove(id);
        }
        foreach (Peer peer in broken) peer.OpenPromises--;
        return broken;
    }
}
