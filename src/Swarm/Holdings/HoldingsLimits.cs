namespace Vault.Swarm;

/// <summary>The limits of what devices say of their holdings, together.</summary>
public static class HoldingsLimits
{
    /// <summary>In a vault of at most so many devices each follows what all others hold: as many as one record seals new secrets to, and some.</summary>
    public const int Everybody = 256;

    /// <summary>Devices whose holdings are known at once.</summary>
    public const int Peers = 1024;

    /// <summary>Blocks known at once, some 20 bytes each and a bit for each device.</summary>
    public const int Rows = 1 << 22;

    /// <summary>Blocks that somebody claims and this device doesn't know as needed: what is new, and what anybody may invent.</summary>
    public const int Strangers = 1 << 18;

    /// <summary>Wire. Ids in one statement, so that it fits into a message of the gossip.</summary>
    public const int IdsInStatement = 3900;

    /// <summary>Wire. Cells in one answer, and those that are kept current: they read some 3,000 differences.</summary>
    public const int Cells = 4096;

    /// <summary>Cells in the first question: they read some thirty differences.</summary>
    public const int FirstCells = 64;

    /// <summary>Wire. Ids in a piece of a plain list.</summary>
    public const int IdsInList = 8192;

    /// <summary>Between two statements of one device, which gather meanwhile.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Whoever has nothing new to say says so after this time: that it is there.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromMinutes(4);

    /// <summary>Whoever is connected with all others needn't say that; whether it still is, is looked up after this time.</summary>
    public static readonly TimeSpan HeartbeatCheck = TimeSpan.FromSeconds(30);

    /// <summary>Between two comparisons with a connected peer that had news lately, and before one that failed is tried again.</summary>
    public static readonly TimeSpan CompareEvery = TimeSpan.FromSeconds(60), AfterFailure = TimeSpan.FromMinutes(10);

    /// <summary>While comparisons find nothing new, the time between them doubles so often: to that between two signs of life.</summary>
    public const int CompareDoublings = 2;

    /// <summary>What one peer's questions about holdings may make this device send: a few bytes of question ask for 64 KiB. All of a million ids fit into the burst.</summary>
    public const long AnswerBytesPerSecond = 32 << 10, AnswerBurstBytes = 16 << 20;

    /// <summary>An answer that hasn't come by then is asked for again.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
}
