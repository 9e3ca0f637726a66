using System.Security.Cryptography;
using System.Text;
using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Catalog;

/// <summary>What stood under a name when folder and vault last agreed, and how the file system told of it.</summary>
/// <param name="IsSettled">It hasn't changed since it was read, and couldn't have without showing it.</param>
/// <param name="IsMount">Another file system begins here.</param>
sealed record BaseEntry(Based Base, FileStat Stat, bool IsSettled, bool IsMount)
{
    public VaultPath Name => Base.Name;
}

/// <summary>A folder that is kept in step, as it is remembered.</summary>
/// <param name="Most">What the brake lets pass; null for all.</param>
/// <param name="HoldsOut">The brake holds changes to the folder.</param>
/// <param name="HoldsIn">The brake holds changes to the vault.</param>
sealed record WatchRow(Hash16 Id, string Folder, int? Most, bool HoldsIn, bool HoldsOut);

/// <summary>
/// What this device remembers of the folders it keeps in step with a vault: which they are, and what they last showed. Keys are
/// keyed hashes, values are sealed: the disk tells how many names lie together and nothing more. Only on a device that can read.
/// </summary>
sealed class WatchRows : IDisposable
{
    public static Family Family { get; } = new("watches");

    const byte FolderRow = (byte)'w', BaseRow = (byte)'b', AliasRow = (byte)'a';
    const int Overhead = XChaCha20Poly1305.NonceSize + XChaCha20Poly1305.TagSize;
    const byte Settled = 1, Mount = 2, HasRoot = 4, HasTarget = 8, HasSeen = 16, HasNext = 32;

    readonly IDatabase meta;
    readonly VaultTag tag;
    readonly RandomSource random;
    readonly SecretBytes idKey, rowKey;

    public WatchRows(IDatabase meta, VaultKeys keys, RandomSource random)
    {
        (this.meta, this.random) = (meta, random);
        tag = keys.Vault.Tag;
        idKey = keys.PositionKey.Derive("vault/v1/watch-id");
        rowKey = keys.PositionKey.Derive("vault/v1/watch-row");
    }

    public IEnumerable<WatchRow> Folders()
    {
        byte[] from = Key(FolderRow), to = Key(FolderRow + 1);
        List<WatchRow> rows = [];
        using ICursor cursor = meta.Range(Family, from, to);
        while (cursor.MoveNext())
            if (Open(cursor.Key, cursor.Value) is { } plain && ReadFolder(new Hash16(cursor.Key[(VaultTag.Size + 1)..]), plain) is { } row) rows.Add(row);
        return rows;
    }

    public void Put(WatchRow row)
    {
        byte[] plain = new ByteWriter(64).Byte((byte)((row.HoldsIn ? 1 : 0) | (row.HoldsOut ? 2 : 0))).UInt32((uint)(row.Most ?? 0)).Bytes(Encoding.UTF8.GetBytes(row.Folder)).ToArray();
        Batch batch = new();
        Put(batch, Key(FolderRow, row.Id), plain);
        meta.Commit(batch, Durability.Synced);
    }

    /// <summary>Forgets a folder and all that is remembered of it.</summary>
    public void Remove(Hash16 watch)
    {
        Batch batch = new();
        batch.Delete(Family, Key(FolderRow, watch));
        foreach (byte kind in (byte[])[BaseRow, AliasRow])
        {
            (byte[] from, byte[] to) = Span(Key(kind, watch));
            batch.DeleteRange(Family, from, to);
        }
        meta.Commit(batch, Durability.Synced);
    }

    /// <summary>What a path and the names of its versions last showed; empty when nothing is known.</summary>
    public IReadOnlyList<BaseEntry> Find(Hash16 watch, VaultPath path)
    {
        byte[] key = Key(BaseRow, watch, path);
        return meta.Get(Family, key) is { } value && Open(key, value) is { } plain && ReadBase(plain) is { } row ? row.Entries : [];
    }

    /// <summary>The path that a version is of which is shown under this name; null when it is no such name.</summary>
    public VaultPath? OwnerOf(Hash16 watch, VaultPath name)
    {
        byte[] key = Key(AliasRow, watch, name);
        return meta.Get(Family, key) is { } value && Open(key, value) is { } plain ? VaultPath.Parse(plain) : null;
    }

    /// <summary>All paths in a folder of which something is remembered.</summary>
    public List<(VaultPath Path, IReadOnlyList<BaseEntry> Entries)> In(Hash16 watch, VaultPath? folder)
    {
        (byte[] from, byte[] to) = Span([.. Key(BaseRow, watch), .. IdOf(folder).ToArray()]);
        List<(VaultPath, IReadOnlyList<BaseEntry>)> rows = [];
        using ICursor cursor = meta.Range(Family, from, to);
        while (cursor.MoveNext())
            if (Open(cursor.Key, cursor.Value) is { } plain && ReadBase(plain) is { } row) rows.Add(row);
        return rows;
    }

    public void Put(Batch batch, Hash16 watch, VaultPath path, IReadOnlyList<BaseEntry> before, IReadOnlyList<BaseEntry> now)
    {
        byte[] key = Key(BaseRow, watch, path);
        foreach (BaseEntry gone in before)
            if (gone.Name != path && !now.Any(entry => entry.Name == gone.Name)) batch.Delete(Family, Key(AliasRow, watch, gone.Name));
        if (now.Count == 0)
        {
            batch.Delete(Family, key);
            return;
        }
        foreach (BaseEntry entry in now)
            if (entry.Name != path && !before.Any(known => known.Name == entry.Name)) Put(batch, Key(AliasRow, watch, entry.Name), path.ToUtf8());
        ByteWriter writer = new(256);
        Text(writer, path.Text);
        writer.Byte((byte)now.Count);
        foreach (BaseEntry entry in now) Write(writer, entry);
        Put(batch, key, writer.ToArray());
    }

    static void Write(ByteWriter writer, BaseEntry entry)
    {
        (VaultPath name, Look look, VersionVector seen, Turn? next) = entry.Base;
        byte[] stat = new byte[FileStat.EncodedSize];
        entry.Stat.Write(stat);
        Text(writer, name.Text);
        Write(writer, look, seen, (entry.IsSettled ? Settled : 0) | (entry.IsMount ? Mount : 0) | (next != null ? HasNext : 0), stat);
        if (next is { } turn) Write(writer, turn.Look ?? default, turn.Seen, 0, []); // nothing is the only look without a kind
    }

    static void Write(ByteWriter writer, Look look, VersionVector seen, int flags, ReadOnlySpan<byte> stat)
    {
        writer.Byte((byte)(flags | (look.Root != null ? HasRoot : 0) | (look.Target != null ? HasTarget : 0) | (seen.Count > 0 ? HasSeen : 0)));
        writer.Byte((byte)look.Kind).UInt16(look.Mode);
        if (look.Root is { } root) writer.Hash(root.Hash);
        if (look.Target is { } target) Text(writer, target);
        writer.Bytes(stat);
        if (seen.Count > 0) seen.Write(writer);
    }

    // What can't be read is as if it weren't there: the path is then looked at as one that was never in step.
    static (VaultPath Path, IReadOnlyList<BaseEntry> Entries)? ReadBase(byte[] plain)
    {
        ByteReader reader = new(plain);
        if (VaultPath.Parse(Text(ref reader)) is not { } path) return null;
        BaseEntry[] entries = new BaseEntry[reader.TakeByte()];
        for (int i = 0; i < entries.Length; i++)
        {
            VaultPath? name = VaultPath.Parse(Text(ref reader));
            (byte flags, Look look, FileStat stat, VersionVector? seen) = ReadLook(ref reader, FileStat.EncodedSize);
            Turn? next = null;
            if ((flags & HasNext) != 0)
            {
                (_, Look then, _, VersionVector? after) = ReadLook(ref reader, 0);
                if (after is null) return null;
                next = new Turn(then == default ? null : then, after);
            }
            if (reader.Failed || name is null || seen is null) return null;
            entries[i] = new BaseEntry(new Based(name, look, seen, next), stat, (flags & Settled) != 0, (flags & Mount) != 0);
        }
        return (path, entries);
    }

    static (byte Flags, Look Look, FileStat Stat, VersionVector? Seen) ReadLook(ref ByteReader reader, int statSize)
    {
        byte flags = reader.TakeByte();
        (RecordKind kind, ushort mode) = ((RecordKind)reader.TakeByte(), reader.TakeUInt16());
        BlockId? root = (flags & HasRoot) != 0 ? new BlockId(reader.TakeHash()) : null;
        string? target = (flags & HasTarget) != 0 ? Encoding.UTF8.GetString(Text(ref reader)) : null;
        ReadOnlySpan<byte> stat = reader.Take(statSize);
        VersionVector? seen = (flags & HasSeen) != 0 ? VersionVector.Read(ref reader) : VersionVector.Empty;
        return (flags, new Look(kind, root, mode, target), stat.Length == FileStat.EncodedSize ? FileStat.Read(stat) : default, seen);
    }

    static WatchRow? ReadFolder(Hash16 id, byte[] plain)
    {
        ByteReader reader = new(plain);
        byte flags = reader.TakeByte();
        int most = (int)reader.TakeUInt32();
        return reader.Failed || reader.Rest.IsEmpty ? null : new WatchRow(id, Encoding.UTF8.GetString(reader.Rest), most == 0 ? null : most, (flags & 1) != 0, (flags & 2) != 0);
    }

    static void Text(ByteWriter writer, string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        writer.UInt16((ushort)utf8.Length).Bytes(utf8);
    }

    static ReadOnlySpan<byte> Text(ref ByteReader reader) => reader.Take(reader.TakeUInt16());

    void Put(Batch batch, byte[] key, byte[] plain)
    {
        byte[] value = new byte[plain.Length + Overhead];
        random.Fill(value.AsSpan(0, XChaCha20Poly1305.NonceSize));
        XChaCha20Poly1305.Encrypt(rowKey.Span, value.AsSpan(0, XChaCha20Poly1305.NonceSize), plain, key, value.AsSpan(XChaCha20Poly1305.NonceSize));
        batch.Put(Family, key, value);
    }

    byte[]? Open(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (value.Length < Overhead) return null;
        byte[] plain = new byte[value.Length - Overhead];
        return XChaCha20Poly1305.TryDecrypt(rowKey.Span, value[..XChaCha20Poly1305.NonceSize], value[XChaCha20Poly1305.NonceSize..], key, plain) ? plain : null;
    }

    Hash16 IdOf(VaultPath? path)
    {
        Span<byte> digest = stackalloc byte[Hash32.Size];
        HmacSha256.Hash(idKey.Span, path?.ToUtf8() ?? [], digest);
        return new Hash16(digest[..Hash16.Size]);
    }

    byte[] Key(byte kind, Hash16 watch, VaultPath path) => [.. Key(kind, watch), .. IdOf(path.Parent).ToArray(), .. IdOf(path).ToArray()];

    byte[] Key(byte kind, Hash16 watch) => [.. Key(kind), .. watch.ToArray()];

    byte[] Key(byte kind) => [.. tag.ToArray(), kind];

    static (byte[] From, byte[] To) Span(byte[] prefix)
    {
        byte[] to = [.. prefix, .. Enumerable.Repeat((byte)0xFF, 2 * Hash16.Size + 1)];
        return (prefix, to);
    }

    public void Dispose()
    {
        idKey.Dispose();
        rowKey.Dispose();
    }
}
