using Vault.Identity;

namespace Vault.Chat;

/// <summary>What became of a message that somebody brought.</summary>
public enum Acceptance
{
    /// <summary>It is new, and durable.</summary>
    Added,
    /// <summary>It was here already, or its body was and came now.</summary>
    Known,
    /// <summary>Messages before it are missing; it waits for them.</summary>
    Waits,
    /// <summary>It names another message before it than the one that is here: somebody has signed two histories.</summary>
    OtherHistory,
    /// <summary>It proves a fork, which is kept.</summary>
    Forks,
    /// <summary>Its chain was proven to fork before it.</summary>
    Held,
    /// <summary>Its time lies too far ahead: bring it again later.</summary>
    TooEarly,
    /// <summary>Its author sends more than one device may.</summary>
    TooMuch,
    /// <summary>Its author isn't a member who may write here.</summary>
    NotAllowed,
    /// <summary>Forged, or contradicting what it builds on.</summary>
    Invalid,
}

/// <summary>A message in a room, with what became of it.</summary>
/// <param name="Text">The latest edit's; null if it was erased or can't be read here.</param>
public sealed record ChatLine(
    SignedMessage Message, MessageBody? Body, string? Text, bool Edited, bool Erased, IReadOnlyList<(DeviceId By, string Mark)> Reactions, int DeliveredTo);

/// <summary>Messages that are known to be there and haven't come.</summary>
public sealed record ChatGap(FeedId Feed, ulong From, ulong To)
{
    public ulong Count => To - From + 1;
}
