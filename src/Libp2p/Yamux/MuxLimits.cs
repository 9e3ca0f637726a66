namespace Vault.Libp2p.Yamux;

/// <summary>What one peer may cost us through one connection's streams.</summary>
public sealed record MuxLimits
{
    /// <summary>Fixed by Yamux: every stream starts with this much in each direction.</summary>
    public const int InitialWindow = 256 * 1024;

    /// <summary>
    /// js-libp2p's XSalsa20 breaks a connection when it is handed more than 640 KiB at once, which it does as soon as our window
    /// allows it. Under a private network no window is therefore opened wider than this until the peer has shown to be of our kind.
    /// </summary>
    public const int PrivateNetworkWindow = 512 * 1024;

    /// <summary>Covers a gigabit at 30 ms; a window only grows to it while the reader keeps up.</summary>
    public int MaxWindow { get; init; } = 4 * 1024 * 1024;

    /// <summary>Streams the other side may have open. The same as js-libp2p's; beyond it a new one is reset.</summary>
    public int MaxInboundStreams { get; init; } = 1024;

    public int MaxOutboundStreams { get; init; } = 1024;

    /// <summary>Streams we opened that weren't acknowledged yet. go-libp2p stops accepting at this many.</summary>
    public int MaxBacklog { get; init; } = 256;

    /// <summary>
    /// Bytes that have arrived on all streams of a connection and were not read yet. A thousand initial windows would be 256 MiB;
    /// the stream whose frame goes over this is reset.
    /// </summary>
    public int MaxUnread { get; init; } = 32 * 1024 * 1024;

    /// <summary>Refusals (RST) and ping answers waiting for a peer that asks faster than it reads. Beyond it the connection ends.</summary>
    public int MaxAnswersWaiting { get; init; } = 1024;

    /// <summary>Streams a peer may open and reset again in a burst, and how many more per second: work for us, none for it.</summary>
    public int ResetBurst { get; init; } = 1000;

    public int ResetsPerSecond { get; init; } = 200;

    /// <summary>Bytes a writer may hand over before its flush waits.</summary>
    public int MaxUnsent { get; init; } = 512 * 1024;

    /// <summary>How often the other side is asked whether it is alive, and how long it has for the answer. Yamux's customary 30 s.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a stream that we have closed both ways waits for the other side's FIN before it is reset.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromMinutes(1);
}
