using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Vault.Libp2p.Multiaddrs;

namespace Vault.Libp2p.Tcp;

/// <summary>What "every interface" means to somebody else: the addresses of those that are up.</summary>
static class InterfaceAddresses
{
    /// <summary>The address itself, or, for 0.0.0.0 and ::, one for each address of this machine. Link-local ones mean nothing elsewhere.</summary>
    public static IEnumerable<Multiaddr> Expand(Multiaddr address)
    {
        if (!address.TryGetTcp(out TcpTarget? target) || target.Address is not { } ip || !(ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any))) return [address];
        return NetworkInterface.GetAllNetworkInterfaces()
            .Where(network => network.OperationalStatus == OperationalStatus.Up || network.NetworkInterfaceType == NetworkInterfaceType.Loopback)
            .SelectMany(network => network.GetIPProperties().UnicastAddresses)
            .Select(unicast => unicast.Address)
            .Where(one => one.AddressFamily == ip.AddressFamily && !one.IsIPv6LinkLocal)
            .Select(one => Multiaddr.From(new IPEndPoint(one, target.Port)));
    }
}
