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

/// <summary>What a node knows about a peer at one moment.</summary>
public sealed record PeerStatus(PeerId Peer, PeerState State)
{
    /// <summary>Where the peer may be dialed.</summary>
    public IReadOnlyList<Multiaddr> Addresses { get; init; } = [];

    /// <summary>The other ends of the connections there are, as the sockets see them.</summary>
    public IReadOnlyList<Multiaddr> ConnectedAt { get; init; } = [];

    public string? Agent { get; init; }
    public IReadOnlyList<string> Protocols { get; init; } = [];

    /// <summary>Where the peer says it listens, and where it sees us.</summary>
    public IReadOnlyList<Multiaddr> ListenAddresses { get; init; } = [];
    public Multiaddr? ObservedAddress { get; init; }

    public TimeSpan? RoundTrip { get; init; }

    /// <summary>Why the last attempt to connect failed, or the last connection ended.</summary>
    public string? LastFailure { get; init; }
    public DateTimeOffset? LastFailureAt { get; init; }
    public DateTimeOffset? RetryAt { get; init; }
}
