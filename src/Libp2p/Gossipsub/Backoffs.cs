using Vault.Primitives;

namespace Vault.Libp2p.Gossipsub;

/// <summary>Until when which peer may not be grafted in one topic. Outlives the connection and the subscription.</summary>
internal sealed class Backoffs
{
    readonly Dictionary<PeerId, TimeSpan> until = [];

    public bool IsEmpty => until.Count == 0;
    public int Count => until.Count;

    /// <summary>When the back-off ends; null where there is none.</summary>
    public TimeSpan? Of(PeerId peer) => until.TryGetValue(peer, out TimeSpan end) ? end : null;

    public void Extend(PeerId peer, TimeSpan end)
    {
        if (until.TryGetValue(peer, out TimeSpan known) && known >= end) return;
        if (!until.ContainsKey(peer) && until.Count == Limits.BackoffsPerTopic) until.Remove(until.MinBy(entry => entry.Value).Key);
        until[peer] = end;
    }

    public void Expire(TimeSpan before)
    {
        foreach ((PeerId peer, TimeSpan end) in until)
        {
            if (end <= before) until.Remove(peer);
        }
    }
}
