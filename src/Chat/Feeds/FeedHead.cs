using Vault.Identity;
using Vault.Primitives;

namespace Vault.Chat;

/// <summary>The last message of a feed, as somebody holds or has seen it.</summary>
/// <param name="Sequence">Messages of a feed count from 1.</param>
/// <param name="Time">Of that message. Whoever names a later head with an earlier time is contradicted by its hash.</param>
/// <param name="Hash">Of that message's header.</param>
public readonly record struct FeedHead(FeedId Feed, ulong Sequence, HybridTime Time, Hash32 Hash)
{
    public const int Size = FeedId.Size + sizeof(ulong) + sizeof(ulong) + Hash32.Size;

    internal void Write(ByteWriter writer)
    {
        Span<byte> feed = stackalloc byte[FeedId.Size];
        Feed.CopyTo(feed);
        writer.Bytes(feed).UInt64(Sequence).UInt64(Time.Value).Hash(Hash);
    }

    /// <summary>Fails the reader for a head that no feed can have.</summary>
    internal static FeedHead Read(ref ByteReader reader)
    {
        ReadOnlySpan<byte> feed = reader.Take(FeedId.Size);
        FeedHead head = new(reader.Failed ? default : FeedId.Read(feed), reader.TakeUInt64(), new HybridTime(reader.TakeUInt64()), reader.TakeHash());
        if (head.Sequence == 0) reader.Fail();
        return head;
    }
}
