namespace Vault.Libp2p.Gossipsub;

/// <summary>The last heartbeats' messages, to advertise and to answer IWANT with. Bounded in count and bytes; the oldest go first.</summary>
internal sealed class MessageCache(int history, int gossip)
{
    sealed class Entry(Message message, long tick)
    {
        public Message Message { get; } = message;
        public long Tick { get; } = tick;
        public Dictionary<Peer, int>? Transmissions { get; set; }
        public HashSet<Peer>? Holders { get; set; }
    }

    readonly Dictionary<MessageId, Entry> entries = [];
    readonly Queue<MessageId> order = [];
    long tick;

    public int Count => order.Count;
    public long Bytes { get; private set; }

    public void Put(MessageId id, Message message)
    {
        if (!entries.TryAdd(id, new Entry(message, tick))) return;
        order.Enqueue(id);
        Bytes += message.Encoded.Length;
        while (order.Count > Limits.CachedMessages || Bytes > Limits.CachedBytes) Drop();
    }

    public Message? Find(MessageId id) => entries.GetValueOrDefault(id)?.Message;

    /// <summary>How often the message went to this peer by IWANT, this time included.</summary>
    public int CountTransmission(MessageId id, Peer peer)
    {
        Entry entry = entries[id];
        entry.Transmissions ??= [];
        return entry.Transmissions[peer] = entry.Transmissions.GetValueOrDefault(peer) + 1;
    }

    /// <summary>The peer has shown that it has the message, if the message is still here.</summary>
    public void NoteHolder(MessageId id, Peer peer)
    {
        if (entries.TryGetValue(id, out Entry? entry)) (entry.Holders ??= []).Add(peer);
    }

    /// <summary>The window that messages go into now.</summary>
    public long Window => tick;

    /// <summary>Whether the peer was there when the message came, and hasn't shown that it has it.</summary>
    public bool MayLack(MessageId id, Peer peer) => entries[id].Tick > peer.ConnectedIn && entries[id].Holders?.Contains(peer) != true;

    /// <summary>The ids to advertise, by topic.</summary>
    public ILookup<string, MessageId> Recent() => Advertisable().ToLookup(id => entries[id].Message.Topic);

    IEnumerable<MessageId> Advertisable() => order.Where(id => tick - entries[id].Tick < gossip);

    /// <summary>A heartbeat passed: a new window opens, the oldest closes.</summary>
    public void Shift()
    {
        tick++;
        while (order.TryPeek(out MessageId oldest) && tick - entries[oldest].Tick >= history) Drop();
    }

    void Drop()
    {
        MessageId id = order.Dequeue();
        Bytes -= entries[id].Message.Encoded.Length;
        entries.Remove(id);
    }
}
