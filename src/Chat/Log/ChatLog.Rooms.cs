using System.Security.Cryptography;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Chat;

public sealed partial class ChatLog
{
    readonly Dictionary<RoomTag, string> rooms = []; // by this device's own tag, which doesn't change with the epoch

    /// <summary>The rooms in which something was said that this device can read.</summary>
    public IReadOnlyList<string> Rooms
    {
        get
        {
            lock (gate) return [.. rooms.Values.Order(StringComparer.Ordinal)];
        }
    }

    /// <summary>The last messages of a room, oldest first.</summary>
    /// <param name="before">Only what stands before this message.</param>
    public IReadOnlyList<ChatLine> Last(string room, int count, SignedMessage? before = null)
    {
        if (!ports.Keys.CanRead) return [];
        RoomTag local = LocalRoom(room);
        byte[] prefix = ChatKeys.Room(tag, ChatKeys.TimeOf, local);
        byte[] end = before is { Header: var at } ? ChatKeys.Moment(tag, local, at.Time, at.Feed, at.Sequence) : ChatKeys.After(prefix);
        List<(FeedId Feed, ulong Sequence)> places = [];
        using (ICursor cursor = meta.Range(ChatKeys.Chat, prefix, end, reverse: true))
            while (places.Count < count && cursor.MoveNext())
                if (ChatKeys.PlaceAtEnd(cursor.Key) is var place && !IsHeld(place.Feed, place.Sequence)) places.Add(place);
        places.Reverse();
        return [.. places.Select(place => Line(place.Feed, place.Sequence)).OfType<ChatLine>()];
    }

    /// <summary>A room from a time on, in its order.</summary>
    public IEnumerable<ChatLine> Since(string room, DateTimeOffset since)
    {
        if (!ports.Keys.CanRead) yield break;
        RoomTag local = LocalRoom(room);
        HybridTime from = HybridTime.At(since);
        byte[] begin = ChatKeys.Moment(tag, local, from, default, 0), end = ChatKeys.After(ChatKeys.Room(tag, ChatKeys.TimeOf, local));
        using ICursor cursor = meta.Range(ChatKeys.Chat, begin, end);
        while (cursor.MoveNext())
        {
            (FeedId feed, ulong sequence) = ChatKeys.PlaceAtEnd(cursor.Key);
            if (Line(feed, sequence) is { } line) yield return line;
        }
    }

    /// <summary>A message as it is shown: with its edits, marks and whether it was erased. Null when it isn't here, or is held.</summary>
    public ChatLine? Line(FeedId feed, ulong sequence)
    {
        if (IsHeld(feed, sequence) || Find(feed, sequence) is not { } message) return null;
        MessageBody? body = message.Body is { } bytes ? sealer.Open(message.Header, bytes.Span) : null;
        bool erased = meta.Get(ChatKeys.Chat, ChatKeys.Erased(tag, message.Hash, feed.Device)) != null;
        string? text = erased ? null : body?.Text;
        bool edited = false;
        Dictionary<DeviceId, string> marks = [];
        foreach ((MessageHeader header, MessageBody spoken) in Speaking(message.Hash))
        {
            if (spoken.Kind == BodyKind.Reaction) marks[header.Feed.Device] = spoken.Text;
            if (spoken.Kind != BodyKind.Edit || header.Feed.Device != feed.Device || erased) continue;
            (text, edited) = (spoken.Text, true);
        }
        return new ChatLine(message, body, text, edited, erased, [.. marks.Where(mark => mark.Value.Length > 0).Select(mark => (mark.Key, mark.Value))], DeliveredTo(feed, sequence));
    }

    /// <summary>
    /// From the place of a proven fork on, some have one history of a chain and some another, and neither is the right one: nobody shows
    /// either, so that all show the same. It stays here as evidence.
    /// </summary>
    public bool IsHeld(FeedId feed, ulong sequence)
    {
        lock (gate) return StateOf(feed) is { } state && state.IsForkedAt(sequence);
    }

    /// <summary>What was said about a message, oldest first; bounded, because anyone could react for ever.</summary>
    IEnumerable<(MessageHeader Header, MessageBody Body)> Speaking(Hash32 target)
    {
        const int most = 512;
        byte[] prefix = ChatKeys.Message(tag, ChatKeys.SpokenOf, target);
        using ICursor cursor = meta.Range(ChatKeys.Chat, prefix, ChatKeys.After(prefix));
        for (int i = 0; i < most && cursor.MoveNext(); i++)
        {
            (FeedId feed, ulong sequence) = ChatKeys.PlaceAtEnd(cursor.Key);
            if (!IsHeld(feed, sequence) && Find(feed, sequence) is { Body: { } bytes } message && sealer.Open(message.Header, bytes.Span) is { } body) yield return (message.Header, body);
        }
    }

    void StoreBody(Batch batch, SignedMessage message, ReadOnlyMemory<byte> sealedBody)
    {
        MessageHeader header = message.Header;
        if (meta.Get(ChatKeys.Chat, ChatKeys.Erased(tag, message.Hash, header.Feed.Device)) != null) return;
        batch.Put(ChatKeys.Chat, ChatKeys.Place(tag, ChatKeys.BodyOf, header.Feed, header.Sequence), sealedBody);
        if (sealer.Open(header, sealedBody.Span) is { } body) Index(batch, header, body);
        else batch.Put(ChatKeys.Chat, ChatKeys.Place(tag, ChatKeys.UnreadOf, header.Feed, header.Sequence), default);
    }

    /// <summary>Secrets have come: what couldn't be read finds its place in its room.</summary>
    public void ReadAgain()
    {
        if (!ports.Keys.CanRead) return;
        lock (gate)
        {
            LoadRooms();
            Batch batch = new();
            foreach ((byte[] key, _) in All(ChatKeys.UnreadOf))
            {
                (FeedId feed, ulong sequence) = ChatKeys.PlaceAtEnd(key);
                if (Find(feed, sequence) is not { Body: { } sealedBody } message || sealer.Open(message.Header, sealedBody.Span) is not { } body) continue;
                batch.Delete(ChatKeys.Chat, key);
                Index(batch, message.Header, body);
            }
            Settle(batch);
        }
    }

    /// <summary>The message whose hash begins with these hex digits; null when there is none or several.</summary>
    public SignedMessage? Find(string beginning)
    {
        if (beginning.Length is < 4 or > 2 * Hash32.Size || !beginning.All(char.IsAsciiHexDigitLower)) return null;
        byte[] prefix = [.. ChatKeys.Key(tag, ChatKeys.PlaceOf), .. Convert.FromHexString(beginning[..(beginning.Length / 2 * 2)])];
        List<(FeedId Feed, ulong Sequence)> found = [];
        using ICursor cursor = meta.Range(ChatKeys.Chat, prefix, ChatKeys.After(prefix));
        while (found.Count < 2 && cursor.MoveNext())
            if (Convert.ToHexStringLower(cursor.Key[(VaultTag.Size + 1)..]).StartsWith(beginning, StringComparison.Ordinal)) found.Add(ChatKeys.PlaceAtEnd(cursor.Value));
        return found is [var only] ? Find(only.Feed, only.Sequence) : null;
    }

    void Index(Batch batch, MessageHeader header, MessageBody body)
    {
        RoomTag room = LocalRoom(body.Room);
        if (rooms.TryAdd(room, body.Room)) batch.Put(ChatKeys.Chat, ChatKeys.Room(tag, ChatKeys.RoomOf, room), SealName(room, body.Room));
        batch.Put(ChatKeys.Chat, ChatKeys.Moment(tag, room, header.Time, header.Feed, header.Sequence), default);
        if (body.Target == default) return;
        batch.Put(ChatKeys.Chat, ChatKeys.Spoken(tag, body.Target, header.Time, header.Feed, header.Sequence), default);
        if (body.Kind != BodyKind.Erase) return;
        // The mark is set also when its target hasn't come yet.
        batch.Put(ChatKeys.Chat, ChatKeys.Erased(tag, body.Target, header.Feed.Device), default);
        Settle(batch); // its target may be in this very batch
        if (PlaceOf(body.Target) is { } place && place.Feed.Device == header.Feed.Device)
            batch.Delete(ChatKeys.Chat, ChatKeys.Place(tag, ChatKeys.BodyOf, place.Feed, place.Sequence));
    }

    void LoadRooms()
    {
        if (!ports.Keys.CanRead) return;
        foreach ((byte[] key, byte[] value) in All(ChatKeys.RoomOf))
        {
            RoomTag room = new(key.AsSpan(^RoomTag.Size..));
            if (OpenName(room, value) is { } name) rooms[room] = name;
        }
    }

    RoomTag LocalRoom(string name) => RoomTag.Of(ports.Keys.AllEpochs[0], name);

    byte[] SealName(RoomTag room, string name)
    {
        byte[] plain = System.Text.Encoding.UTF8.GetBytes(name), value = new byte[XChaCha20Poly1305.NonceSize + plain.Length + XChaCha20Poly1305.TagSize];
        ports.Random.Fill(value.AsSpan(0, XChaCha20Poly1305.NonceSize));
        XChaCha20Poly1305.Encrypt(NameKey(), value.AsSpan(0, XChaCha20Poly1305.NonceSize), plain, ChatKeys.Room(tag, ChatKeys.RoomOf, room), value.AsSpan(XChaCha20Poly1305.NonceSize));
        return value;
    }

    string? OpenName(RoomTag room, byte[] value)
    {
        if (value.Length < XChaCha20Poly1305.NonceSize + XChaCha20Poly1305.TagSize) return null;
        byte[] plain = new byte[value.Length - XChaCha20Poly1305.NonceSize - XChaCha20Poly1305.TagSize];
        bool opened = XChaCha20Poly1305.TryDecrypt(NameKey(), value.AsSpan(0, XChaCha20Poly1305.NonceSize), value.AsSpan(XChaCha20Poly1305.NonceSize), ChatKeys.Room(tag, ChatKeys.RoomOf, room), plain);
        return opened ? System.Text.Encoding.UTF8.GetString(plain) : null;
    }

    byte[] NameKey() => HmacSha256.Hash(ports.Keys.AllEpochs[0].Room.Span, "vault/v1/chat-room-name"u8);
}
