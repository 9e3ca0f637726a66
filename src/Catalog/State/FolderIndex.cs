using System.Security.Cryptography;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Catalog;

/// <summary>
/// Which names lie in a folder, for listings. A row's key is made of keyed hashes of the folder's path and of its own, the name
/// and what a listing shows of it lie sealed in the value: the database tells how many things lie together, and nothing more.
/// All of it follows from the records. Only on a device that can read.
/// </summary>
sealed class FolderIndex : IDisposable
{
    const int IdSize = Hash16.Size;
    const int Overhead = XChaCha20Poly1305.NonceSize + XChaCha20Poly1305.TagSize;

    readonly IDatabase database;
    readonly VaultTag tag;
    readonly RandomSource random;
    readonly SecretBytes idKey, rowKey;

    internal FolderIndex(IDatabase database, VaultKeys keys, RandomSource random)
    {
        this.database = database;
        this.random = random;
        tag = keys.Vault.Tag;
        idKey = keys.PositionKey.Derive("vault/v1/names-id");
        rowKey = keys.PositionKey.Derive("vault/v1/names-row");
    }

    /// <summary>What a path is called in keys; null is the top.</summary>
    internal Hash16 IdOf(VaultPath? path)
    {
        Span<byte> digest = stackalloc byte[Hash32.Size];
        HmacSha256.Hash(idKey.Span, path?.ToUtf8() ?? [], digest);
        return new Hash16(digest[..IdSize]);
    }

    internal NameSummary? Find(VaultPath path, ISnapshot? at = null) => Find(IdOf(path.Parent), IdOf(path), at);

    internal NameSummary? Find(Hash16 parent, Hash16 id, ISnapshot? at = null)
    {
        byte[] key = Key(parent, id);
        return database.Get(CatalogFamilies.Names, key, at) is { } value ? Open(key, value)?.Summary : null;
    }

    /// <summary>What lies in a folder, in the order of names. One folder's names are in memory at a time.</summary>
    internal List<(VaultPath Path, NameSummary Summary)> List(VaultPath? folder, ISnapshot? at = null)
    {
        List<(VaultPath Path, NameSummary Summary)> rows = [.. In(folder, at)];
        rows.Sort((a, b) => a.Path.CompareTo(b.Path));
        return rows;
    }

    /// <summary>What lies in a folder, one name at a time, in no order that means anything.</summary>
    internal IEnumerable<(VaultPath Path, NameSummary Summary)> In(VaultPath? folder, ISnapshot? at = null)
    {
        (byte[] from, byte[] to) = Under(IdOf(folder));
        using ICursor cursor = database.Range(CatalogFamilies.Names, from, to, at);
        while (cursor.MoveNext())
            if (Open(cursor.Key, cursor.Value) is { } row && (folder is null ? VaultPath.Parse(row.Name) : folder.Child(row.Name)) is { } path) yield return (path, row.Summary);
    }

    /// <summary>Every row, in no order that means anything.</summary>
    internal IEnumerable<NameSummary> All(ISnapshot? at = null)
    {
        (byte[] from, byte[] to) = CatalogKeys.All(tag);
        using ICursor cursor = database.Range(CatalogFamilies.Names, from, to, at);
        while (cursor.MoveNext())
            if (Open(cursor.Key, cursor.Value) is { } row) yield return row.Summary;
    }

    /// <summary>The ids of what lies in a folder, from the end: a long removal works from the front, and leaves there what the database must pass over.</summary>
    internal IEnumerable<Hash16> ChildrenOf(Hash16 folder)
    {
        (byte[] from, byte[] to) = Under(folder);
        using ICursor cursor = database.Range(CatalogFamilies.Names, from, to, reverse: true);
        while (cursor.MoveNext()) yield return new Hash16(cursor.Key[(VaultTag.Size + IdSize)..]);
    }

    internal void Put(Batch batch, Hash16 parent, Hash16 id, string name, NameSummary summary)
    {
        byte[] key = Key(parent, id), plain = summary.Encode(name), value = new byte[plain.Length + Overhead];
        random.Fill(value.AsSpan(0, XChaCha20Poly1305.NonceSize));
        XChaCha20Poly1305.Encrypt(rowKey.Span, value.AsSpan(0, XChaCha20Poly1305.NonceSize), plain, key, value.AsSpan(XChaCha20Poly1305.NonceSize));
        batch.Put(CatalogFamilies.Names, key, value);
    }

    internal void Delete(Batch batch, Hash16 parent, Hash16 id) => batch.Delete(CatalogFamilies.Names, Key(parent, id));

    public void Dispose()
    {
        idKey.Dispose();
        rowKey.Dispose();
    }

    (NameSummary Summary, string Name)? Open(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (value.Length < Overhead) return null;
        byte[] plain = new byte[value.Length - Overhead];
        return XChaCha20Poly1305.TryDecrypt(rowKey.Span, value[..XChaCha20Poly1305.NonceSize], value[XChaCha20Poly1305.NonceSize..], key, plain)
            ? NameSummary.Decode(plain)
            : throw new CorruptDataException("a name in the catalog's index is damaged", "run doctor: the index is made again from the records");
    }

    byte[] Key(Hash16 parent, Hash16 id)
    {
        byte[] key = new byte[VaultTag.Size + 2 * IdSize];
        tag.CopyTo(key);
        parent.CopyTo(key.AsSpan(VaultTag.Size));
        id.CopyTo(key.AsSpan(VaultTag.Size + IdSize));
        return key;
    }

    (byte[] From, byte[] To) Under(Hash16 folder)
    {
        byte[] from = Key(folder, default)[..(VaultTag.Size + IdSize)], to = new byte[VaultTag.Size + 2 * IdSize + 1];
        to.AsSpan().Fill(0xFF);
        from.CopyTo(to, 0);
        return (from, to);
    }
}
