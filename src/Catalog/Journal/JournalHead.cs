using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>
/// What a journal holds: entries from <see cref="First"/> up to <see cref="Next"/>. Those before <see cref="Pending"/> are
/// applied, those before <see cref="Ready"/> will be; the rest is of a change that is still being written down.
/// </summary>
/// <param name="Anchor">The authentication tag of the entry before the first, which is gone; of none, zeros.</param>
/// <param name="Last">That of the last entry.</param>
/// <param name="Bytes">Of all entries together.</param>
sealed record JournalHead(ulong First, ulong Pending, ulong Ready, ulong Next, Hash16 Anchor, Hash16 Last, long Bytes)
{
    internal static JournalHead Empty { get; } = new(1, 1, 1, 1, default, default, 0);

    internal byte[] Encode() =>
        new ByteWriter(72).UInt64(First).UInt64(Pending).UInt64(Ready).UInt64(Next).Bytes(Anchor.ToArray()).Bytes(Last.ToArray()).UInt64((ulong)Bytes).ToArray();

    internal static JournalHead? Decode(ReadOnlySpan<byte> bytes)
    {
        ByteReader reader = new(bytes);
        JournalHead head = new(reader.TakeUInt64(), reader.TakeUInt64(), reader.TakeUInt64(), reader.TakeUInt64(), reader.TakeHash16(), reader.TakeHash16(), (long)reader.TakeUInt64());
        return reader.AtEnd && head.First <= head.Pending && head.Pending <= head.Ready && head.Ready <= head.Next ? head : null;
    }
}
