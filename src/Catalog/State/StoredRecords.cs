using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Catalog;

/// <summary>A record that stands, and whether this device still waits for its content.</summary>
sealed record Held(FileRecord Record, bool Wanted)
{
    internal Leaf Leaf => Record.Leaf;
}

/// <summary>The records of the set, as they lie: a byte of flags, then body and signature.</summary>
sealed class StoredRecords(IDatabase database, VaultId vault)
{
    internal const byte WantedFlag = 1;

    readonly VaultTag tag = vault.Tag;

    /// <summary>The versions of one path, by leaf.</summary>
    internal List<Held> At(Hash32 position, ISnapshot? at = null)
    {
        (byte[] from, byte[] to) = CatalogKeys.At(tag, position);
        List<Held> heads = [];
        using ICursor cursor = database.Range(CatalogFamilies.Records, from, to, at);
        while (cursor.MoveNext()) heads.Add(Read(cursor.Value));
        return heads;
    }

    /// <summary>All versions of all paths, by leaf.</summary>
    internal IEnumerable<Held> All(ISnapshot? at = null)
    {
        (byte[] from, byte[] to) = CatalogKeys.Half(tag, control: false);
        using ICursor cursor = database.Range(CatalogFamilies.Records, from, to, at);
        while (cursor.MoveNext()) yield return Read(cursor.Value);
    }

    internal IEnumerable<ControlRecord> Controls()
    {
        (byte[] from, byte[] to) = CatalogKeys.Half(tag, control: true);
        using ICursor cursor = database.Range(CatalogFamilies.Records, from, to);
        while (cursor.MoveNext()) yield return ControlRecord.Restore(vault, cursor.Value[1..].ToArray()) ?? throw Damaged();
    }

    /// <summary>The bytes that a peer gets; null when the record isn't there. (Without the cast, null would become an empty memory.)</summary>
    internal ReadOnlyMemory<byte>? Bytes(in Leaf leaf) =>
        database.Get(CatalogFamilies.Records, CatalogKeys.Leaf(tag, leaf)) is { Length: > 1 } value ? (ReadOnlyMemory<byte>?)value.AsMemory(1) : null;

    internal bool Contains(in Leaf leaf) => database.Get(CatalogFamilies.Records, CatalogKeys.Leaf(tag, leaf)) != null;

    internal void Put(Batch batch, Held head) => Put(batch, head.Leaf, head.Record.Encode(), head.Wanted ? WantedFlag : (byte)0);

    internal void Put(Batch batch, ControlRecord record) => Put(batch, LeafOf(record), record.Encode(), 0);

    internal void Delete(Batch batch, in Leaf leaf) => batch.Delete(CatalogFamilies.Records, CatalogKeys.Leaf(tag, leaf));

    internal static Leaf LeafOf(ControlRecord record) => new(record.Position, record.LeafDigest);

    void Put(Batch batch, in Leaf leaf, ReadOnlyMemory<byte> bytes, byte flags)
    {
        byte[] value = new byte[1 + bytes.Length];
        value[0] = flags;
        bytes.CopyTo(value.AsMemory(1));
        batch.Put(CatalogFamilies.Records, CatalogKeys.Leaf(tag, leaf), value);
    }

    static Held Read(ReadOnlySpan<byte> value) =>
        value.Length > 1 && FileRecord.Parse(value[1..].ToArray()) is { } record ? new Held(record, (value[0] & WantedFlag) != 0) : throw Damaged();

    static CorruptDataException Damaged() => new("a record of the catalog is damaged", "run doctor");
}
