using System.Net;
using System.Net.Sockets;
using System.Text;
using Vault.Primitives;

namespace Vault.Libp2p.Multiaddrs;

/// <summary>How the value of one kind of component is laid out in bytes and in text.</summary>
enum ValueForm { None, Ip4, Ip6, Port, Text, Path, Peer, Base64Url, Prefix }

/// <summary>One row of the multiaddr table: a code, its name, and how its value looks.</summary>
sealed record AddressProtocol(int Code, string Name, ValueForm Form)
{
    public const int Ip4 = 4, Tcp = 6, Ip6 = 41, Ip6Zone = 42, Dns = 53, Dns4 = 54, Dns6 = 55, P2p = 421, P2pCircuit = 290;

    // Those we dial, and those that live peers are known to announce; everything else is carried as opaque bytes.
    static readonly AddressProtocol[] Table =
    [
        new(Ip4, "ip4", ValueForm.Ip4), new(Tcp, "tcp", ValueForm.Port), new(Ip6, "ip6", ValueForm.Ip6),
        new(Ip6Zone, "ip6zone", ValueForm.Text), new(43, "ipcidr", ValueForm.Prefix),
        new(Dns, "dns", ValueForm.Text), new(Dns4, "dns4", ValueForm.Text), new(Dns6, "dns6", ValueForm.Text),
        new(56, "dnsaddr", ValueForm.Text), new(33, "dccp", ValueForm.Port), new(132, "sctp", ValueForm.Port),
        new(273, "udp", ValueForm.Port), new(280, "webrtc-direct", ValueForm.None), new(281, "webrtc", ValueForm.None),
        new(P2pCircuit, "p2p-circuit", ValueForm.None), new(400, "unix", ValueForm.Path), new(P2p, "p2p", ValueForm.Peer),
        new(443, "https", ValueForm.None), new(448, "tls", ValueForm.None), new(449, "sni", ValueForm.Text),
        new(454, "noise", ValueForm.None), new(460, "quic", ValueForm.None), new(461, "quic-v1", ValueForm.None),
        new(465, "webtransport", ValueForm.None), new(466, "certhash", ValueForm.Base64Url), new(477, "ws", ValueForm.None),
        new(478, "wss", ValueForm.None), new(480, "http", ValueForm.None),
    ];

    static readonly Dictionary<int, AddressProtocol> ByCode = Table.ToDictionary(row => row.Code);
    static readonly Dictionary<string, AddressProtocol> ByName = Table.Append(new(P2p, "ipfs", ValueForm.Peer)).ToDictionary(row => row.Name);

    public static AddressProtocol? Find(int code) => ByCode.GetValueOrDefault(code);
    public static AddressProtocol? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>Bytes of a value of this form where the form fixes them; null where a length stands in front.</summary>
    public int? FixedSize => Form switch
    {
        ValueForm.None => 0,
        ValueForm.Prefix => 1,
        ValueForm.Port => 2,
        ValueForm.Ip4 => 4,
        ValueForm.Ip6 => 16,
        _ => null,
    };

    /// <summary>The value that <paramref name="text"/> stands for; null when it stands for none.</summary>
    public byte[]? ParseValue(string text)
    {
        switch (Form)
        {
            case ValueForm.Ip4 or ValueForm.Ip6:
                AddressFamily family = Form == ValueForm.Ip4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
                if (text.Contains('%') || !IPAddress.TryParse(text, out IPAddress? ip) || ip.AddressFamily != family) return null;
                // "10.1" and "0x7f.1" are addresses to the resolver, but not to anybody else's multiaddr.
                return family == AddressFamily.InterNetwork && ip.ToString() != text ? null : ip.GetAddressBytes();
            case ValueForm.Port:
                return ushort.TryParse(text, System.Globalization.NumberStyles.None, null, out ushort port) ? [(byte)(port >> 8), (byte)port] : null;
            case ValueForm.Prefix:
                return byte.TryParse(text, System.Globalization.NumberStyles.None, null, out byte bits) ? [bits] : null;
            case ValueForm.Peer:
                return PeerId.Parse(text) is { } peer ? peer.Bytes.ToArray() : null;
            case ValueForm.Base64Url:
                return text.StartsWith('u') && TryBase64Url(text.AsSpan(1), out byte[] bytes) ? bytes : null;
            case ValueForm.Text or ValueForm.Path:
                return text.Length == 0 ? null : Encoding.UTF8.GetBytes(text);
            default:
                return [];
        }
    }

    /// <summary>The text of a value; null when the value isn't one of this form, or can't be told apart from the next component.</summary>
    public string? PrintValue(ReadOnlySpan<byte> value)
    {
        switch (Form)
        {
            case ValueForm.Ip4 or ValueForm.Ip6: return new IPAddress(value).ToString();
            case ValueForm.Port: return (value[0] << 8 | value[1]).ToString(System.Globalization.CultureInfo.InvariantCulture);
            case ValueForm.Prefix: return value[0].ToString(System.Globalization.CultureInfo.InvariantCulture);
            case ValueForm.Peer: return PeerId.FromBytes(value)?.ToString();
            case ValueForm.Base64Url: return "u" + System.Buffers.Text.Base64Url.EncodeToString(value);
            case ValueForm.Text or ValueForm.Path:
                if (value.IsEmpty || !System.Text.Unicode.Utf8.IsValid(value)) return null;
                string text = Encoding.UTF8.GetString(value);
                return Form == ValueForm.Text && text.Contains('/') ? null : text;
            default: return "";
        }
    }

    static bool TryBase64Url(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = new byte[System.Buffers.Text.Base64Url.GetMaxDecodedLength(text.Length)];
        bool done = System.Buffers.Text.Base64Url.TryDecodeFromChars(text, bytes, out int length);
        bytes = bytes[..length];
        return done;
    }
}
