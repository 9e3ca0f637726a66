using System.Diagnostics.CodeAnalysis;

namespace Vault.Libp2p.Gossipsub;

internal enum Fate { Open, Accepted, Rejected, Ignored }

/// <summary>What became of one message, and who brought it while that was open.</summary>
internal sealed class Sighting(Message message, Peer? via)
{
    public Fate Fate { get; private set; }
    public TimeSpan SettledAt { get; private set; }

    /// <summary>The message and its first bringer, until it is settled.</summary>
    public Message? Message { get; private set; } = message;
    public Peer? Via { get; private set; } = via;

    /// <summary>Others that brought it and share its fate; afterwards those that have been credited for it.</summary>
    public List<Peer> Also { get; } = [];

    public void Settle(Fate fate, TimeSpan now)
    {
        (Fate, SettledAt) = (fate, now);
        (Message, Via) = (null, null);
    }
}

/// <summary>Ids of messages seen lately: for a time, and never more than a set number of them.</summary>
internal sealed class SeenCache(TimeSpan ttl, int capacity = Limits.SeenMessages)
{
    readonly Dictionary<MessageId, Sighting> sightings = [];
    readonly Queue<(MessageId Id, TimeSpan Until)> order = [];

    public int Count => order.Count;

    public bool TryGet(MessageId id, [NotNullWhen(true)] out Sighting? sighting) => sightings.TryGetValue(id, out sighting);

    public bool Contains(MessageId id) => sightings.ContainsKey(id);

    public void Add(MessageId id, Sighting sighting, TimeSpan now)
    {
        if (order.Count == capacity) Drop();
        sightings.Add(id, sighting);
        order.Enqueue((id, now + ttl));
    }

    public void Expire(TimeSpan now)
    {
        while (order.TryPeek(out var oldest) && oldest.Until <= now) Drop();
    }

    void Drop() => sightings.Remove(order.Dequeue().Id);
}
