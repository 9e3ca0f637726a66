namespace Vault.Libp2p.Gossipsub;

/// <summary>One frame between two routers: announcements, messages and control entries, each kind in the order it was written.</summary>
public sealed class Rpc
{
    public List<Subscription> Subscriptions { get; } = [];
    public List<Message> Messages { get; } = [];
    public List<IHave> IHave { get; } = [];

    /// <summary>Ids asked for; the entries they came in mean nothing, so they are one list.</summary>
    public List<MessageId> IWant { get; } = [];

    public List<string> Graft { get; } = [];
    public List<Prune> Prune { get; } = [];
    public List<MessageId> IDontWant { get; } = [];

    /// <summary>The frame's bytes, without the length that precedes them on a stream.</summary>
    public byte[] Encode() => RpcCodec.Encode(this);

    /// <summary>Null, and what was wrong, for bytes that no honest peer would send. Never throws. Messages point into the frame.</summary>
    public static Rpc? Decode(ReadOnlyMemory<byte> frame, out RpcFault fault) => RpcCodec.Decode(frame, out fault);
}

public readonly record struct Subscription(string Topic, bool Wanted);

public sealed record IHave(string Topic, IReadOnlyList<MessageId> Ids);

/// <param name="Backoff">How long not to graft again; null where the peer (of 1.0) doesn't say.</param>
/// <param name="Peers">Others to turn to; empty unless peer exchange is on.</param>
public sealed record Prune(string Topic, TimeSpan? Backoff, IReadOnlyList<ExchangedPeer> Peers);

/// <param name="Record">The peer's own signed record in its envelope, unverified; empty where the sender has none.</param>
public readonly record struct ExchangedPeer(ReadOnlyMemory<byte> Peer, ReadOnlyMemory<byte> Record);

public enum RpcFault
{
    None,
    /// <summary>Not the protobuf it should be.</summary>
    Malformed,
    /// <summary>Longer than <see cref="Limits.RpcSize"/>.</summary>
    TooLarge,
    /// <summary>More entries of some kind than <see cref="Limits"/> allows.</summary>
    TooMany,
}
