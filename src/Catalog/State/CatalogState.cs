using Vault.Identity;
using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>Where a catalog stands: one row, written with every commit.</summary>
/// <param name="Sequence">The number of the last commit.</param>
/// <param name="Incarnation">Drawn when the database was made, and again when it was put back or mended.</param>
/// <param name="PullOnly">It may have forgotten what it knew, and hasn't caught up since.</param>
/// <param name="Rebuilding">What is worked out from the records is being worked out again.</param>
/// <param name="Reviewing">Members have changed, and not all paths that this concerns are worked out again.</param>
/// <param name="Partial">A part of what another device has came in, and the rest not yet: what is here is nobody's state.</param>
/// <param name="HasJournal">A journal was begun: one that isn't there is damage.</param>
/// <param name="OnDemand">The content of others' files comes when it is asked for, and not before.</param>
/// <param name="Issued">The last time that this device gave to a record here.</param>
/// <param name="Mending">Which mending of the database this state has taken note of.</param>
sealed record CatalogState(ulong Sequence, uint Incarnation, bool PullOnly, bool Rebuilding, bool Reviewing, bool HasJournal, bool Partial, CatalogTotals Totals, HybridTime Issued, ulong Mending, bool OnDemand = false)
{
    const byte Version = 1;
    const byte PullOnlyFlag = 1, RebuildingFlag = 2, JournalFlag = 4, ReviewingFlag = 8, PartialFlag = 16, OnDemandFlag = 32;

    internal byte[] Encode() => new ByteWriter(64)
        .Byte(Version).UInt64(Sequence).UInt32(Incarnation)
        .Byte((byte)((PullOnly ? PullOnlyFlag : 0) | (Rebuilding ? RebuildingFlag : 0) | (HasJournal ? JournalFlag : 0) | (Reviewing ? ReviewingFlag : 0) | (Partial ? PartialFlag : 0) | (OnDemand ? OnDemandFlag : 0)))
        .UInt64((ulong)Totals.Files).UInt64((ulong)Totals.Folders).UInt64((ulong)Totals.Bytes)
        .UInt64(Issued.Value).UInt64(Mending).ToArray();

    internal static CatalogState? Decode(ReadOnlySpan<byte> bytes)
    {
        ByteReader reader = new(bytes);
        byte version = reader.TakeByte();
        ulong sequence = reader.TakeUInt64();
        uint incarnation = reader.TakeUInt32();
        byte flags = reader.TakeByte();
        CatalogTotals totals = new((long)reader.TakeUInt64(), (long)reader.TakeUInt64(), (long)reader.TakeUInt64());
        CatalogState state = new(sequence, incarnation, (flags & PullOnlyFlag) != 0, (flags & RebuildingFlag) != 0, (flags & ReviewingFlag) != 0, (flags & JournalFlag) != 0, (flags & PartialFlag) != 0, totals, new HybridTime(reader.TakeUInt64()), reader.TakeUInt64(), (flags & OnDemandFlag) != 0);
        return reader.AtEnd && version == Version ? state : null;
    }
}
