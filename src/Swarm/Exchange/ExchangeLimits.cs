namespace Vault.Swarm;

/// <summary>The limits of block exchange, together. Those marked "wire" both sides must share.</summary>
static class ExchangeLimits
{
    /// <summary>Wire. Blocks that one side may have asked for and not got: 4,096 small ones fill a round trip, and their ids are 128 KiB of the answerer's memory.</summary>
    public const int Outstanding = 4096;

    /// <summary>Wire. Ids in one message: 16 KiB, so that a message is read in one piece.</summary>
    public const int IdsInAsk = 512;

    /// <summary>Sources that one vault fetches from at once; which of them lack a block is one bit each.</summary>
    public const int Sources = 64;

    /// <summary>Wanted blocks held in memory, some hundred bytes each. Whatever is beyond is found again by walking the pins.</summary>
    public const int Wants = 64 << 10;

    /// <summary>Bytes in flight from one source, whatever its rate: enough to begin with, and not more than what a lost source should cost.</summary>
    public const long LeastInFlight = 1 << 20, MostInFlight = 32 << 20;

    /// <summary>How much of a source's present rate may be in flight: covers half a second of round trip, and the last block waits no longer.</summary>
    public static readonly TimeSpan InFlightTime = TimeSpan.FromSeconds(0.5);

    /// <summary>A source that owes blocks and sends nothing for this long is dropped.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    /// <summary>A block that is owed for longer, and for longer than its source's rate explains, is asked of a second source that has nothing else to do.</summary>
    public static readonly TimeSpan SecondAsk = TimeSpan.FromSeconds(2);

    /// <summary>Blocks that no source has are asked for again after this time: they may have come meanwhile.</summary>
    public static readonly TimeSpan Retry = TimeSpan.FromSeconds(60);

    /// <summary>Somebody who waits for a block gives up when no source has been there for so long.</summary>
    public static readonly TimeSpan Alone = TimeSpan.FromSeconds(10);

    /// <summary>How often the plan looks at the clock.</summary>
    public static readonly TimeSpan Tick = TimeSpan.FromSeconds(0.5);

    /// <summary>Wants passed over in one search for something that a source may have.</summary>
    public const int PassedOver = 1024;

    /// <summary>A round of received blocks ends, and becomes durable, at the first of these: bytes, blocks, age.</summary>
    public const long RoundBytes = 64 << 20;
    public const int RoundBlocks = 16 << 10;
    public static readonly TimeSpan RoundAge = TimeSpan.FromSeconds(1);

    /// <summary>Bytes written to a stream before it is flushed: one frame of the connection's.</summary>
    public const int FlushBytes = 64 << 10;
}
