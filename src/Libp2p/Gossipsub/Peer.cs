using Vault.Primitives;

namespace Vault.Libp2p.Gossipsub;

/// <summary>A peer's state while it is connected.</summary>
internal sealed class Peer(PeerId id, Protocol protocol, bool outbound, Reputation score)
{
    public PeerId Id { get; } = id;
    public Protocol Protocol { get; } = protocol;

    /// <summary>We dialed it.</summary>
    public bool IsOutbound { get; } = outbound;

    public bool HasMesh => Protocol >= Protocol.Gossip10;

    /// <summary>The cache's window in which it connected.</summary>
    public long ConnectedIn { get; init; }

    public Reputation Score { get; } = score;
    public SendQueue Queue { get; private set; } = new();

    /// <summary>Since when a frame has been ready and none was taken.</summary>
    public TimeSpan WaitingSince { get; set; }

    /// <summary>Topics it announced.</summary>
    public HashSet<string> Topics { get; } = [];

    /// <summary>The heartbeat at which it opened another stream, until something comes on it.</summary>
    public long? RenewedAt { get; set; }

    /// <summary>Our topics that it knows of.</summary>
    public HashSet<string> Told { get; } = [];

    /// <summary>Its own signed peer record, for peer exchange.</summary>
    public ReadOnlyMemory<byte> Record { get; set; }

    /// <summary>IDONTWANT: ids, and the heartbeat from which they no longer hold.</summary>
    public Dictionary<MessageId, long> Unwanted { get; } = [];

    public int OpenPromises { get; set; }
    public bool IsGraylisted { get; set; }
    public bool IsClosing { get; set; }

    /// <summary>The next heartbeat looks at it.</summary>
    public bool IsStirred { get; set; }

    /// <summary>There is nothing left for a heartbeat to do.</summary>
    public bool IsQuiet => IsClosing || Unwanted.Count == 0 && RenewedAt is null && Queue.IsEmpty;

    // Since the last heartbeat:
    public int Messages { get; set; }
    public int IHaveMessages { get; set; }
    public int AskedIds { get; set; }
    public int WantedIds { get; set; }

    /// <summary>Messages it brought although they were known, and how often.</summary>
    public Dictionary<MessageId, int> Duplicates { get; } = [];

    /// <summary>The peer is gone. Caches may name it for a while yet, and must not keep what waited for it.</summary>
    public void Release()
    {
        IsClosing = true;
        Queue = new SendQueue();
        Topics.Clear();
        Told.Clear();
        Unwanted.Clear();
        Duplicates.Clear();
    }

    public void StartHeartbeat(long tick)
    {
        Messages = IHaveMessages = AskedIds = WantedIds = 0;
        if (Duplicates.Count > 0) Duplicates.Clear();
        if (Unwanted.Count == 0) return;
        foreach ((MessageId id, long until) in Unwanted)
        {
            if (until <= tick) Unwanted.Remove(id);
        }
    }
}
