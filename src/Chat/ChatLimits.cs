namespace Vault.Chat;

/// <summary>Everything an author or a peer could make grow, and how far.</summary>
public static class ChatLimits
{
    /// <summary>Format. Heads that one message names: those of others that moved since its author's message before. The rest go into the next.</summary>
    public const int HeadsPerMessage = 64;

    /// <summary>Format. Text of one message in bytes of UTF-8: a long page. More is a file.</summary>
    public const int Text = 16 << 10;

    /// <summary>Format. A sealed body: text, a witness of as many authors as there may be, and what surrounds them.</summary>
    public const int Body = 32 << 10;

    /// <summary>Format. A room's name in bytes of UTF-8.</summary>
    public const int RoomName = 64;

    /// <summary>Format. Authors whose counters a witness names: those that the catalog heard last.</summary>
    public const int WitnessAuthors = 256;

    /// <summary>Chains of one device: each beyond the first takes a proven fork, so this many mean a key in several hands.</summary>
    public const int Chains = 64;

    /// <summary>Messages further in the future than this wait outside, so that a wrong clock can't stand above all others for ever.</summary>
    public static readonly TimeSpan Ahead = TimeSpan.FromMinutes(10);

    /// <summary>Messages that came before their predecessors and wait in memory; beyond it they are fetched again in order.</summary>
    public const int Waiting = 1024;

    /// <summary>Messages by one author that come unasked: so many at once, so many more a minute. What is beyond is fetched by asking.</summary>
    public const int BurstPerAuthor = 2048;
    public const int PerMinute = 600;

    /// <summary>Messages of one author, in all its chains: three hundred a day for ten years; who comes to the end joins anew.</summary>
    public const ulong MessagesPerAuthor = 1 << 20;

    /// <summary>Headers and bodies by one author that a device keeps. Beyond it bodies are left with the others; headers go on.</summary>
    public const long BytesPerAuthor = 256L << 20;

    /// <summary>How often a peer may claim to have later messages of this device than there are here, without bringing one: each time this device says nothing until that is settled.</summary>
    public const int UnprovenClaims = 3;

    /// <summary>Feeds of one vault: every device that ever was a member, and its chains.</summary>
    public const int Feeds = 4096;
}
