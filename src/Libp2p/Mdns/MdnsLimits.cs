namespace Vault.Libp2p.Mdns;

/// <summary>What a neighbour on the network may cost us, and how often we speak.</summary>
static class MdnsLimits
{
    /// <summary>The most that multicast DNS allows in one packet (RFC 6762, 17).</summary>
    public const int MaxReceived = 9000;

    /// <summary>Fits an Ethernet frame with room for whatever tunnels add.</summary>
    public const int MaxSent = 1400;

    /// <summary>Questions and records in one packet. A peer has one name and a handful of addresses.</summary>
    public const int MaxRecords = 128;

    /// <summary>Addresses taken from, or told about, one peer: several interfaces in both families.</summary>
    public const int MaxAddresses = 8;

    /// <summary>Peers found and not expired. An office, not a data centre; more wait until one of these is forgotten.</summary>
    public const int MaxPeers = 256;

    /// <summary>Attempts to connect to found peers that run at once: invented peers must not make us a port scanner.</summary>
    public const int MaxDials = 8;

    /// <summary>Interfaces that are spoken on: a machine full of containers has hundreds.</summary>
    public const int MaxLinks = 32;

    /// <summary>How long an answer holds; what js-libp2p and go-libp2p say, too.</summary>
    public static readonly TimeSpan TimeToLive = TimeSpan.FromSeconds(120);

    /// <summary>A neighbour that wants to be remembered for longer has to say so again.</summary>
    public static readonly TimeSpan LongestTimeToLive = TimeSpan.FromHours(1);

    /// <summary>The second question follows the first after this long, then the pause doubles (RFC 6762, 5.2).</summary>
    public static readonly TimeSpan FirstInterval = TimeSpan.FromSeconds(1);

    /// <summary>Half the time to live, so that one lost packet makes nobody disappear.</summary>
    public static readonly TimeSpan LongestInterval = TimeSpan.FromSeconds(60);

    /// <summary>The system reports new addresses but not every cable, so the interfaces are looked at this often as well.</summary>
    public static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(5);

    /// <summary>The same answer isn't repeated on a link sooner (RFC 6762, 6).</summary>
    public static readonly TimeSpan AnswerInterval = TimeSpan.FromSeconds(1);

    /// <summary>Questions and answers wait between 20 and 120 ms, so that not everybody speaks at once (RFC 6762, 5.2 and 6).</summary>
    public const int ShortestDelayMilliseconds = 20, DelaySpreadMilliseconds = 100;
}
