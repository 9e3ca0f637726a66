namespace Vault.Libp2p.Gossipsub;

/// <summary>
/// What waits to be sent to one peer. Announcements and mesh changes coalesce (the last word per topic counts), so they are
/// bounded by our own topics and never dropped; messages are dropped when the queue is full, gossip already when it is half full.
/// </summary>
internal sealed class SendQueue
{
    readonly Dictionary<string, bool> subscriptions = [];
    readonly Dictionary<string, Prune?> mesh = []; // null: a GRAFT
    readonly Queue<(MessageId Id, Message Message)> messages = [];
    readonly Queue<IHave> have = [];
    readonly Queue<MessageId> want = [], unwanted = [];
    long messageBytes;
    int haveIds;

    public bool IsEmpty => subscriptions.Count + mesh.Count + messages.Count + have.Count + want.Count + unwanted.Count == 0;

    public bool IsCongested => messages.Count > Limits.QueuedMessages / 2 || messageBytes > Limits.QueuedBytes / 2;

    public void Announce(string topic, bool wanted) => subscriptions[topic] = wanted;

    public void Graft(string topic) => mesh[topic] = null;

    public void Prune(Prune prune) => mesh[prune.Topic] = prune;

    public bool TryAdd(MessageId id, Message message)
    {
        if (IsCongested) DropGossip();
        if (messages.Count == Limits.QueuedMessages || messageBytes + message.Encoded.Length > Limits.QueuedBytes) return false;
        messages.Enqueue((id, message));
        messageBytes += message.Encoded.Length;
        return true;
    }

    public bool TryAdd(IHave advertised)
    {
        if (IsCongested || haveIds + advertised.Ids.Count > Limits.QueuedIds) return false;
        have.Enqueue(advertised);
        haveIds += advertised.Ids.Count;
        return true;
    }

    public bool TryWant(MessageId id) => TryAdd(want, id);

    public bool TryRefuse(MessageId id) => TryAdd(unwanted, id);

    bool TryAdd(Queue<MessageId> queue, MessageId id)
    {
        if (IsCongested || queue.Count == Limits.QueuedIds) return false;
        queue.Enqueue(id);
        return true;
    }

    /// <summary>The next frame: what steers the mesh first, then messages, gossip last. Null when nothing is left.</summary>
    public Rpc? Take(Func<MessageId, bool> isRefused)
    {
        if (IsEmpty) return null;
        Rpc rpc = new();
        int size = 0, ids = 0;
        foreach ((string topic, bool wanted) in subscriptions)
        {
            if (size >= Limits.FrameTarget || rpc.Subscriptions.Count == Limits.TopicsPerPeer) break;
            rpc.Subscriptions.Add(new Subscription(topic, wanted));
            subscriptions.Remove(topic);
            size += topic.Length + 8;
        }
        TakeMesh(rpc, ref size);
        TakeIds(unwanted, rpc.IDontWant, ref size, ref ids);
        TakeIds(want, rpc.IWant, ref size, ref ids);
        TakeMessages(rpc, isRefused, ref size);
        while (have.TryPeek(out IHave? next) && ids + next.Ids.Count <= Limits.IdsPerRpc)
        {
            int length = next.Ids.Sum(id => id.Bytes.Length + 4) + next.Topic.Length;
            if (size > 0 && size + length > Limits.FrameTarget) break;
            rpc.IHave.Add(have.Dequeue());
            haveIds -= next.Ids.Count;
            ids += next.Ids.Count;
            size += length;
        }
        return rpc;
    }

    void TakeMesh(Rpc rpc, ref int size)
    {
        foreach ((string topic, Prune? prune) in mesh)
        {
            if (size >= Limits.FrameTarget || rpc.Graft.Count + rpc.Prune.Count == Limits.ControlsPerRpc) break;
            if (prune is null) rpc.Graft.Add(topic);
            else rpc.Prune.Add(prune);
            mesh.Remove(topic);
            size += topic.Length + 16 + (prune?.Peers.Sum(peer => peer.Peer.Length + peer.Record.Length + 8) ?? 0);
        }
    }

    void TakeMessages(Rpc rpc, Func<MessageId, bool> isRefused, ref int size)
    {
        while (messages.TryPeek(out var next) && rpc.Messages.Count < Limits.MessagesPerRpc)
        {
            int length = next.Message.Encoded.Length + 8;
            bool refused = isRefused(next.Id);
            if (!refused && size > 0 && size + length > Limits.FrameTarget) break;
            messages.Dequeue();
            messageBytes -= next.Message.Encoded.Length;
            if (refused) continue;
            rpc.Messages.Add(next.Message);
            size += length;
        }
    }

    static void TakeIds(Queue<MessageId> from, List<MessageId> to, ref int size, ref int ids)
    {
        while (size < Limits.FrameTarget && ids < Limits.QueuedIds && from.TryDequeue(out MessageId id))
        {
            to.Add(id);
            size += id.Bytes.Length + 4;
            ids++;
        }
    }

    void DropGossip()
    {
        have.Clear();
        haveIds = 0;
    }
}
