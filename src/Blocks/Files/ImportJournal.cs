using System.Buffers.Binary;
using System.Security.Cryptography;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Blocks;

/// <summary>A source as an import knows it again: a keyed hash of whatever changes when the source changes (path, size, times, inode).</summary>
public readonly record struct SourceStamp(Hash32 Hash);

/// <summary>
/// What an unfinished import has already stored durably, so that starting it again reads on where it stopped: for a large file
/// the leaves up to a point, for a finished file its reference. Keys and lengths lie sealed; the ids of the leaves are public,
/// so that a collection can see what an import still needs. Entries that nobody came back to stop counting after a week.
/// </summary>
public sealed class ImportJournal : IDisposable
{
    /// <summary>Long enough to come back to an import after a holiday's first half; short enough that its blocks don't stay for ever.</summary>
    public static TimeSpan Keep { get; } = TimeSpan.FromDays(7);

    /// <summary>Younger entries have most of their time before them and needn't be written again when someone comes back.</summary>
    static readonly TimeSpan Fresh = TimeSpan.FromDays(1);

    const int EntrySize = ContentKey.Size + 4;
    const uint FinishedAt = uint.MaxValue; // sorts behind every checkpoint

    readonly BlockStore store;
    readonly VaultTag vault;
    readonly RandomSource random;
    readonly SecretBytes stamping;
    readonly SecretBytes sealing;

    /// <summary>The journal of one vault under the secrets of one epoch: after a new one, an import starts afresh.</summary>
    public ImportJournal(BlockStore store, VaultTag vault, SecretEpoch epoch, RandomSource random)
    {
        this.store = store;
        this.vault = vault;
        this.random = random;
        stamping = epoch.ReadSecret.Derive("vault/v1/import-stamp");
        sealing = epoch.ReadSecret.Derive("vault/v1/import-journal");
    }

    /// <summary>Describe the source completely: a change that the description misses would be missed by the import.</summary>
    public SourceStamp Stamp(ReadOnlySpan<byte> description) => new(new Hash32(HmacSha256.Hash(stamping.Span, description)));

    /// <summary>The whole file, when an earlier run finished it and all of it is still here.</summary>
    public FileRef? Finished(SourceStamp source)
    {
        if (Take(Key(source, FinishedAt)) is not { } entry) return null;
        FileRef? file = FileRef.Read(entry.Secret);
        if (file is null || entry.Ids is not [BlockId root] || root != file.Value.Root) return null;
        return new Reachability(store, vault).Walk(root, whole: true).All(reached => reached.Info != null) ? file : null;
    }

    /// <summary>The leaves stored so far, in order from the file's beginning, as far as all of them are still here, and how many entries they fill.</summary>
    public (IReadOnlyList<Child> Leaves, uint Entries) Progress(SourceStamp source)
    {
        List<Child> leaves = [];
        long offset = 0;
        uint entries = 0;
        for (; Take(Key(source, entries)) is { } entry; entries++)
        {
            if (DecodeLeaves(entry.Ids, entry.Secret, offset) is not { } more) break;
            if (!more.All(leaf => store.Contains(vault, leaf.Id))) break;
            leaves.AddRange(more);
            offset += more.Sum(leaf => leaf.Length);
        }
        return (leaves, entries);
    }

    /// <summary>Notes durable leaves that begin at <paramref name="offset"/> as the entry of that number. Entries count from 0 without gaps.</summary>
    public void Checkpoint(SourceStamp source, uint sequence, long offset, IReadOnlyList<Child> leaves)
    {
        byte[] secret = new byte[8 + leaves.Count * EntrySize];
        BinaryPrimitives.WriteInt64BigEndian(secret, offset);
        for (int i = 0; i < leaves.Count; i++)
        {
            Span<byte> entry = secret.AsSpan(8 + i * EntrySize, EntrySize);
            leaves[i].Key.Bytes.CopyTo(entry);
            BinaryPrimitives.WriteInt32BigEndian(entry[ContentKey.Size..], (int)leaves[i].Length);
        }
        byte[] key = Key(source, sequence);
        Commit(new Batch().Put(StoreKeys.Imports, key, Seal(key, [.. leaves.Select(leaf => leaf.Id)], secret)));
    }

    // The offset shows an entry that an earlier, longer run left behind a gap: it is no continuation of what stands before it.
    static List<Child>? DecodeLeaves(BlockId[] ids, ReadOnlySpan<byte> secret, long offset)
    {
        if (secret.Length != 8 + ids.Length * EntrySize || BinaryPrimitives.ReadInt64BigEndian(secret) != offset) return null;
        List<Child> leaves = new(ids.Length);
        for (int i = 0; i < ids.Length; i++)
        {
            ReadOnlySpan<byte> entry = secret.Slice(8 + i * EntrySize, EntrySize);
            int length = BinaryPrimitives.ReadInt32BigEndian(entry[ContentKey.Size..]);
            if (length is <= 0 or > Limits.MaxLeafContent) return null;
            leaves.Add(new Child(ids[i], new ContentKey(new Hash32(entry[..ContentKey.Size])), length));
        }
        return leaves;
    }

    /// <summary>Notes durable files as finished; their checkpoints are no longer needed. One commit for all.</summary>
    public void Finish(IEnumerable<(SourceStamp Source, FileRef File)> files)
    {
        Batch batch = new();
        byte[] secret = new byte[FileRef.EncodedSize];
        foreach ((SourceStamp source, FileRef file) in files)
        {
            Forget(batch, source);
            file.Write(secret);
            byte[] key = Key(source, FinishedAt);
            batch.Put(StoreKeys.Imports, key, Seal(key, [file.Root], secret));
            store.Leases.Pinning(vault, file.Root, whole: true);
        }
        Commit(batch);
    }

    /// <summary>Drops what is known of a source: in the batch that pins the file, or when its entries turn out to be useless.</summary>
    public void Forget(Batch batch, SourceStamp source)
    {
        (byte[] from, byte[] to) = StoreKeys.Under(Key(source, 0).AsSpan()[..^4]);
        batch.DeleteRange(StoreKeys.Imports, from, to);
    }

    /// <summary>The blocks that unfinished imports count on: leaves of checkpoints, and everything below the roots of finished files.</summary>
    internal static IEnumerable<(BlockId Id, bool Root)> BlocksOf(IDatabase meta, VaultTag vault, DateTimeOffset now, ISnapshot view)
    {
        foreach ((byte[] key, byte[] value, bool counts) in Entries(meta, vault, now, view))
            if (counts)
                foreach (BlockId id in IdsOf(value)) yield return (id, key.EndsWith<byte>([0xFF, 0xFF, 0xFF, 0xFF]));
    }

    /// <summary>Forgets what nobody has come back to. Not an entry that somebody renews at this moment: both happen under one lock.</summary>
    internal static void DropExpired(BlockStore store, VaultTag vault, DateTimeOffset now)
    {
        lock (store.Journaling)
        {
            Batch expired = new();
            foreach ((byte[] key, _, bool counts) in Entries(store.Meta, vault, now, null))
                if (!counts) expired.Delete(StoreKeys.Imports, key);
            if (expired.Changes.Count > 0) store.Meta.Commit(expired, Durability.Synced);
        }
    }

    // Backwards: an import that runs for more than a week still needs its first leaves, and its last entry says that it is alive.
    static IEnumerable<(byte[] Key, byte[] Value, bool Counts)> Entries(IDatabase meta, VaultTag vault, DateTimeOffset now, ISnapshot? view)
    {
        (byte[] from, byte[] to) = StoreKeys.MetaOf(vault);
        using ICursor cursor = meta.Range(StoreKeys.Imports, from, to, view, reverse: true);
        byte[] alive = []; // the source, the entries of which count from here down
        while (cursor.MoveNext())
        {
            byte[] key = cursor.Key.ToArray(), value = cursor.Value.ToArray();
            if (value.Length >= 12 && StoreKeys.TimeIn(value) + Keep > now) alive = key[..^4];
            yield return (key, value, value.Length >= 12 && key.AsSpan()[..^4].SequenceEqual(alive));
        }
    }

    public void Dispose()
    {
        stamping.Dispose();
        sealing.Dispose();
    }

    /// <summary>Opens an entry that someone comes back to. One that has grown old counts from today again, and in a collection that runs already.</summary>
    (BlockId[] Ids, byte[] Secret)? Take(byte[] key)
    {
        if (store.Meta.Get(StoreKeys.Imports, key) is not { } value || Open(value, key) is not { } entry) return null;
        if (store.Time.GetUtcNow() - StoreKeys.TimeIn(value) < Fresh) return entry;
        Commit(new Batch().Put(StoreKeys.Imports, key, Seal(key, entry.Ids, entry.Secret)));
        foreach (BlockId id in entry.Ids) store.Leases.Pinning(vault, id, whole: false); // it is looked up next, and may be gone
        return entry;
    }

    void Commit(Batch batch)
    {
        lock (store.Journaling) store.Meta.Commit(batch, Durability.Synced);
    }

    byte[] Key(SourceStamp source, uint sequence)
    {
        byte[] key = new byte[VaultTag.Size + Hash32.Size + 4];
        vault.CopyTo(key);
        source.Hash.CopyTo(key.AsSpan(VaultTag.Size));
        BinaryPrimitives.WriteUInt32BigEndian(key.AsSpan(VaultTag.Size + Hash32.Size), sequence);
        return key;
    }

    // time (8) ‖ number of ids (4) ‖ ids ‖ nonce (24) ‖ sealed secret; what stands before the nonce, and the key, are authenticated.
    byte[] Seal(byte[] key, BlockId[] ids, ReadOnlySpan<byte> secret)
    {
        int open = 12 + ids.Length * BlockId.Size;
        byte[] value = new byte[open + XChaCha20Poly1305.NonceSize + secret.Length + XChaCha20Poly1305.TagSize];
        StoreKeys.TimeValue(store.Time.GetUtcNow()).CopyTo(value, 0);
        BinaryPrimitives.WriteInt32BigEndian(value.AsSpan(8), ids.Length);
        for (int i = 0; i < ids.Length; i++) ids[i].CopyTo(value.AsSpan(12 + i * BlockId.Size));
        Span<byte> nonce = value.AsSpan(open, XChaCha20Poly1305.NonceSize);
        random.Fill(nonce);
        XChaCha20Poly1305.Encrypt(sealing.Span, nonce, secret, [.. key, .. value.AsSpan(0, open)], value.AsSpan(open + XChaCha20Poly1305.NonceSize));
        return value;
    }

    (BlockId[] Ids, byte[] Secret)? Open(byte[] value, byte[] key)
    {
        BlockId[] ids = IdsOf(value);
        int open = 12 + ids.Length * BlockId.Size, sealedAt = open + XChaCha20Poly1305.NonceSize;
        if (value.Length < sealedAt + XChaCha20Poly1305.TagSize) return null;
        byte[] secret = new byte[value.Length - sealedAt - XChaCha20Poly1305.TagSize];
        bool whole = XChaCha20Poly1305.TryDecrypt(sealing.Span, value.AsSpan(open, XChaCha20Poly1305.NonceSize), value.AsSpan(sealedAt), [.. key, .. value.AsSpan(0, open)], secret);
        return whole ? (ids, secret) : null;
    }

    static BlockId[] IdsOf(ReadOnlySpan<byte> value)
    {
        if (value.Length < 12) return [];
        int count = BinaryPrimitives.ReadInt32BigEndian(value[8..]);
        if (count < 0 || count > (value.Length - 12) / BlockId.Size) return [];
        BlockId[] ids = new BlockId[count];
        for (int i = 0; i < count; i++) ids[i] = new BlockId(value.Slice(12 + i * BlockId.Size, BlockId.Size));
        return ids;
    }
}
