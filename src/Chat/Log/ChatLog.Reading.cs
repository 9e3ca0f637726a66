using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Chat;

// How far this device's person has read. It is a note for the screen, told to nobody.
public sealed partial class ChatLog
{
    /// <summary>So far a room has been read, and no less than before.</summary>
    public void MarkRead(string room, SignedMessage last)
    {
        if (!ports.Keys.CanRead) return;
        RoomTag local = LocalRoom(room);
        byte[] moment = ChatKeys.Moment(tag, local, last.Header.Time, last.Header.Feed, last.Header.Sequence), place = moment[^ChatKeys.MomentSize..];
        lock (gate)
        {
            if (!rooms.ContainsKey(local) || (ReadTo(local) is { } before && before.AsSpan().SequenceCompareTo(place) >= 0)) return;
            Batch batch = new();
            batch.Put(ChatKeys.Chat, ChatKeys.Room(tag, ChatKeys.ReadOf, local), place);
            meta.Commit(batch, Durability.Logged); // lost in a power cut, something is shown as new once more
        }
    }

    /// <summary>The last message of a room that was read, and how many have come since that others have said; counted up to a bound.</summary>
    public (SignedMessage? Last, int Unread) Reading(string room, int most)
    {
        if (!ports.Keys.CanRead) return (null, 0);
        RoomTag local = LocalRoom(room);
        byte[] begin = ChatKeys.Room(tag, ChatKeys.TimeOf, local), end = ChatKeys.After(begin);
        SignedMessage? last = null;
        if (ReadTo(local) is { } place)
        {
            begin = [.. begin, .. place, 0];
            (FeedId feed, ulong sequence) = ChatKeys.PlaceAtEnd(place);
            last = Find(feed, sequence, withBody: false);
        }
        int unread = 0;
        using ICursor cursor = meta.Range(ChatKeys.Chat, begin, end);
        while (unread < most && cursor.MoveNext())
        {
            (FeedId feed, ulong sequence) = ChatKeys.PlaceAtEnd(cursor.Key);
            if (feed.Device == self || Find(feed, sequence) is not { Body: { } bytes } message || sealer.Open(message.Header, bytes.Span) is not { } body) continue;
            if (body.Kind is BodyKind.Text or BodyKind.Reply or BodyKind.File or BodyKind.Marker) unread++;
        }
        return (last, unread);
    }

    byte[]? ReadTo(RoomTag room) => meta.Get(ChatKeys.Chat, ChatKeys.Room(tag, ChatKeys.ReadOf, room)) is { Length: ChatKeys.MomentSize } place ? place : null;
}
