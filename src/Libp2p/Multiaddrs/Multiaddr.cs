using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Vault.Primitives;

namespace Vault.Libp2p.Multiaddrs;

/// <summary>
/// A multiaddr, kept as the bytes it has on the wire. Components we know are parsed and printed; from the first one we don't
/// know on, the bytes are carried as they came (their length is unknown to us) and print as <c>/opaque/HEX</c>.
/// </summary>
public sealed class Multiaddr : IEquatable<Multiaddr>
{
    /// <summary>A relayed address with two peer ids and a long host name stays far below; what is longer is refused.</summary>
    public const int MaxSize = 1024;

    const string OpaqueName = "opaque";
    const int OpaqueCode = -1;

    readonly byte[] bytes;
    readonly Component[] components;

    readonly record struct Component(int Code, int Start, int ValueStart, int End);

    Multiaddr(byte[] bytes, Component[] components)
    {
        this.bytes = bytes;
        this.components = components;
    }

    public ReadOnlySpan<byte> Bytes => bytes;

    /// <summary>Null for bytes that aren't a multiaddr: cut off, empty, too long, or with a value that its code doesn't allow.</summary>
    public static Multiaddr? FromBytes(ReadOnlySpan<byte> source)
    {
        if (source.Length is 0 or > MaxSize) return null;
        List<Component> found = [];
        for (int at = 0; at < source.Length;)
        {
            int start = at;
            if (Varint.Read(source[at..], out ulong code, out int length) != VarintResult.Done) return null;
            if (code > int.MaxValue || AddressProtocol.Find((int)code) is not { } protocol)
            {
                found.Add(new(OpaqueCode, start, start, source.Length));
                break;
            }
            at += length;
            int size;
            if (protocol.FixedSize is { } fixedSize) size = fixedSize;
            else
            {
                if (Varint.Read(source[at..], out ulong prefixed, out length) != VarintResult.Done || prefixed > MaxSize) return null;
                at += length;
                size = (int)prefixed;
            }
            if (size > source.Length - at || protocol.PrintValue(source.Slice(at, size)) is null) return null;
            found.Add(new(protocol.Code, start, at, at + size));
            at += size;
        }
        return new Multiaddr(source.ToArray(), [.. found]);
    }

    /// <summary>Null for text that isn't a multiaddr, or names a protocol we don't know.</summary>
    public static Multiaddr? Parse(string text)
    {
        if (text.Length is < 2 or > 4 * MaxSize || text[0] != '/') return null;
        string[] parts = text.TrimEnd('/').Split('/');
        using MemoryStream written = new();
        for (int at = 1; at < parts.Length;)
        {
            string name = parts[at++];
            if (name == OpaqueName)
            {
                if (at != parts.Length - 1 || !IsHex(parts[at])) return null;
                written.Write(Convert.FromHexString(parts[at]));
                break;
            }
            if (AddressProtocol.Find(name) is not { } protocol) return null;
            string? value = null;
            if (protocol.Form == ValueForm.Path) (value, at) = (string.Join('/', parts[at..]), parts.Length);
            else if (protocol.Form != ValueForm.None)
            {
                if (at == parts.Length) return null;
                value = parts[at++];
            }
            if (protocol.ParseValue(value ?? "") is not { } encoded) return null;
            WriteVarint(written, (ulong)protocol.Code);
            if (protocol.FixedSize is null) WriteVarint(written, (ulong)encoded.Length);
            written.Write(encoded);
        }
        return FromBytes(written.ToArray());
    }

    /// <summary>/ip4 or /ip6 with /tcp. A link-local address keeps its interface as /ip6zone.</summary>
    public static Multiaddr From(IPEndPoint endPoint)
    {
        IPAddress address = endPoint.Address.IsIPv4MappedToIPv6 ? endPoint.Address.MapToIPv4() : endPoint.Address;
        bool four = address.AddressFamily == AddressFamily.InterNetwork;
        string zone = !four && address.ScopeId != 0 ? $"/ip6zone/{address.ScopeId}" : "";
        string host = four ? address.ToString() : new IPAddress(address.GetAddressBytes()).ToString();
        return Parse($"{zone}/{(four ? "ip4" : "ip6")}/{host}/tcp/{endPoint.Port}")!;
    }

    public override string ToString()
    {
        StringBuilder text = new();
        foreach (Component component in components)
        {
            if (component.Code == OpaqueCode)
            {
                text.Append('/').Append(OpaqueName).Append('/').Append(Convert.ToHexStringLower(bytes[component.Start..]));
                continue;
            }
            AddressProtocol protocol = AddressProtocol.Find(component.Code)!;
            text.Append('/').Append(protocol.Name);
            if (protocol.Form != ValueForm.None) text.Append('/').Append(protocol.PrintValue(Value(component)));
        }
        return text.ToString();
    }

    /// <summary>The peer this address leads to: its last /p2p, unless a /p2p-circuit follows.</summary>
    public PeerId? Peer => components is [.., { Code: AddressProtocol.P2p } last] ? PeerId.FromBytes(Value(last)) : null;

    public bool IsCircuit => components.Any(component => component.Code == AddressProtocol.P2pCircuit);

    /// <summary>The same address without a last /p2p; null when nothing else is left.</summary>
    public Multiaddr? WithoutPeer()
    {
        if (components is not [.., { Code: AddressProtocol.P2p } last]) return this;
        return FromBytes(bytes.AsSpan(0, last.Start));
    }

    public Multiaddr WithPeer(PeerId peer) => Peer == peer ? this : Join(this, Parse("/p2p/" + peer)!);

    public static Multiaddr Join(Multiaddr outer, Multiaddr inner) =>
        FromBytes([.. outer.bytes, .. inner.bytes]) ?? throw new ArgumentException("The joined address would be too long.", nameof(inner));

    /// <summary>The relay's own address and the peer behind it, of an address …/p2p/RELAY/p2p-circuit[/p2p/TARGET].</summary>
    public bool TryGetCircuit([NotNullWhen(true)] out Multiaddr? relay, out PeerId? target)
    {
        (relay, target) = (null, null);
        int at = Array.FindIndex(components, component => component.Code == AddressProtocol.P2pCircuit);
        if (at <= 0) return false;
        relay = FromBytes(bytes.AsSpan(0, components[at].Start));
        target = at == components.Length - 2 ? Peer : null;
        return relay is not null && at >= components.Length - 2;
    }

    /// <summary>What to connect to, of an address that starts with a host and a TCP port and continues with at most /p2p.</summary>
    public bool TryGetTcp([NotNullWhen(true)] out TcpTarget? target)
    {
        target = null;
        ReadOnlySpan<Component> rest = components;
        string zone = "";
        if (rest is [{ Code: AddressProtocol.Ip6Zone } first, ..])
        {
            zone = "%" + Encoding.UTF8.GetString(Value(first));
            rest = rest[1..];
        }
        if (rest is not [{ Code: AddressProtocol.Ip4 or AddressProtocol.Ip6 or AddressProtocol.Dns or AddressProtocol.Dns4 or AddressProtocol.Dns6 } host,
            { Code: AddressProtocol.Tcp } tcp, ..]) return false;
        if (rest.Length > 3 || rest.Length == 3 && rest[2].Code != AddressProtocol.P2p) return false;
        AddressFamily family = host.Code switch
        {
            AddressProtocol.Ip4 or AddressProtocol.Dns4 => AddressFamily.InterNetwork,
            AddressProtocol.Ip6 or AddressProtocol.Dns6 => AddressFamily.InterNetworkV6,
            _ => AddressFamily.Unspecified,
        };
        bool literal = host.Code is AddressProtocol.Ip4 or AddressProtocol.Ip6;
        string name = AddressProtocol.Find(host.Code)!.PrintValue(Value(host))! + zone;
        IPAddress? address = null;
        if (literal && !IPAddress.TryParse(name, out address)) return false;
        ReadOnlySpan<byte> port = Value(tcp);
        target = new TcpTarget(name, address, family, port[0] << 8 | port[1]);
        return true;
    }

    ReadOnlySpan<byte> Value(Component component) => bytes.AsSpan(component.ValueStart..component.End);

    static bool IsHex(string text) => text.Length is > 0 and <= 2 * MaxSize && text.Length % 2 == 0 && text.All(char.IsAsciiHexDigit);

    static void WriteVarint(MemoryStream stream, ulong value)
    {
        Span<byte> encoded = stackalloc byte[Varint.MaxSize];
        stream.Write(encoded[..Varint.Write(encoded, value)]);
    }

    public bool Equals(Multiaddr? other) => other is not null && bytes.AsSpan().SequenceEqual(other.bytes);
    public override bool Equals(object? obj) => Equals(obj as Multiaddr);

    public override int GetHashCode()
    {
        HashCode hash = new();
        hash.AddBytes(bytes);
        return hash.ToHashCode();
    }
}

/// <summary>Where a TCP connection goes: a literal address, or a name to be looked up in one family or both.</summary>
public sealed record TcpTarget(string Host, IPAddress? Address, AddressFamily Family, int Port);
