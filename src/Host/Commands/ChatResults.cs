using System.Text.Json.Serialization;

namespace Vault.Host;

/// <param name="Kind">"text", "reply", "reaction", "edit", "erase", "file" or "marker".</param>
/// <param name="Target">The message that it speaks of: its id, or the beginning of that.</param>
sealed record SendChat(string Vault, string Room, string Text, string Kind = "text", string? Target = null);

/// <param name="Since">From then on; null for all.</param>
/// <param name="Follow">Stay, and tell what comes.</param>
/// <param name="Last">So many of the latest; null for all.</param>
sealed record ShowChat(string Vault, string Room, DateTimeOffset? Since = null, bool Follow = false, int? Last = null);

/// <summary>A message as it stands: with its latest edit, and what was answered to it.</summary>
/// <param name="Id">The hash of its signed header.</param>
/// <param name="Device">The peer id of the device that said it.</param>
/// <param name="Prev">The id of what the device had said before; zeros for the first.</param>
/// <param name="Text">Null when it was erased, or can't be read here.</param>
/// <param name="DeliveredTo">How many devices besides its author's have it, this one among them.</param>
sealed record ChatShown(string Id, string Room, string Device, string? Name, ulong Seq, string Prev, DateTimeOffset Time, string? Text, int DeliveredTo)
{
    /// <summary>Left out for plain text.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Kind { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Target { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Edited { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Erased { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ChatReaction>? Reactions { get; init; }

    /// <summary>Whether it stands in a room by itself; the others change one that does.</summary>
    [JsonIgnore]
    public bool IsLine => Kind is null or "reply" or "file" or "marker";
}

sealed record ChatReaction(string Device, string Mark);

/// <summary>How a vault's chat stands here.</summary>
/// <param name="ByReaders">Whether those who may only read files may write messages.</param>
sealed record ChatStanding(string Vault, string Name, string Self, IReadOnlyList<RoomShown> Rooms, IReadOnlyList<ChatGapShown> Gaps, IReadOnlyList<ChatForkShown> Forks, bool ByReaders);

/// <param name="Unread">What others have said since it was read here; 100 stands for any more.</param>
/// <param name="ReadTo">The id of the last message that was read on this device.</param>
sealed record RoomShown(string Room, int Unread, string? ReadTo);

/// <param name="Id">The last message that was read; earlier ones count as read too.</param>
sealed record ReadChat(string Vault, string Room, string Id);

/// <param name="ByReaders">Whether they may from now on.</param>
sealed record AllowChat(string Vault, bool ByReaders);

/// <param name="Messages">Known to be there, and not received.</param>
sealed record ChatGapShown(string Device, string? Name, uint Chain, ulong From, ulong To, ulong Messages);

/// <param name="First">One signed header in hex, and the other: the evidence.</param>
sealed record ChatForkShown(string Device, string? Name, uint Chain, ulong Seq, string First, string Second);

/// <param name="What">What is wrong, in words.</param>
/// <param name="Message">The signed header in hex; and of the message that it contradicts.</param>
sealed record ChatContradiction(string What, string Device, string? Name, ulong Seq, string Message, string? Against);

/// <param name="Vault">Null for all of them.</param>
/// <param name="Export">Write the evidence to this file as well; of one vault only.</param>
sealed record VerifyChat(string? Vault = null, MachinePath? Export = null);

/// <param name="Matched">Messages that witness a state of the vault which this device had too.</param>
/// <param name="NotComparable">Messages whose witness says nothing about what this device had.</param>
/// <param name="Exported">The file that was written.</param>
sealed record ChatVerified(long Messages, int Feeds, IReadOnlyList<ChatForkShown> Forks, IReadOnlyList<ChatGapShown> Gaps, bool Ok,
    long Matched, long NotComparable, IReadOnlyList<ChatContradiction> Contradictions, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Exported = null);
