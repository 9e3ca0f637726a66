using Vault.Chat;
using Vault.Identity;

namespace Vault.Host;

/// <summary>From a chat's own types to what is told of them, with the names that members have given themselves.</summary>
sealed class ChatTelling(Membership members, VaultKeys? keys, BodySealer? sealer)
{
    /// <summary>Null for a message whose room this device can't read.</summary>
    public ChatShown? Shown(ChatLine line)
    {
        SignedMessage message = line.Message;
        (string device, string? name) = Who(message.Header.Feed.Device);
        if (line.Body is null && !line.Erased) return null;
        return new ChatShown(message.Hash.ToString(), line.Body?.Room ?? "", device, name, message.Header.Sequence, message.Header.Previous.ToString(), message.Header.Time.Moment, line.Text, line.DeliveredTo)
        {
            Kind = line.Body is null or { Kind: BodyKind.Text } ? null : line.Body.Kind.ToString().ToLowerInvariant(),
            Target = line.Body is { Target: var target } && target != default ? target.ToString() : null,
            Edited = line.Edited,
            Erased = line.Erased,
            Reactions = line.Reactions.Count == 0 ? null : [.. line.Reactions.Select(mark => new ChatReaction(Who(mark.By).Name ?? Who(mark.By).Device, mark.Mark))],
        };
    }

    public ChatGapShown Shown(ChatGap gap)
    {
        (string device, string? name) = Who(gap.Feed.Device);
        return new ChatGapShown(device, name, gap.Feed.Chain, gap.From, gap.To, gap.Count);
    }

    public ChatForkShown Shown(ForkProof fork)
    {
        (string device, string? name) = Who(fork.Feed.Device);
        return new ChatForkShown(device, name, fork.Feed.Chain, fork.Sequence, Hex(fork.First), Hex(fork.Second));
    }

    public ChatContradiction Shown(Contradiction contradiction)
    {
        (string device, string? name) = Who(contradiction.Message.Header.Feed.Device);
        return new ChatContradiction(contradiction.What, device, name, contradiction.Message.Header.Sequence, Hex(contradiction.Message), contradiction.Against is { } against ? Hex(against) : null);
    }

    public ChatVerified Shown(ChatVerdict verdict, string? exported = null) => new(verdict.Messages, verdict.Feeds, [.. verdict.Forks.Select(Shown)], [.. verdict.Gaps.Select(Shown)], verdict.Ok,
        verdict.Matched, verdict.NotComparable, [.. verdict.Contradictions.Select(Shown)], exported);

    public MessageBody? Open(MessageHeader header, ReadOnlyMemory<byte> body) => sealer?.Open(header, body.Span);

    (string Device, string? Name) Who(DeviceId device) =>
        members.Find(device) is { } member ? (member.Peer.ToString(), keys is null ? null : member.Profile?.OpenName(keys)) : (device.ToString(), null);

    static string Hex(SignedMessage message) => Convert.ToHexStringLower(message.EncodeHeader());
}
