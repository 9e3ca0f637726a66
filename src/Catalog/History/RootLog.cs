using System.Buffers.Binary;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Catalog;

/// <summary>A root that this device had.</summary>
public sealed record PastRoot(ulong Sequence, Hash32 Root, DateTimeOffset Time);

/// <summary>
/// The roots that this device has had, the latest of them: a message that names a root can be told to be one that was seen
/// here, or not. Local, and never proof of anything to others.
/// </summary>
sealed class RootLog(IDatabase database, VaultTag tag)
{
    /// <summary>At a change a minute, the last six weeks; 8 MiB.</summary>
    internal const int MaxCount = 65_536;

    /// <summary>Entries beyond that are taken away so many at a time: one more than comes in.</summary>
    const int Trim = 2;

    const int PrefixSize = 16; // of a root, in the key of the way back

    internal void Put(Batch batch, ulong sequence, Hash32 root, DateTimeOffset time)
    {
        byte[] value = new byte[Hash32.Size + 8], number = new byte[8];
        root.CopyTo(value);
        BinaryPrimitives.WriteInt64BigEndian(value.AsSpan(Hash32.Size), time.ToUnixTimeMilliseconds());
        BinaryPrimitives.WriteUInt64BigEndian(number, sequence);
        batch.Put(CatalogFamilies.Notes, CatalogKeys.Note(tag, CatalogKeys.RootOf, sequence), value);
        batch.Put(CatalogFamilies.Notes, Back(root), number);
        if (sequence <= MaxCount) return;
        foreach (PastRoot old in Between(0, sequence - MaxCount).Take(Trim))
        {
            batch.Delete(CatalogFamilies.Notes, CatalogKeys.Note(tag, CatalogKeys.RootOf, old.Sequence));
            if (old.Root != root && Find(old.Root) is { } last && last.Sequence == old.Sequence) batch.Delete(CatalogFamilies.Notes, Back(old.Root));
        }
    }

    /// <summary>The latest.</summary>
    internal PastRoot? Last
    {
        get
        {
            (byte[] from, byte[] to) = CatalogKeys.Notes(tag, CatalogKeys.RootOf);
            using ICursor cursor = database.Range(CatalogFamilies.Notes, from, to, reverse: true);
            return cursor.MoveNext() ? Read(cursor) : null;
        }
    }

    /// <summary>When this device last had that root; null when it isn't known to have had it.</summary>
    internal PastRoot? Find(Hash32 root) =>
        database.Get(CatalogFamilies.Notes, Back(root)) is { Length: 8 } number
        && Between(BinaryPrimitives.ReadUInt64BigEndian(number), BinaryPrimitives.ReadUInt64BigEndian(number) + 1).FirstOrDefault() is { } found
        && found.Root == root ? found : null;

    /// <summary>From a sequence up to but not including another, oldest first.</summary>
    internal IEnumerable<PastRoot> Between(ulong from, ulong to)
    {
        using ICursor cursor = database.Range(CatalogFamilies.Notes, CatalogKeys.Note(tag, CatalogKeys.RootOf, from), CatalogKeys.Note(tag, CatalogKeys.RootOf, to));
        while (cursor.MoveNext())
            if (Read(cursor) is { } root) yield return root;
    }

    static PastRoot? Read(ICursor cursor) => cursor.Value.Length != Hash32.Size + 8 || CatalogKeys.Rest(cursor.Key).Length != 8 ? null : new PastRoot(
        BinaryPrimitives.ReadUInt64BigEndian(CatalogKeys.Rest(cursor.Key)), new Hash32(cursor.Value[..Hash32.Size]),
        DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64BigEndian(cursor.Value[Hash32.Size..])));

    byte[] Back(Hash32 root)
    {
        Span<byte> bytes = stackalloc byte[Hash32.Size];
        root.CopyTo(bytes);
        return CatalogKeys.Note(tag, CatalogKeys.SequenceOf, bytes[..PrefixSize]);
    }
}
