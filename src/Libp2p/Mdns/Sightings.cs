using Vault.Primitives;

namespace Vault.Libp2p.Mdns;

/// <summary>Whom we found and until when that holds. Bounded, so that invented peers can't displace everybody a node knows.</summary>
sealed class Sightings
{
    readonly Dictionary<PeerId, TimeSpan> until = [];

    /// <summary>False when there is no room, or when the peer says goodbye: then there is nothing to act on.</summary>
    public bool Add(PeerId peer, TimeSpan timeToLive, TimeSpan now)
    {
        if (timeToLive <= TimeSpan.Zero)
        {
            until.Remove(peer);
            return false;
        }
        if (!until.ContainsKey(peer) && until.Count >= MdnsLimits.MaxPeers)
        {
            foreach ((PeerId gone, _) in until.Where(entry => entry.Value <= now).ToArray()) until.Remove(gone);
            if (until.Count >= MdnsLimits.MaxPeers) return false;
        }
        until[peer] = now + timeToLive;
        return true;
    }
}
