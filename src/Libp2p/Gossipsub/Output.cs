using Vault.Primitives;

namespace Vault.Libp2p.Gossipsub;

/// <summary>What the router wants done. Taken in order after each input; none of them has to be answered before the next input.</summary>
public abstract record Output
{
    private Output() { }

    /// <summary>Frames are ready for this peer: take them as fast as its stream accepts them. Said when the queue was empty before.</summary>
    public sealed record Writable(PeerId Peer) : Output;

    /// <summary>A message for the application: signed by its author, accepted, not seen before.</summary>
    public sealed record Deliver(Message Message, PeerId Via) : Output;

    /// <summary>A message to be judged: answer with <see cref="Router.Judge"/>, at once or later.</summary>
    public sealed record Validate(MessageId Id, Message Message, PeerId Via) : Output;

    /// <summary>Close the connection; the router has no more use for this peer. The driver still reports the disconnection.</summary>
    public sealed record Disconnect(PeerId Peer, string Reason) : Output;

    /// <summary>The peer's score fell so low that nothing it sends is read any more. Whether it may stay connected is the driver's choice.</summary>
    public sealed record Graylisted(PeerId Peer, double Score) : Output;

    /// <summary>Peers of a topic that a well-regarded peer offers. Their records are unverified.</summary>
    public sealed record Offered(string Topic, PeerId By, IReadOnlyList<ExchangedPeer> Peers) : Output;
}

public enum Verdict
{
    /// <summary>Deliver and forward.</summary>
    Accept,
    /// <summary>Invalid: whoever sent it pays.</summary>
    Reject,
    /// <summary>Neither delivered nor forwarded, nobody pays.</summary>
    Ignore,
}

/// <summary>What happened so far, for metrics and for the simulation.</summary>
public sealed class Counters
{
    /// <summary>Messages received, known ones included.</summary>
    public long Received { get; internal set; }
    public long Duplicates { get; internal set; }
    public long Delivered { get; internal set; }
    public long Invalid { get; internal set; }

    /// <summary>Outside the topic's peer filter, unknown topic, beyond a rate, or unjudged for lack of room.</summary>
    public long Ignored { get; internal set; }

    public long Forwarded { get; internal set; }
    public long Answered { get; internal set; }
    public long Asked { get; internal set; }

    /// <summary>Messages and gossip not queued because the peer reads too slowly.</summary>
    public long Dropped { get; internal set; }
    public long BrokenPromises { get; internal set; }
}
