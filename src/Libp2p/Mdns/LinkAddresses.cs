using System.Net;
using System.Net.Sockets;
using Vault.Libp2p.Multiaddrs;
using Vault.Primitives;

namespace Vault.Libp2p.Mdns;

/// <summary>Which addresses belong on a link: only such as mean nothing outside of it, and only those that lead there.</summary>
static class LinkAddresses
{
    static readonly IPNetwork[] Private =
    [
        IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("172.16.0.0/12"), IPNetwork.Parse("192.168.0.0/16"),
        IPNetwork.Parse("169.254.0.0/16"), IPNetwork.Parse("127.0.0.0/8"),
        IPNetwork.Parse("fc00::/7"), IPNetwork.Parse("fe80::/10"), IPNetwork.Parse("::1/128"),
    ];

    public static bool IsPrivate(IPAddress address) => Array.Exists(Private, network => network.Contains(Bare(address)));

    /// <summary>Where we can be reached from a link on which we have these addresses, given where we listen.</summary>
    public static IReadOnlyList<Multiaddr> ToTell(IEnumerable<Multiaddr> listening, IReadOnlyList<IPAddress> own, PeerId self)
    {
        List<Multiaddr> told = [];
        foreach (Multiaddr listener in listening)
        {
            if (!listener.TryGetTcp(out TcpTarget? target) || target.Address is not { } bound) continue;
            bool any = bound.Equals(IPAddress.Any) || bound.Equals(IPAddress.IPv6Any);
            foreach (IPAddress address in own)
            {
                if (address.AddressFamily != bound.AddressFamily || !IsPrivate(address) || !(any || Bare(address).Equals(Bare(bound)))) continue;
                // No zone: it is a name of ours for the link, and the other side has its own.
                Multiaddr reachable = Multiaddr.From(new IPEndPoint(Bare(address), target.Port)).WithPeer(self);
                if (told.Count < MdnsLimits.MaxAddresses && !told.Contains(reachable)) told.Add(reachable);
            }
        }
        return told;
    }

    /// <summary>What to dial for an address told on a link: null unless it is a TCP address of a private network that can lead to there.</summary>
    public static Multiaddr? ToDial(Multiaddr told, Link link)
    {
        if (told.Peer is not { } peer || !told.TryGetTcp(out TcpTarget? target) || target.Port == 0 || target.Address is not { } address) return null;
        if (!IsPrivate(address) || IPAddress.IsLoopback(address) && !link.Addresses.Any(IPAddress.IsLoopback)) return null;
        IPAddress bare = Bare(address);
        if (bare.IsIPv6LinkLocal) bare.ScopeId = link.Index;
        return Multiaddr.From(new IPEndPoint(bare, target.Port)).WithPeer(peer);
    }

    static IPAddress Bare(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? new IPAddress(address.GetAddressBytes()) : address;
}

/// <summary>An interface that multicast goes through, and our addresses there.</summary>
sealed record Link(int Index, IReadOnlyList<IPAddress> Addresses)
{
    public bool Has(AddressFamily family) => Addresses.Any(address => address.AddressFamily == family);

    public bool Equals(Link? other) => other is not null && Index == other.Index && Addresses.SequenceEqual(other.Addresses);
    public override int GetHashCode() => Index;
}
