using System.Net.Sockets;
using Vault.Libp2p.Multiaddrs;

namespace Vault.Libp2p;

/// <summary>Counts inbound links that haven't proved who they are, in all and by where they come from.</summary>
sealed class HalfOpenLinks
{
    readonly Dictionary<string, int> byHost = [];

    public int Total { get; private set; }

    public int From(string host) => byHost.GetValueOrDefault(host);

    public void Add(string host)
    {
        byHost[host] = From(host) + 1;
        Total++;
    }

    public void Remove(string host)
    {
        Total--;
        if (From(host) > 1) byHost[host]--;
        else byHost.Remove(host);
    }

    /// <summary>What one party easily holds: an IPv4 address, the /64 around an IPv6 address, or all that one relay brings.</summary>
    public static string HostOf(Multiaddr address)
    {
        if (address.TryGetCircuit(out Multiaddr? relay, out _)) return relay.ToString();
        if (!address.TryGetTcp(out TcpTarget? target) || target.Address is not { } ip) return address.ToString();
        return ip.AddressFamily == AddressFamily.InterNetworkV6 ? Convert.ToHexStringLower(ip.GetAddressBytes().AsSpan(0, 8)) : ip.ToString();
    }
}
