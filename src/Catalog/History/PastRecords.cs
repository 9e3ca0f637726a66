using System.Buffers.Binary;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Catalog;

/// <summary>Why a version is no part of the set. Stored: numbers never change their meaning.</summary>
enum PastReason : byte
{
    /// <summary>A later version has seen it.</summary>
    Superseded = 1,
    /// <summary>Its author was shut out, and it wasn't kept.</summary>
    HeldAside = 2,
}

/// <param name="Since">When this device saw it go.</param>
/// <param name="Pinned">Its content was here when it went, and is kept.</param>
sealed record Past(FileRecord Record, PastReason Reason, DateTimeOffset Since, bool Pinned);

/// <summary>
/// Versions that were in the set: readable for as long as the vault's window says, and what comes back when that which replaced
/// them turns out not to count. Each device keeps what it has seen; none of this is in the root.
/// </summary>
sealed class PastRecords(IDatabase database, VaultTag tag)
{
    const byte PinnedFlag = 1;
    const int HeadSize = 1 + 8 + 1;

    internal List<Past> At(Hash32 position, ISnapshot? at = null)
    {
        (byte[] from, byte[] to) = CatalogKeys.At(tag, position);
        List<Past> found = [];
        using ICursor cursor = database.Range(CatalogFamilies.History, from, to, at);
        while (cursor.MoveNext())
            if (Read(cursor.Value) is { } past) found.Add(past);
        return found;
    }

    internal IEnumerable<Past> All(ISnapshot? at = null)
    {
        (byte[] from, byte[] to) = CatalogKeys.All(tag);
        using ICursor cursor = database.Range(CatalogFamilies.History, from, to, at);
        while (cursor.MoveNext())
            if (Read(cursor.Value) is { } past) yield return past;
    }

    /// <summary>Those that went before a time, without reading more than that of the others.</summary>
    /// <param name="after">Go on behind this one.</param>
    internal IEnumerable<Past> Before(DateTimeOffset time, Leaf? after = null)
    {
        (byte[] from, byte[] to) = CatalogKeys.All(tag);
        if (after is { } last) from = [.. CatalogKeys.Leaf(tag, last), 0];
        using ICursor cursor = database.Range(CatalogFamilies.History, from, to);
        while (cursor.MoveNext())
            if (cursor.Value.Length > HeadSize && TimeIn(cursor.Value) < time && Read(cursor.Value) is { } past) yield return past;
    }

    internal bool Contains(in Leaf leaf) => database.Get(CatalogFamilies.History, CatalogKeys.Leaf(tag, leaf)) != null;

    internal void Put(Batch batch, Past past)
    {
        ReadOnlySpan<byte> record = past.Record.Encode().Span;
        byte[] value = new byte[HeadSize + record.Length];
        value[0] = (byte)past.Reason;
        BinaryPrimitives.WriteInt64BigEndian(value.AsSpan(1), past.Since.ToUnixTimeMilliseconds());
        value[9] = past.Pinned ? PinnedFlag : (byte)0;
        record.CopyTo(value.AsSpan(HeadSize));
        batch.Put(CatalogFamilies.History, CatalogKeys.Leaf(tag, past.Record.Leaf), value);
    }

    internal void Delete(Batch batch, in Leaf leaf) => batch.Delete(CatalogFamilies.History, CatalogKeys.Leaf(tag, leaf));

    // What is damaged here is only an old version: it is passed over, and goes with its time.
    static Past? Read(ReadOnlySpan<byte> value) =>
        value.Length > HeadSize && FileRecord.Parse(value[HeadSize..].ToArray()) is { } record
            ? new Past(record, (PastReason)value[0], TimeIn(value), (value[9] & PinnedFlag) != 0)
            : null;

    static DateTimeOffset TimeIn(ReadOnlySpan<byte> value) =>
        DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(BinaryPrimitives.ReadInt64BigEndian(value[1..]), 0, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()));
}
