using System.Runtime.InteropServices;
using System.Text;
using Vault.Primitives;
using Vault.Store.Native;

namespace Vault.Store;

/// <summary>
/// The database on disk. Disposing it closes it, once the cursors, snapshots and values that were made from it are disposed
/// too; what was committed unlogged is flushed then, as far as the disk lets it.
/// </summary>
public sealed unsafe partial class RocksDatabase : IDatabase
{
    readonly string path;
    readonly bool blobs;
    readonly NativeHandle database;
    readonly NativeHandle read, logged, synced, unlogged;
    readonly Dictionary<Family, nint> families;
    readonly nint[] natives; // all column families, the unnamed ones too
    readonly NativeBatches batches = new();
    readonly SharedRounds flushes = new();
    int hasUnlogged; // 1: a commit since the last flush has skipped the log

    RocksDatabase(DatabaseOptions options, NativeHandle database, Dictionary<Family, nint> families, nint[] natives, Opening opening)
    {
        path = options.Path;
        blobs = options.Blobs is not null;
        this.database = database;
        this.families = families;
        this.natives = natives;
        Opening = opening;
        read = ReadOptions();
        logged = WriteOptions(sync: false, log: true);
        synced = WriteOptions(sync: true, log: true);
        unlogged = WriteOptions(sync: false, log: false);
    }

    /// <summary>What opening found: a log that ended well, or one that had to be cut short.</summary>
    public Opening Opening { get; }

    public byte[]? Get(Family family, ReadOnlySpan<byte> key, ISnapshot? at = null)
    {
        using NativeHandle.Use db = database.Borrow();
        using NativeHandle.Use options = (at is null ? read : Mine(at).Read).Borrow();
        nint slice = Pin(db.Pointer, options.Pointer, family, key);
        if (slice == 0) return null;
        nuint length;
        byte* value = Rocks.rocksdb_pinnableslice_value(slice, &length);
        byte[] copy = new ReadOnlySpan<byte>(value, checked((int)length)).ToArray();
        Rocks.rocksdb_pinnableslice_destroy(slice);
        return copy;
    }

    public StoredValue? Find(Family family, ReadOnlySpan<byte> key)
    {
        using NativeHandle.Use db = database.Borrow();
        using NativeHandle.Use options = read.Borrow();
        nint slice = Pin(db.Pointer, options.Pointer, family, key);
        return slice == 0 ? null : new RocksValue(slice, database);
    }

    nint Pin(nint db, nint options, Family family, ReadOnlySpan<byte> key)
    {
        byte* error = null;
        nint slice;
        fixed (byte* k = key)
            slice = Rocks.rocksdb_get_pinned_cf(db, options, Native(family), k, (nuint)key.Length, &error);
        Rocks.Check(error, path);
        return slice;
    }

    public void Commit(Batch batch, Durability durability)
    {
        using NativeHandle.Use db = database.Borrow();
        if (durability == Durability.Unlogged && natives.Length > 1)
            throw new InvalidOperationException("Unlogged commits are for databases with one family: with several, a damaged log could never be opened again.");
        NativeHandle writes = durability switch { Durability.Unlogged => unlogged, Durability.Logged => logged, _ => synced };
        using NativeHandle.Use options = writes.Borrow();
        NativeHandle native = batches.Rent();
        try
        {
            using NativeHandle.Use changes = native.Borrow();
            foreach (Change change in batch.Changes) Add(changes.Pointer, change);
            byte* error = null;
            Rocks.rocksdb_write(db.Pointer, options.Pointer, changes.Pointer, &error);
            Rocks.Check(error, path);
        }
        finally
        {
            batches.Return(native, batch.Bytes);
        }
        if (durability == Durability.Unlogged) Volatile.Write(ref hasUnlogged, 1);
    }

    void Add(nint batch, Change change)
    {
        ReadOnlySpan<byte> key = change.Key.Span, value = change.Value.Span;
        nint family = Native(change.Family);
        fixed (byte* k = key, v = value)
            switch (change.Kind)
            {
                case ChangeKind.Put: Rocks.rocksdb_writebatch_put_cf(batch, family, k, (nuint)key.Length, v, (nuint)value.Length); break;
                case ChangeKind.Delete: Rocks.rocksdb_writebatch_delete_cf(batch, family, k, (nuint)key.Length); break;
                // RocksDB takes a range that ends before it begins for a programming error in some versions, for nothing in others.
                case ChangeKind.DeleteRange when key.SequenceCompareTo(value) < 0:
                    Rocks.rocksdb_writebatch_delete_range_cf(batch, family, k, (nuint)key.Length, v, (nuint)value.Length);
                    break;
            }
    }

    /// <summary>Callers that meet share a flush, but each waits for one that began after its call.</summary>
    public void Flush() => flushes.Join(FlushNow);

    void FlushNow()
    {
        using NativeHandle.Use db = database.Borrow();
        byte* error = null;
        if (Interlocked.Exchange(ref hasUnlogged, 0) == 0)
        {
            Rocks.rocksdb_flush_wal(db.Pointer, 1, &error); // everything is in the log: syncing that is enough, and far less work
            Rocks.Check(error, path);
            return;
        }
        using NativeHandle options = new(Rocks.rocksdb_flushoptions_create(), Rocks.rocksdb_flushoptions_destroy);
        using NativeHandle.Use wait = options.Borrow();
        Rocks.rocksdb_flushoptions_set_wait(wait.Pointer, 1);
        Rocks.rocksdb_flush(db.Pointer, wait.Pointer, &error);
        if (error != null) Volatile.Write(ref hasUnlogged, 1);
        Rocks.Check(error, path);
    }

    public ISnapshot Snapshot()
    {
        using NativeHandle.Use db = database.Borrow();
        return new RocksSnapshot(database, db.Pointer);
    }

    /// <summary>
    /// RocksDB 7.8 reads the blob of every entry it passes, whether <see cref="ICursor.Value"/> is asked for or not: a walk over
    /// keys whose values lie in blob files costs as much as reading them. Keep an index of keys where that matters.
    /// </summary>
    public ICursor Range(Family family, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, ISnapshot? at = null, bool reverse = false)
    {
        using NativeHandle.Use db = database.Borrow();
        return new RocksCursor(database, path, Native(family), from, to, at is null ? null : Mine(at), reverse);
    }

    public void Checkpoint(string folder)
    {
        using NativeHandle.Use db = database.Borrow();
        byte* error = null;
        nint checkpoint = Rocks.rocksdb_checkpoint_object_create(db.Pointer, &error);
        Rocks.Check(error, path);
        // 0: flush first, always. The copy then needs no log, and what was committed unlogged is in it.
        Rocks.rocksdb_checkpoint_create(checkpoint, folder, 0, &error);
        Rocks.rocksdb_checkpoint_object_destroy(checkpoint);
        Rocks.Check(error, path);
    }

    public void Dispose()
    {
        database.Dispose();
        read.Dispose();
        logged.Dispose();
        synced.Dispose();
        unlogged.Dispose();
        batches.Dispose();
    }

    nint Native(Family family) =>
        families.TryGetValue(family, out nint native) ? native : throw new ArgumentException($"The database {path} has no family {family.Name}.", nameof(family));

    RocksSnapshot Mine(ISnapshot snapshot) =>
        snapshot is RocksSnapshot rocks && rocks.Database == database ? rocks : throw new ArgumentException("The snapshot is another database's.", nameof(snapshot));

    internal static NativeHandle ReadOptions()
    {
        nint options = Rocks.rocksdb_readoptions_create();
        Rocks.rocksdb_readoptions_set_verify_checksums(options, 1);
        return new NativeHandle(options, Rocks.rocksdb_readoptions_destroy);
    }

    static NativeHandle WriteOptions(bool sync, bool log)
    {
        nint options = Rocks.rocksdb_writeoptions_create();
        Rocks.rocksdb_writeoptions_set_sync(options, sync ? (byte)1 : (byte)0);
        Rocks.rocksdb_writeoptions_disable_WAL(options, log ? 0 : 1);
        return new NativeHandle(options, Rocks.rocksdb_writeoptions_destroy);
    }
}
