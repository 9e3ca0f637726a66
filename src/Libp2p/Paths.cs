using System.Net;
using System.Net.Sockets;
using Vault.Libp2p.Mdns;
using Vault.Libp2p.Multiaddrs;

namespace Vault.Libp2p;

static class Paths
{
    /// <summary>By the address at the other end: a private one, or one of the IPv6 /64 that we are in ourselves, is near.</summary>
    public static PathKind Of(ILink link)
    {
        if (link.IsLimited) return PathKind.Relay;
        if (!link.RemoteAddress.TryGetTcp(out TcpTarget? remote) || remote.Address is not { } there) return PathKind.Direct;
        bool near = LinkAddresses.IsPrivate(there) || link.LocalAddress.TryGetTcp(out TcpTarget? local) && local.Address is { } here && AreNeighbours(here, there);
        return near ? PathKind.Lan : PathKind.Direct;
    }

    static bool AreNeighbours(IPAddress one, IPAddress other) =>
        one.AddressFamily == AddressFamily.InterNetworkV6 && other.AddressFamily == AddressFamily.InterNetworkV6
        && one.GetAddressBytes().AsSpan(0, 8).SequenceEqual(other.GetAddressBytes().AsSpan(0, 8));
}
