using Vault.Libp2p.Multiaddrs;
using Vault.Primitives;

namespace Vault.Libp2p;

public enum PeerState
{
    Disconnected,
    Connecting,
    Connected,
    /// <summary>The last attempt failed; the next one waits until <see cref="PeerStatus.RetryAt"/>.</summary>
    BackingOff,
}

/// <summary>How a connection runs.</summary>
public enum PathKind
{
    /// <summary>Inside one local network, or one machine.</summary>
    Lan,
    /// <summary>Straight, through other networks.</summary>
    Direct,
    /// <summary>Through a relay, which bounds its time and bytes.</summary>
    Relay,
}

/// <summary>One connection at one moment.</summary>
public sealed record ConnectionStatus(PeerId Peer, Multiaddr RemoteAddress, Multiaddr LocalAddress, PathKind Path)
{
    /// <summary>Whether we dialed it.</summary>
    public bool Dialed { get; init; }

    public DateTimeOffset Since { get; init; }

    /// <summary>Fingerprint of its private network; null for a public one.</summary>
    public string? Network { get; init; }

    /// <summary>The hash of its handshake, the same at both ends and different for every connection.</summary>
    public Hash32 ChannelBinding { get; init; }

    /// <summary>The latest answer to a ping; there is one at the start and then every half a minute (<see cref="Yamux.MuxLimits.KeepAlive"/>).</summary>
    public TimeSpan? RoundTrip { get; init; }

    public int Streams { get; init; }

    /// <summary>Bytes received and sent so far, with all that frames and seals them; the handshake isn't counted.</summary>
    public long BytesIn { get; init; }
    public long BytesOut { get; init; }
}

/// <summary>What a node knows about a peer at one moment.</summary>
public sealed record PeerStatus(PeerId Peer, PeerState State)
{
    /// <summary>Where the peer may be dialed.</summary>
    public IReadOnlyList<Multiaddr> Addresses { get; init; } = [];

    /// <summary>The connections there are; new streams go over the first.</summary>
    public IReadOnlyList<ConnectionStatus> Connections { get; init; } = [];

    /// <summary>The other ends of the connections there are, as the sockets see them.</summary>
    public IReadOnlyList<Multiaddr> ConnectedAt => [.. Connections.Select(connection => connection.RemoteAddress)];

    public PathKind? Path => Connections.Count > 0 ? Connections[0].Path : null;
    public TimeSpan? RoundTrip => Connections.Count > 0 ? Connections[0].RoundTrip : null;

    /// <summary>Bytes of all connections since the node remembers the peer, those that have ended included.</summary>
    public long BytesIn { get; init; }
    public long BytesOut { get; init; }

    public string? Agent { get; init; }
    public IReadOnlyList<string> Protocols { get; init; } = [];

    /// <summary>Where the peer says it listens, and where it sees us.</summary>
    public IReadOnlyList<Multiaddr> ListenAddresses { get; init; } = [];
    public Multiaddr? ObservedAddress { get; init; }

    /// <summary>Why the last attempt to connect failed, or the last connection ended.</summary>
    public string? LastFailure { get; init; }
    public DateTimeOffset? LastFailureAt { get; init; }
    public DateTimeOffset? RetryAt { get; init; }
}
