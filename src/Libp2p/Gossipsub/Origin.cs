using System.Net;
using System.Net.Sockets;

namespace Vault.Libp2p.Gossipsub;

/// <summary>
/// Where a peer connects from, as far as colocation (P6) is concerned: one IPv4 /24 or IPv6 /64, because addresses inside one are
/// as cheap as identities. Loopback and private ranges count as no origin: there, many honest peers share one address.
/// </summary>
public readonly record struct Origin
{
    readonly string? network;

    Origin(string network) => this.network = network;

    public bool IsKnown => network != null;

    public static Origin None => default;

    public static Origin Of(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        byte[] bytes = address.GetAddressBytes();
        if (IPAddress.IsLoopback(address)) return None;
        if (address.AddressFamily == AddressFamily.InterNetwork) return IsPrivate(bytes) ? None : new Origin($"{bytes[0]}.{bytes[1]}.{bytes[2]}.0/24");
        bool local = address.IsIPv6LinkLocal || address.IsIPv6UniqueLocal || address.IsIPv6SiteLocal;
        return local ? None : new Origin(Convert.ToHexStringLower(bytes.AsSpan(0, 8)) + "/64");
    }

    // 10/8, 172.16/12, 192.168/16, link-local 169.254/16 and the carrier's 100.64/10.
    static bool IsPrivate(byte[] ip) => ip switch
    {
        [10, ..] or [192, 168, ..] or [169, 254, ..] => true,
        [172, >= 16 and < 32, ..] or [100, >= 64 and < 128, ..] => true,
        _ => false,
    };

    public override string ToString() => network ?? "(none)";
}
