using System.Buffers.Binary;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Chat;

/// <summary>
/// Where a vault's chat lies in <c>meta/</c>: one family; each key begins with the vault's tag and a letter. Headers and bodies
/// are what there is; heads, timeline and the rest follow from them and are kept so that opening reads few keys.
/// </summary>
public static class ChatKeys
{
    public static Family Chat { get; } = new("chat");

    /// <summary>Of a message: its signed header; its sealed body.</summary>
    internal const byte HeaderOf = (byte)'m', BodyOf = (byte)'b';

    /// <summary>Of a feed: its head and how many bytes of it are kept; the proof that it forked; how far our own messages have named it.</summary>
    internal const byte HeadOf = (byte)'h', ForkOf = (byte)'f', NamedOf = (byte)'n';

    /// <summary>Of a device and a feed: how far it says it has it.</summary>
    internal const byte SeenOf = (byte)'k';

    /// <summary>Of a message's hash: its place; with a device, that this one wants it erased; what speaks of it.</summary>
    internal const byte PlaceOf = (byte)'i', ErasedOf = (byte)'e', SpokenOf = (byte)'x';

    /// <summary>Of a room: its messages by time; its sealed name.</summary>
    internal const byte TimeOf = (byte)'t', RoomOf = (byte)'r';

    /// <summary>Of a room: how far it was read here.</summary>
    internal const byte ReadOf = (byte)'g';

    /// <summary>Of a message: its body couldn't be read when it came.</summary>
    internal const byte UnreadOf = (byte)'u';

    /// <summary>This device's own feed may be longer than is remembered here.</summary>
    internal const byte DoubtOf = (byte)'d';

    internal const int PlaceSize = FeedId.Size + sizeof(ulong), MomentSize = sizeof(ulong) + PlaceSize;

    /// <summary>Longer than whatever follows a prefix.</summary>
    const int LongestRest = 96;

    internal static byte[] Key(VaultTag vault, byte kind, int extra = 0)
    {
        byte[] key = new byte[VaultTag.Size + 1 + extra];
        vault.CopyTo(key);
        key[VaultTag.Size] = kind;
        return key;
    }

    internal static byte[] Place(VaultTag vault, byte kind, FeedId feed, ulong sequence)
    {
        byte[] key = Key(vault, kind, PlaceSize);
        WritePlace(key.AsSpan(VaultTag.Size + 1), feed, sequence);
        return key;
    }

    internal static byte[] Feed(VaultTag vault, byte kind, FeedId feed)
    {
        byte[] key = Key(vault, kind, FeedId.Size);
        feed.CopyTo(key.AsSpan(VaultTag.Size + 1));
        return key;
    }

    internal static byte[] Seen(VaultTag vault, DeviceId by, FeedId feed)
    {
        byte[] key = Key(vault, SeenOf, DeviceId.Size + FeedId.Size);
        by.CopyTo(key.AsSpan(VaultTag.Size + 1));
        feed.CopyTo(key.AsSpan(VaultTag.Size + 1 + DeviceId.Size));
        return key;
    }

    internal static byte[] Message(VaultTag vault, byte kind, Hash32 hash)
    {
        byte[] key = Key(vault, kind, Hash32.Size);
        hash.CopyTo(key.AsSpan(VaultTag.Size + 1));
        return key;
    }

    /// <summary>That a device wants a message erased: it counts if that is the message's author.</summary>
    internal static byte[] Erased(VaultTag vault, Hash32 hash, DeviceId by)
    {
        byte[] key = Key(vault, ErasedOf, Hash32.Size + DeviceId.Size);
        hash.CopyTo(key.AsSpan(VaultTag.Size + 1));
        by.CopyTo(key.AsSpan(VaultTag.Size + 1 + Hash32.Size));
        return key;
    }

    /// <summary>What speaks of a message, in the order of time.</summary>
    internal static byte[] Spoken(VaultTag vault, Hash32 target, HybridTime time, FeedId feed, ulong sequence)
    {
        byte[] key = Key(vault, SpokenOf, Hash32.Size + sizeof(ulong) + PlaceSize);
        Span<byte> rest = key.AsSpan(VaultTag.Size + 1);
        target.CopyTo(rest);
        WriteMoment(rest[Hash32.Size..], time, feed, sequence);
        return key;
    }

    /// <summary>Of a room, its name or the beginning of its messages.</summary>
    internal static byte[] Room(VaultTag vault, byte kind, RoomTag room)
    {
        byte[] key = Key(vault, kind, RoomTag.Size);
        room.CopyTo(key.AsSpan(VaultTag.Size + 1));
        return key;
    }

    /// <summary>The order of a room: time, then device, chain and sequence. It is the same on every device.</summary>
    internal static byte[] Moment(VaultTag vault, RoomTag room, HybridTime time, FeedId feed, ulong sequence)
    {
        byte[] key = Key(vault, TimeOf, RoomTag.Size + sizeof(ulong) + PlaceSize);
        Span<byte> rest = key.AsSpan(VaultTag.Size + 1);
        room.CopyTo(rest);
        WriteMoment(rest[RoomTag.Size..], time, feed, sequence);
        return key;
    }

    internal static (FeedId Feed, ulong Sequence) PlaceAtEnd(ReadOnlySpan<byte> key) =>
        (FeedId.Read(key[^PlaceSize..^sizeof(ulong)]), BinaryPrimitives.ReadUInt64BigEndian(key[^sizeof(ulong)..]));

    /// <summary>The end of the range of keys that begin with this one.</summary>
    internal static byte[] After(byte[] prefix) => [.. prefix, .. Enumerable.Repeat((byte)0xFF, LongestRest)];

    static void WriteMoment(Span<byte> at, HybridTime time, FeedId feed, ulong sequence)
    {
        BinaryPrimitives.WriteUInt64BigEndian(at, time.Value);
        WritePlace(at[sizeof(ulong)..], feed, sequence);
    }

    static void WritePlace(Span<byte> at, FeedId feed, ulong sequence)
    {
        feed.CopyTo(at);
        BinaryPrimitives.WriteUInt64BigEndian(at[FeedId.Size..], sequence);
    }
}
