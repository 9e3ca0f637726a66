using Vault.Libp2p.Mdns;
using Vault.Libp2p.Psk;
using Vault.Libp2p.Yamux;
using Vault.Primitives;

namespace Vault.Libp2p;

public sealed record NodeOptions
{
    /// <summary>Name and version that identify tells; the part before the slash tells nodes of one kind from others.</summary>
    public string Agent { get; init; } = "vault/0.1";

    /// <summary>
    /// The private networks this node is in; none means a public node. A listener finds out which one a dialer means, a dialer
    /// uses the first unless told otherwise. They can be changed later (<see cref="Node.UseNetworksAsync"/>).
    /// </summary>
    public IReadOnlyList<PreSharedKey> Networks { get; init; } = [];

    /// <summary>Refuse to start without a private network.</summary>
    public bool RequirePrivateNetwork { get; init; }

    /// <summary>Which peers may connect or be connected to, asked as soon as a handshake has proved who it is.</summary>
    public Func<PeerId, bool> Admit { get; init; } = _ => true;

    /// <summary>Look for peers on our own networks by multicast DNS; null to neither ask nor answer.</summary>
    public MdnsOptions? Mdns { get; init; }

    /// <summary>Bytes per second over all connections, sent and received; null for no limit. Can be changed later (<see cref="Node.Upload"/>).</summary>
    public long? UploadLimit { get; init; }
    public long? DownloadLimit { get; init; }

    public NodeLimits Limits { get; init; } = new();
    public MuxLimits Streams { get; init; } = new();
}

/// <summary>What strangers may cost a node. Each is far above what an honest swarm needs and far below what would hurt.</summary>
public sealed record NodeLimits
{
    /// <summary>Keys tried on one inbound connection, an XSalsa20 block each.</summary>
    public const int MaxNetworks = 16;

    /// <summary>At under 64 KiB of memory when idle, a thousand connections fit anywhere.</summary>
    public int MaxConnections { get; init; } = 1024;

    /// <summary>Two are normal (both sides dialed at once); a few more while old ones die.</summary>
    public int MaxConnectionsPerPeer { get; init; } = 8;

    /// <summary>Inbound connections from one IPv4 address or one IPv6 /64: an office behind one NAT, not a botnet of one.</summary>
    public int MaxConnectionsPerAddress { get; init; } = 128;

    /// <summary>Inbound connections that haven't proved who they are.</summary>
    public int MaxHalfOpen { get; init; } = 256;

    public int MaxHalfOpenPerAddress { get; init; } = 64;

    /// <summary>For everything from the first byte to the muxer. The same as js-libp2p's.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>For one address, from the TCP SYN to the muxer.</summary>
    public TimeSpan DialTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>For agreeing on a stream's protocol.</summary>
    public TimeSpan NegotiationTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>First pause after a failed dial; it doubles up to <see cref="MaxBackOff"/>, with up to a quarter of jitter.</summary>
    public TimeSpan BackOff { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan MaxBackOff { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Peers remembered with their addresses; the longest unseen is forgotten first.</summary>
    public int MaxKnownPeers { get; init; } = 4096;

    public int MaxAddressesPerPeer { get; init; } = 16;

    /// <summary>How long a closing node waits for its streams to finish.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long the second of two connections with one peer stays, so that nobody's new stream hits its end.</summary>
    public TimeSpan DuplicateGrace { get; init; } = TimeSpan.FromSeconds(5);
}
