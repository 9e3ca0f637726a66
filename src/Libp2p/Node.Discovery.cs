using Vault.Libp2p.Mdns;
using Vault.Libp2p.Multiaddrs;
using Vault.Libp2p.Psk;
using Vault.Primitives;

namespace Vault.Libp2p;

// Peers that discovery finds: remembered for as long as they said, and connected to where that is wanted.
public sealed partial class Node
{
    readonly Sightings sightings = new();
    readonly Discovery? discovery;
    int discoveryDials;

    /// <summary>A peer was found on one of our own networks; its addresses are known from now on. May be raised again and again.</summary>
    public event Action<PeerId>? PeerDiscovered;

    internal void Discovered(Sighting sighting, PreSharedKey? network)
    {
        if (!options.Admit(sighting.Peer)) return;
        lock (gate)
        {
            DateTimeOffset now = Time.GetUtcNow();
            if (closed || !sightings.Add(sighting.Peer, sighting.TimeToLive, now - DateTimeOffset.UnixEpoch)) return;
            foreach (Multiaddr address in sighting.Addresses)
                if (transports.Any(transport => transport.CanDial(address))) book.Add(sighting.Peer, address, network, now + sighting.TimeToLive);
        }
        PeerDiscovered?.Invoke(sighting.Peer);
        if (options.Mdns is not { Dial: true } || FindConnection(sighting.Peer) is not null) return;
        lock (gate)
        {
            if (discoveryDials == MdnsLimits.MaxDials || book.Get(sighting.Peer).RetryAt(Time.GetUtcNow()) is not null) return;
            discoveryDials++;
        }
        running.Add(DialDiscoveredAsync(sighting.Peer));
    }

    async Task DialDiscoveredAsync(PeerId peer)
    {
        try
        {
            await DialPeerAsync(peer, null, Closing);
        }
        catch (Exception e)
        {
            // The next answer of this peer brings the next attempt, when its pause is over.
            lock (gate) book.Note(peer, "discovered: " + Reason(e));
        }
        finally
        {
            lock (gate) discoveryDials--;
        }
    }
}
