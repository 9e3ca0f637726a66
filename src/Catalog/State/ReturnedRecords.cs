using System.Buffers.Binary;
using Vault.Identity;
using Vault.Store;

namespace Vault.Catalog;

/// <summary>
/// Versions that came back after their deletion was forgotten: somebody who was away for very long, or was put back to an earlier
/// state, still had them. They count like any other, since validity knows no history; but nobody should find a file again that
/// they had deleted without being told. A note stands for as long as the version does.
/// </summary>
sealed class ReturnedRecords(IDatabase database, VaultTag tag)
{
    internal void Put(Batch batch, in Leaf leaf, DateTimeOffset when)
    {
        byte[] time = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(time, when.ToUnixTimeMilliseconds());
        batch.Put(CatalogFamilies.Notes, Key(leaf), time);
    }

    internal void Delete(Batch batch, in Leaf leaf) => batch.Delete(CatalogFamilies.Notes, Key(leaf));

    internal bool Contains(in Leaf leaf) => database.Get(CatalogFamilies.Notes, Key(leaf)) != null;

    internal IEnumerable<Leaf> All()
    {
        (byte[] from, byte[] to) = CatalogKeys.Notes(tag, CatalogKeys.ReturnedOf);
        using ICursor cursor = database.Range(CatalogFamilies.Notes, from, to);
        while (cursor.MoveNext())
            if (CatalogKeys.Rest(cursor.Key).Length == Leaf.Size) yield return Leaf.Read(CatalogKeys.Rest(cursor.Key));
    }

    byte[] Key(in Leaf leaf) => CatalogKeys.Note(tag, CatalogKeys.ReturnedOf, leaf);
}
