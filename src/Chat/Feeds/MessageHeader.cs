using Vault.Identity;
using Vault.Primitives;

namespace Vault.Chat;

/// <summary>
/// The signed part of a message: who, the how-manieth, after which, when, having seen what of others. It commits to the sealed
/// body by its hash. A header is valid by itself only if it is later than everything it says it has seen, so that sorting by
/// time never puts an answer before what it answers.
/// </summary>
/// <param name="Previous">The hash of the header before; zero for the first of a chain.</param>
/// <param name="Epoch">Whose secrets seal the body.</param>
/// <param name="Room">Tells rooms apart for those who can't read.</param>
/// <param name="Body">The hash of the sealed body.</param>
/// <param name="Heads">Of other feeds, ascending: those that moved since this author's message before.</param>
/// <param name="Witness">Binds its author to what the body says of the vault, so that this can be shown without the text; zero where nothing is said.</param>
public sealed record MessageHeader(
    FeedId Feed, ulong Sequence, Hash32 Previous, HybridTime Time, uint Epoch, RoomTag Room, Hash32 Body, int BodySize, IReadOnlyList<FeedHead> Heads, Hash32 Witness = default)
{
    const byte Version = 1;
    const int FixedSize = 1 + FeedId.Size + 8 + Hash32.Size + 8 + 4 + RoomTag.Size + Hash32.Size + 4 + Hash32.Size + 2;

    public const int MaxSize = FixedSize + ChatLimits.HeadsPerMessage * FeedHead.Size;

    static ReadOnlySpan<byte> Label => "vault/v1/chat-header"u8;

    public byte[] Encode()
    {
        ByteWriter writer = new(FixedSize + Heads.Count * FeedHead.Size);
        Span<byte> fixedFields = stackalloc byte[FeedId.Size];
        Feed.CopyTo(fixedFields);
        writer.Byte(Version).Bytes(fixedFields).UInt64(Sequence).Hash(Previous).UInt64(Time.Value).UInt32(Epoch);
        Span<byte> room = stackalloc byte[RoomTag.Size];
        Room.CopyTo(room);
        writer.Bytes(room).Hash(Body).UInt32((uint)BodySize).Hash(Witness).UInt16((ushort)Heads.Count);
        foreach (FeedHead head in Heads) head.Write(writer);
        return writer.ToArray();
    }

    /// <summary>Null for bytes that <see cref="Encode"/> wouldn't produce, and for a header that contradicts itself.</summary>
    public static MessageHeader? Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxSize) return null;
        ByteReader reader = new(bytes);
        byte version = reader.TakeByte();
        ReadOnlySpan<byte> feed = reader.Take(FeedId.Size);
        (ulong sequence, Hash32 previous, HybridTime time, uint epoch) = (reader.TakeUInt64(), reader.TakeHash(), new HybridTime(reader.TakeUInt64()), reader.TakeUInt32());
        ReadOnlySpan<byte> room = reader.Take(RoomTag.Size);
        (Hash32 body, uint bodySize, Hash32 witness, int count) = (reader.TakeHash(), reader.TakeUInt32(), reader.TakeHash(), reader.TakeUInt16());
        if (reader.Failed || version != Version || count > ChatLimits.HeadsPerMessage || bodySize is 0 or > ChatLimits.Body) return null;
        FeedHead[] heads = new FeedHead[count];
        for (int i = 0; i < count; i++)
        {
            heads[i] = FeedHead.Read(ref reader);
            if (reader.Failed || (i > 0 && heads[i - 1].Feed.CompareTo(heads[i].Feed) >= 0)) return null;
        }
        MessageHeader header = new(FeedId.Read(feed), sequence, previous, time, epoch, new RoomTag(room), body, (int)bodySize, heads, witness);
        return reader.AtEnd && header.IsConsistent ? header : null;
    }

    bool IsConsistent =>
        Sequence > 0 && (Sequence == 1) == (Previous == default) && Feed.Chain < ChatLimits.Chains
        && Heads.All(head => head.Time < Time && head.Feed != Feed);

    /// <summary>What names the message: the hash of its header.</summary>
    public static Hash32 HashOf(ReadOnlySpan<byte> header) => Hash32.Of([.. Label, .. header]);
}
