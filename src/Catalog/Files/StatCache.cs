using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Catalog;

/// <summary>
/// Which record a file on this machine last became, and what the file system said of it then: a file of which it still says
/// the same needn't be read again. Everything here is keyed hashes, so the disk tells neither names nor sizes, only how many files lie together. Losing it costs
/// time only: it is a note, and whether the record still stands is always asked of the catalog's own leaves.
/// Safe for use from several threads.
/// </summary>
public sealed class StatCache : IDisposable
{
    public static Family Family { get; } = new("stats");

    /// <summary>A note that nobody came back to for so long is of a file that has gone or moved.</summary>
    public static TimeSpan Keep { get; } = TimeSpan.FromDays(180);

    /// <summary>A note younger than this isn't written again when it is used.</summary>
    const int FreshDays = 30;

    const int HalfHash = 16; // 128 bits of a keyed hash: nobody can aim at it, and chance doesn't reach it
    const int FolderSize = 8; // of a folder's hash, so that what is noted of its files lies together
    const int KeySize = VaultTag.Size + FolderSize + HalfHash;
    internal const int ValueSize = 4 + HalfHash + Leaf.Size;

    readonly IDatabase meta;
    readonly VaultTag vault;
    readonly TimeProvider time;
    readonly SecretBytes places;
    readonly SecretBytes stamps;

    /// <summary>The notes of one vault, for a device that can read it. They outlive epochs: they name records, not secrets.</summary>
    public StatCache(IDatabase meta, VaultKeys keys, TimeProvider time)
    {
        this.meta = meta;
        this.time = time;
        vault = keys.Vault.Tag;
        places = keys.PositionKey.Derive("vault/v1/stat-place");
        stamps = keys.PositionKey.Derive("vault/v1/stat-stamp");
    }

    /// <summary>A folder on this machine whose files go to a folder of the vault: the same files may stand in the vault twice.</summary>
    internal StatFolder In(ReadOnlySpan<byte> path, ReadOnlySpan<byte> vaultFolder)
    {
        byte[] input = new byte[4 + path.Length + vaultFolder.Length];
        BinaryPrimitives.WriteInt32BigEndian(input, path.Length);
        path.CopyTo(input.AsSpan(4));
        vaultFolder.CopyTo(input.AsSpan(4 + path.Length));
        byte[] hash = HmacSha256.Hash(places.Span, input);
        return new StatFolder(hash, [.. vault.ToArray(), .. hash.AsSpan(0, FolderSize)]);
    }

    /// <summary>The record that the file became when it last looked like this, if that record still stands; else null.</summary>
    internal Leaf? Find(StatFolder folder, ReadOnlySpan<byte> name, in FileStat stat, StandingLeaves standing, out bool old)
    {
        old = false;
        Span<byte> key = stackalloc byte[KeySize];
        WriteKey(key, folder, name);
        ReadOnlySpan<byte> value = folder.NoteOf(meta, key);
        if (value.Length != ValueSize) return null;
        Span<byte> stamp = stackalloc byte[HalfHash];
        WriteStamp(stamp, key, stat);
        if (!stamp.SequenceEqual(value.Slice(4, HalfHash))) return null;
        Leaf leaf = Leaf.Read(value[(4 + HalfHash)..]);
        if (!standing.Contains(leaf)) return null;
        old = Today - BinaryPrimitives.ReadUInt32BigEndian(value) > FreshDays;
        return leaf;
    }

    /// <summary>Adds a note to the batch. The record must be durable when the batch is committed.</summary>
    internal void Put(Batch batch, StatFolder folder, ReadOnlySpan<byte> name, in FileStat stat, Leaf leaf)
    {
        byte[] key = new byte[KeySize], value = new byte[ValueSize];
        WriteKey(key, folder, name);
        BinaryPrimitives.WriteUInt32BigEndian(value, Today);
        WriteStamp(value.AsSpan(4, HalfHash), key, stat);
        leaf.CopyTo(value.AsSpan(4 + HalfHash));
        batch.Put(Family, key, value);
    }

    /// <summary>Drops the notes of a vault that nobody came back to. Returns how many.</summary>
    public static long DropOld(IDatabase meta, VaultTag vault, DateTimeOffset now)
    {
        const int slice = 10_000;
        long before = DayOf(now) - (long)Keep.TotalDays, dropped = 0;
        byte[] from = vault.ToArray();
        Batch batch = new();
        do
        {
            batch.Clear();
            using ICursor cursor = meta.Range(Family, from, []);
            while (batch.Changes.Count < slice && cursor.MoveNext() && cursor.Key.StartsWith(vault.ToArray()))
            {
                from = [.. cursor.Key, 0];
                if (cursor.Value.Length != ValueSize || BinaryPrimitives.ReadUInt32BigEndian(cursor.Value) < before) batch.Delete(Family, cursor.Key.ToArray());
            }
            if (batch.Changes.Count > 0) meta.Commit(batch, Durability.Synced);
            dropped += batch.Changes.Count;
        }
        while (batch.Changes.Count == slice);
        return dropped;
    }

    uint Today => (uint)DayOf(time.GetUtcNow());

    static long DayOf(DateTimeOffset now) => Math.Max(now.ToUnixTimeSeconds() / 86_400, 0);

    [SkipLocalsInit]
    void WriteKey(Span<byte> key, StatFolder folder, ReadOnlySpan<byte> name)
    {
        folder.Prefix.CopyTo(key);
        Span<byte> input = stackalloc byte[Hash32.Size + name.Length];
        folder.Hash.CopyTo(input);
        name.CopyTo(input[Hash32.Size..]);
        Hash(places, input, key[(VaultTag.Size + FolderSize)..]);
    }

    [SkipLocalsInit]
    void WriteStamp(Span<byte> stamp, ReadOnlySpan<byte> key, in FileStat stat)
    {
        Span<byte> input = stackalloc byte[KeySize + FileStat.EncodedSize];
        key.CopyTo(input);
        stat.Write(input[KeySize..]);
        Hash(stamps, input, stamp);
    }

    static void Hash(SecretBytes key, ReadOnlySpan<byte> input, Span<byte> half)
    {
        Span<byte> hash = stackalloc byte[Hash32.Size];
        HmacSha256.Hash(key.Span, input, hash);
        hash[..HalfHash].CopyTo(half);
    }

    public void Dispose()
    {
        places.Dispose();
        stamps.Dispose();
    }
}
