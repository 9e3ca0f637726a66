using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Vault.Libp2p.Mdns;

/// <summary>One family's socket on port 5353, shared with whatever else on this machine speaks multicast DNS.</summary>
sealed class MulticastSocket : IDisposable
{
    const int Port = 5353;

    /// <summary>No router passes multicast DNS on; 255 is what the specification wants all the same (RFC 6762, 11).</summary>
    const int HopLimit = 255;

    static readonly IPAddress Group4 = IPAddress.Parse("224.0.0.251"), Group6 = IPAddress.Parse("ff02::fb");

    readonly Socket socket;

    MulticastSocket(AddressFamily family)
    {
        Family = family;
        socket = new Socket(family, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            if (family == AddressFamily.InterNetworkV6) socket.DualMode = false;
            socket.SetSocketOption(Level, SocketOptionName.PacketInformation, true);
            socket.SetSocketOption(Level, SocketOptionName.MulticastTimeToLive, HopLimit);
            // Other nodes on this machine hear us only through this; our own words come back too, and are known by their name.
            socket.SetSocketOption(Level, SocketOptionName.MulticastLoopback, true);
            socket.Bind(new IPEndPoint(Any, Port));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public AddressFamily Family { get; }

    bool Six => Family == AddressFamily.InterNetworkV6;
    SocketOptionLevel Level => Six ? SocketOptionLevel.IPv6 : SocketOptionLevel.IP;
    IPAddress Any => Six ? IPAddress.IPv6Any : IPAddress.Any;

    /// <summary>Null where the family doesn't exist or somebody keeps the port to himself: then there is nothing to discover by it.</summary>
    public static MulticastSocket? TryOpen(AddressFamily family)
    {
        try
        {
            return new MulticastSocket(family);
        }
        catch (SocketException)
        {
            return null;
        }
    }

    /// <summary>Interfaces that are up, can multicast and have an address; loopback only where it has been made to multicast.</summary>
    public static IReadOnlyList<Link> UsableLinks()
    {
        List<Link> links = [];
        try
        {
            foreach (NetworkInterface each in NetworkInterface.GetAllNetworkInterfaces())
            {
                // Interfaces without a carrier of their own, loopback and many tunnels, don't know whether they are up.
                if (each.OperationalStatus is not (OperationalStatus.Up or OperationalStatus.Unknown) || !each.SupportsMulticast || links.Count == MdnsLimits.MaxLinks) continue;
                IPInterfaceProperties properties = each.GetIPProperties();
                IPAddress[] addresses = [.. properties.UnicastAddresses.Select(unicast => unicast.Address).Where(LinkAddresses.IsPrivate)];
                if (addresses.Length > 0) links.Add(new Link(properties.GetIPv4Properties().Index, addresses));
            }
        }
        catch (NetworkInformationException)
        {
            // One of them went away while we looked: the rest is found at the next look, which that change brings about.
        }
        return links;
    }

    /// <summary>Becomes a member of the group on links that came, and leaves it on those that went.</summary>
    public void Join(Dictionary<int, Link> before, Dictionary<int, Link> now)
    {
        foreach (Link link in before.Values.Where(link => link.Has(Family) && !(now.GetValueOrDefault(link.Index)?.Has(Family) ?? false))) Try(() => Membership(link, SocketOptionName.DropMembership));
        foreach (Link link in now.Values.Where(link => link.Has(Family) && !(before.GetValueOrDefault(link.Index)?.Has(Family) ?? false))) Try(() => Membership(link, SocketOptionName.AddMembership));
    }

    void Membership(Link link, SocketOptionName what)
    {
        if (Six) socket.SetSocketOption(Level, what, new IPv6MulticastOption(Group6, link.Index));
        else socket.SetSocketOption(Level, what, new MulticastOption(Group4, link.Index));
    }

    /// <summary>A link that fails to send is as good as one that loses the packet: we ask again.</summary>
    public void Send(byte[] packet, Link link) => Try(() =>
    {
        // By address rather than index in IPv4, because that also makes it the source: loopback would have none.
        int by = Six ? link.Index : BitConverter.ToInt32(link.Addresses.First(address => address.AddressFamily == Family).GetAddressBytes());
        socket.SetSocketOption(Level, SocketOptionName.MulticastInterface, by);
        socket.SendTo(packet, new IPEndPoint(Six ? Group6 : Group4, Port));
    });

    static void Try(Action action)
    {
        try
        {
            action();
        }
        catch (SocketException)
        {
            // The interface went down under us, or the membership exists; the next look at the interfaces knows.
        }
    }

    /// <summary>The next packet, the interface it came by and from whom; null once disposed.</summary>
    public async ValueTask<(int Length, int Link, IPAddress From)?> ReceiveAsync(Memory<byte> buffer)
    {
        while (true)
        {
            try
            {
                SocketReceiveMessageFromResult result = await socket.ReceiveMessageFromAsync(buffer, SocketFlags.None, new IPEndPoint(Any, 0));
                return (result.ReceivedBytes, result.PacketInformation.Interface, ((IPEndPoint)result.RemoteEndPoint).Address);
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted or SocketError.Interrupted })
            {
                return null;
            }
            catch (SocketException)
            {
                // A packet larger than any that is allowed, or a link that broke: the next packet may be fine.
                await Task.Yield();
            }
        }
    }

    public void Dispose() => socket.Dispose();
}
