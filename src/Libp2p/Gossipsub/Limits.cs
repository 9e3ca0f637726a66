namespace Vault.Libp2p.Gossipsub;

/// <summary>Everything a peer could make grow, and how far. What tunes the protocol is in <see cref="Parameters"/>; these only keep it bounded.</summary>
public static class Limits
{
    /// <summary>One frame. go-libp2p refuses more than 1 MiB, so nothing larger would travel far.</summary>
    public const int RpcSize = 1 << 20;

    /// <summary>One message, with room left in its frame for the control entries that travel along.</summary>
    public const int MessageSize = RpcSize - 4096;

    /// <summary>A topic's name in UTF-8. Ours are keyed hashes of under 100 bytes.</summary>
    public const int TopicSize = 256;

    /// <summary>A message id: from (at most 44 bytes) and a sequence number, or a hash. Others' own id functions may be somewhat longer.</summary>
    public const int MessageIdSize = 128;

    /// <summary>A signed peer record in a PRUNE: a handful of addresses, a key and a signature.</summary>
    public const int PeerRecordSize = 4096;

    /// <summary>Announcements in one RPC, and topics remembered of one peer: the first RPC carries all of them.</summary>
    public const int TopicsPerPeer = 1024;

    /// <summary>Messages in one RPC. An answer to a full IWANT comes in several.</summary>
    public const int MessagesPerRpc = 4096;

    /// <summary>IHAVE, IWANT, GRAFT, PRUNE and IDONTWANT entries of one RPC, each kind: one per topic is what an honest peer sends.</summary>
    public const int ControlsPerRpc = TopicsPerPeer;

    /// <summary>Message ids in one RPC over all its control entries: what go-libp2p and js-libp2p may advertise in one heartbeat, twice.</summary>
    public const int IdsPerRpc = 10_000;

    /// <summary>Peers that one PRUNE may offer: four times what anyone sends by default.</summary>
    public const int ExchangedPeers = 64;

    /// <summary>Messages (new and known) that one peer may bring between two heartbeats; what exceeds it is dropped unread and counts as misbehaviour.</summary>
    public const int MessagesPerHeartbeat = 4096;

    /// <summary>
    /// Copies of a known message that one peer may bring between two heartbeats: one by the mesh and one that we asked for. More is
    /// a flood, which no signature and no validator would notice.
    /// </summary>
    public const int CopiesPerHeartbeat = 2;

    /// <summary>Ids that one peer may ask for between two heartbeats: two heartbeats' worth of our own advertising, as they may arrive in one burst.</summary>
    public const int WantedPerHeartbeat = 10_000;

    /// <summary>IDONTWANT ids kept per peer. A peer that says more is merely sent what it has already.</summary>
    public const int UnwantedPerPeer = 1024;

    /// <summary>Ids remembered as seen, about 12 MiB. Evicted early only in a flood of valid messages.</summary>
    public const int SeenMessages = 1 << 16;

    /// <summary>Messages kept to answer IWANT.</summary>
    public const int CachedMessages = 8192;

    /// <summary>Bytes of messages kept to answer IWANT; the oldest go first.</summary>
    public const long CachedBytes = 32 << 20;

    /// <summary>Messages handed to the application's validators and not yet judged. More are dropped unjudged, and gossip may bring them again.</summary>
    public const int PendingMessages = 1024;

    /// <summary>Bytes of messages not yet judged.</summary>
    public const long PendingBytes = 16 << 20;

    /// <summary>Messages queued for one peer that doesn't read: seconds of heavy traffic, then they are dropped and gossip repairs it.</summary>
    public const int QueuedMessages = 1024;

    /// <summary>Bytes of messages queued for one peer. A message waiting for many peers is one piece of memory.</summary>
    public const long QueuedBytes = 4 << 20;

    /// <summary>Ids of each gossip kind queued for one peer.</summary>
    public const int QueuedIds = 5000;

    /// <summary>A frame is filled to here and the rest waits for the next, so that a small frame never waits behind a large one for long.</summary>
    public const int FrameTarget = 64 << 10;

    /// <summary>Back-offs remembered per topic. Identities are cheap, so a peer that changes them must not fill our memory.</summary>
    public const int BackoffsPerTopic = 4096;

    /// <summary>The longest back-off we let a peer impose on us.</summary>
    public static readonly TimeSpan Backoff = TimeSpan.FromHours(1);

    /// <summary>Scores kept of peers that left; the first to expire makes room.</summary>
    public const int RetainedScores = 4096;

    /// <summary>IWANT promises watched per peer: ten IHAVE in each heartbeat, for three.</summary>
    public const int PromisesPerPeer = 64;
}
