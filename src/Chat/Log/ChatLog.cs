using System.Buffers.Binary;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Chat;

/// <summary>
/// The chat of one vault on this device: every member's feeds as far as they have come, durable. What it returns as added,
/// appended or had would survive a power cut. Safe for use from several threads; one changes it at a time.
/// </summary>
public sealed partial class ChatLog
{
    readonly ChatPorts ports;
    readonly IDatabase meta;
    readonly VaultId vault;
    readonly VaultTag tag;
    readonly DeviceId? self;
    readonly BodySealer sealer;
    readonly Lock gate = new();
    readonly SortedDictionary<FeedId, FeedState> feeds = [];
    readonly Dictionary<DeviceId, Allowance> allowances = [];
    readonly Dictionary<DeviceId, int> unproven = []; // how often a peer has claimed such messages and brought none
    int recoveries; // peers that have shown later messages of this device than it has, and are being asked for them
    bool doubtful;

    /// <summary>Parts with a vault's chat.</summary>
    public static void Forget(IDatabase meta, VaultTag vault)
    {
        Batch batch = new();
        batch.DeleteRange(ChatKeys.Chat, vault.ToArray(), ChatKeys.After(vault.ToArray()));
        meta.Commit(batch, Durability.Synced);
    }

    /// <summary>This device came back from a backup: in that vault it says nothing before a peer has told it what it said already.</summary>
    public static void Doubt(IDatabase meta, VaultTag vault)
    {
        Batch batch = new();
        batch.Put(ChatKeys.Chat, ChatKeys.Key(vault, ChatKeys.DoubtOf), default);
        meta.Commit(batch, Durability.Synced);
    }

    ChatLog(ChatPorts ports, bool doubtful)
    {
        this.ports = ports;
        meta = ports.Meta;
        vault = ports.Keys.Vault;
        tag = vault.Tag;
        this.doubtful = ports.Device != null && (doubtful || meta.Get(ChatKeys.Chat, ChatKeys.Key(tag, ChatKeys.DoubtOf)) != null);
        self = ports.Device is { } key ? DeviceId.Of(key.Public) : null;
        sealer = new BodySealer(ports.Keys, ports.Random);
    }

    /// <param name="doubtful">The database was restored or mended: this device may have said more than it remembers, so it says
    /// nothing before a peer has compared feeds with it.</param>
    public static ChatLog Open(ChatPorts ports, bool doubtful = false)
    {
        ChatLog log = new(ports, doubtful);
        log.Load();
        return log;
    }

    public VaultId Vault => vault;

    /// <summary>What changed: new messages in the order they were taken in. Raised outside the lock, after they are durable.</summary>
    public event Action<IReadOnlyList<SignedMessage>>? Added;

    public event Action<ForkProof>? Forked;

    /// <summary>The head of every feed of which there is something here.</summary>
    public IReadOnlyList<FeedHead> Heads
    {
        get
        {
            lock (gate) return [.. feeds.Values.Where(feed => feed.Head.Sequence > 0).Select(feed => feed.Head)];
        }
    }

    /// <summary>With sequence 0 for a feed of which nothing is here.</summary>
    public FeedHead HeadOf(FeedId feed)
    {
        lock (gate) return StateOf(feed)?.Head ?? default;
    }

    public ForkProof? ForkOf(FeedId feed)
    {
        lock (gate) return StateOf(feed)?.Fork;
    }

    public IReadOnlyList<ForkProof> Forks
    {
        get
        {
            lock (gate) return [.. feeds.Values.Select(feed => feed.Fork).OfType<ForkProof>()];
        }
    }

    /// <summary>What others have and this device lacks.</summary>
    public IReadOnlyList<ChatGap> Gaps
    {
        get
        {
            lock (gate) return [.. feeds.Values.Where(feed => feed.Known > feed.Head.Sequence && feed.Fork is null).Select(feed => new ChatGap(feed.Feed, feed.Head.Sequence + 1, feed.Known))];
        }
    }

    /// <summary>Messages that came before their predecessors and wait in memory.</summary>
    internal int WaitingCount
    {
        get
        {
            lock (gate) return feeds.Values.Sum(state => state.Waiting.Count);
        }
    }

    /// <summary>How many devices besides its author's have this message: those that say so, and this one. In the end all show the same.</summary>
    public int DeliveredTo(FeedId feed, ulong sequence)
    {
        lock (gate) return Delivered(feed, sequence);
    }

    int Delivered(FeedId feed, ulong sequence) =>
        feeds.TryGetValue(feed, out FeedState? state)
            ? state.Seen.Count(seen => seen.Value >= sequence && seen.Key != feed.Device && seen.Key != self) + (self is { } here && here != feed.Device && state.Head.Sequence >= sequence ? 1 : 0) : 0;

    /// <summary>The message at a place, with its body if that is here.</summary>
    public SignedMessage? Find(FeedId feed, ulong sequence, bool withBody = true)
    {
        if (meta.Get(ChatKeys.Chat, ChatKeys.Place(tag, ChatKeys.HeaderOf, feed, sequence)) is not { } header) return null;
        return Whole(header, withBody ? meta.Get(ChatKeys.Chat, ChatKeys.Place(tag, ChatKeys.BodyOf, feed, sequence)) : null);
    }

    // A body that rotted counts as absent: a peer may bring it whole.
    static SignedMessage? Whole(ReadOnlySpan<byte> header, byte[]? body) =>
        body != null && SignedMessage.From(header, new ReadOnlyMemory<byte>(body)) is { } whole ? whole : SignedMessage.From(header, null);

    public SignedMessage? Find(Hash32 hash) => PlaceOf(hash) is { } place ? Find(place.Feed, place.Sequence) : null;

    (FeedId Feed, ulong Sequence)? PlaceOf(Hash32 hash) =>
        meta.Get(ChatKeys.Chat, ChatKeys.Message(tag, ChatKeys.PlaceOf, hash)) is { Length: ChatKeys.PlaceSize } place ? ChatKeys.PlaceAtEnd(place) : null;

    /// <summary>A feed's messages from a place on, in order, as they are when the first is asked for. Holds a snapshot of the database until it is read or left.</summary>
    public IEnumerable<SignedMessage> Range(FeedId feed, ulong from, int count)
    {
        using ISnapshot at = meta.Snapshot();
        using ICursor headers = Following(ChatKeys.HeaderOf), bodies = Following(ChatKeys.BodyOf);
        bool anyBody = bodies.MoveNext();
        for (ulong sequence = from; count-- > 0 && headers.MoveNext() && PlaceOf(headers) == sequence; sequence++)
        {
            while (anyBody && PlaceOf(bodies) < sequence) anyBody = bodies.MoveNext();
            if (Whole(headers.Value, anyBody && PlaceOf(bodies) == sequence ? bodies.Value.ToArray() : null) is not { } message) break;
            yield return message;
        }

        ICursor Following(byte kind) => meta.Range(ChatKeys.Chat, ChatKeys.Place(tag, kind, feed, from), ChatKeys.After(ChatKeys.Feed(tag, kind, feed)), at);

        static ulong PlaceOf(ICursor cursor) => ChatKeys.PlaceAtEnd(cursor.Key).Sequence;
    }

    FeedState? StateOf(FeedId feed) => feeds.GetValueOrDefault(feed);

    // A stranger could name any number of feeds: those of devices that aren't members are nobody's.
    FeedState? Make(FeedId feed, Membership members)
    {
        if (feeds.TryGetValue(feed, out FeedState? state)) return state;
        if (members.Find(feed.Device) is null || feeds.Count >= ChatLimits.Feeds || feed.Chain >= ChatLimits.Chains) return null;
        return feeds[feed] = new FeedState(feed);
    }

    void Reload()
    {
        feeds.Clear();
        rooms.Clear();
        Load();
    }

    void Load()
    {
        foreach ((byte[] key, byte[] value) in All(ChatKeys.HeadOf))
        {
            ByteReader reader = new(value);
            FeedHead head = FeedHead.Read(ref reader);
            FeedState state = feeds[head.Feed] = new FeedState(head.Feed) { Head = head, Known = head.Sequence };
            state.Bytes = (long)reader.TakeUInt64();
            if (!reader.AtEnd) throw new CorruptDataException($"the chat's head of {head.Feed} can't be read", "vault doctor repairs it");
        }
        foreach ((byte[] key, byte[] value) in All(ChatKeys.ForkOf))
        {
            FeedId feed = FeedId.Read(key.AsSpan(^FeedId.Size..));
            if (ForkProof.Parse(value) is { } two && ports.Membership().Find(feed.Device) is { } member && ForkProof.Of(vault, member.Key, two.A, two.B) is { } proof)
                Loaded(feed).Fork = proof;
        }
        foreach ((byte[] key, byte[] value) in All(ChatKeys.NamedOf)) Loaded(FeedId.Read(key.AsSpan(^FeedId.Size..))).Named = BinaryPrimitives.ReadUInt64BigEndian(value);
        foreach ((byte[] key, byte[] value) in All(ChatKeys.SeenOf))
        {
            DeviceId by = new(key.AsSpan(VaultTag.Size + 1, DeviceId.Size));
            FeedState state = Loaded(FeedId.Read(key.AsSpan(^FeedId.Size..)));
            ulong sequence = BinaryPrimitives.ReadUInt64BigEndian(value);
            state.Seen[by] = sequence;
            state.Known = Math.Max(state.Known, sequence);
        }
        foreach (FeedState state in feeds.Values) ports.Clock.Witness(state.Head.Time);
        LoadRooms();
    }

    FeedState Loaded(FeedId feed) => feeds.TryGetValue(feed, out FeedState? state) ? state : feeds[feed] = new FeedState(feed);

    IEnumerable<(byte[] Key, byte[] Value)> All(byte kind)
    {
        using ICursor cursor = meta.Range(ChatKeys.Chat, ChatKeys.Key(tag, kind), ChatKeys.Key(tag, (byte)(kind + 1)));
        while (cursor.MoveNext()) yield return (cursor.Key.ToArray(), cursor.Value.ToArray());
    }
}
