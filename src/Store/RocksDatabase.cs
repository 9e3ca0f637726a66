using Vault.Primitives;
using Vault.Store.Native;

namespace Vault.Store;

/// <summary>
/// The database on disk. Disposing it closes it, once the cursors, snapshots and values that were made from it are disposed
/// too; what was committed unlogged is flushed then, as far as the disk lets it.
/// </summary>
public sealed unsafe partial class RocksDatabase : IDatabase
{
    readonly DatabaseOptions options;
    readonly Dictionary<Family, int> families; // to the place in NativeDatabase.Families
    readonly NativeHandle read, logged, synced, unlogged;
    readonly NativeBatches batches = new();
    readonly SharedRounds flushes = new();
    readonly object reopening = new();
    NativeDatabase database;
    bool disposed;
    bool writeFailed;  // see GoOnAfterFailure
    int hasUnlogged;   // 1: a commit since the last flush has skipped the log
    int lostUnlogged;  // 1: such commits may be gone, and no flush has said so yet

    RocksDatabase(DatabaseOptions options, NativeDatabase database, Opening opening)
    {
        this.options = options;
        this.database = database;
        families = options.Families.Select((family, place) => (family, place)).ToDictionary(pair => pair.family, pair => pair.place);
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
        using NativeHandle.Use db = Enter(out NativeDatabase native);
        using NativeHandle.Use reads = (at is null ? read : Mine(at, native).Read).Borrow();
        nint slice;
        try
        {
            slice = Pin(db.Pointer, reads.Pointer, Native(native, family), key);
        }
        catch (CorruptDataException damage)
        {
            throw DamageNote.Write(options.Path, damage);
        }
        if (slice == 0) return null;
        nuint length;
        byte* value = Rocks.rocksdb_pinnableslice_value(slice, &length);
        byte[] copy = new ReadOnlySpan<byte>(value, checked((int)length)).ToArray();
        Rocks.rocksdb_pinnableslice_destroy(slice);
        return copy;
    }

    public StoredValue? Find(Family family, ReadOnlySpan<byte> key)
    {
        using NativeHandle.Use db = Enter(out NativeDatabase native);
        using NativeHandle.Use reads = read.Borrow();
        nint slice = Pin(db.Pointer, reads.Pointer, Native(native, family), key);
        return slice == 0 ? null : new RocksValue(slice, native.Handle);
    }

    nint Pin(nint db, nint reads, nint family, ReadOnlySpan<byte> key)
    {
        byte* error = null;
        nint slice;
        fixed (byte* k = key)
            slice = Rocks.rocksdb_get_pinned_cf(db, reads, family, k, (nuint)key.Length, &error);
        Rocks.Check(error, options.Path);
        return slice;
    }

    /// <summary>
    /// A commit that throws is not there for readers; but where the fault came after the log was written, it may be there when
    /// the database is opened again.
    /// </summary>
    public void Commit(Batch batch, Durability durability)
    {
        if (Volatile.Read(ref writeFailed)) GoOnAfterFailure();
        using NativeHandle.Use db = Enter(out NativeDatabase native);
        if (durability == Durability.Unlogged && native.Families.Length > 1)
            throw new InvalidOperationException("Unlogged commits are for databases with one family: with several, a damaged log could never be opened again.");
        NativeHandle writes = durability switch { Durability.Unlogged => unlogged, Durability.Logged => logged, _ => synced };
        using NativeHandle.Use how = writes.Borrow();
        NativeHandle changes = batches.Rent();
        try
        {
            Write(db.Pointer, how.Pointer, changes, native, batch);
        }
        catch (CorruptDataException damage)
        {
            throw DamageNote.Write(options.Path, damage); // a compaction met it: nothing can be written until it is mended
        }
        catch (VaultException)
        {
            Volatile.Write(ref writeFailed, true);
            throw;
        }
        finally
        {
            batches.Return(changes, batch.Bytes);
        }
        if (durability == Durability.Unlogged) Volatile.Write(ref hasUnlogged, 1);
    }

    void Write(nint db, nint how, NativeHandle changes, NativeDatabase native, Batch batch)
    {
        using NativeHandle.Use use = changes.Borrow();
        foreach (Change change in batch.Changes) Add(use.Pointer, Native(native, change.Family), change);
        byte* error = null;
        Rocks.rocksdb_write(db, how, use.Pointer, &error);
        Rocks.Check(error, options.Path);
    }

    static void Add(nint batch, nint family, Change change)
    {
        ReadOnlySpan<byte> key = change.Key.Span, value = change.Value.Span;
        fixed (byte* k = key, v = value)
            switch (change.Kind)
            {
                case ChangeKind.Put: Rocks.rocksdb_writebatch_put_cf(batch, family, k, (nuint)key.Length, v, (nuint)value.Length); break;
                case ChangeKind.Delete: Rocks.rocksdb_writebatch_delete_cf(batch, family, k, (nuint)key.Length); break;
                // A range that ends before it begins is an error in some versions of RocksDB and nothing in others.
                case ChangeKind.DeleteRange when key.SequenceCompareTo(value) < 0:
                    Rocks.rocksdb_writebatch_delete_range_cf(batch, family, k, (nuint)key.Length, v, (nuint)value.Length);
                    break;
            }
    }

    /// <summary>Callers that meet share a flush, but each waits for one that began after its call.</summary>
    public void Flush() => flushes.Join(FlushNow);

    void FlushNow()
    {
        if (Volatile.Read(ref writeFailed)) GoOnAfterFailure();
        if (Interlocked.Exchange(ref lostUnlogged, 0) == 1)
            throw new StoreException($"an earlier failure of the disk may have lost what was written to the database {options.Path} since its last flush", "write it again");
        using NativeHandle.Use db = Enter(out _);
        byte* error = null;
        if (Interlocked.Exchange(ref hasUnlogged, 0) == 0)
        {
            Rocks.rocksdb_flush_wal(db.Pointer, 1, &error); // everything is in the log: syncing that is enough, and far less work
            if (error != null) Volatile.Write(ref writeFailed, true);
            Rocks.Check(error, options.Path);
            return;
        }
        using NativeHandle how = new(Rocks.rocksdb_flushoptions_create(), Rocks.rocksdb_flushoptions_destroy);
        using NativeHandle.Use wait = how.Borrow();
        Rocks.rocksdb_flushoptions_set_wait(wait.Pointer, 1);
        Rocks.rocksdb_flush(db.Pointer, wait.Pointer, &error);
        if (error != null)
        {
            Volatile.Write(ref hasUnlogged, 1);
            Volatile.Write(ref writeFailed, true);
        }
        Rocks.Check(error, options.Path);
    }

    public ISnapshot Snapshot()
    {
        using NativeHandle.Use db = Enter(out NativeDatabase native);
        return new RocksSnapshot(native.Handle, db.Pointer);
    }

    /// <summary>
    /// RocksDB 7.8 reads the blob of every entry it passes, whether <see cref="ICursor.Value"/> is asked for or not: a walk over
    /// keys whose values lie in blob files costs as much as reading them. Keep an index of keys where that matters.
    /// </summary>
    public ICursor Range(Family family, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, ISnapshot? at = null, bool reverse = false)
    {
        using NativeHandle.Use db = Enter(out NativeDatabase native);
        return new RocksCursor(native.Handle, options.Path, Native(native, family), from, to, options.PrefixBytes, at is null ? null : Mine(at, native), reverse);
    }

    public void Checkpoint(string folder)
    {
        if (Volatile.Read(ref writeFailed)) GoOnAfterFailure();
        using NativeHandle.Use db = Enter(out _);
        byte* error = null;
        nint checkpoint = Rocks.rocksdb_checkpoint_object_create(db.Pointer, &error);
        Rocks.Check(error, options.Path);
        // 0: flush first, always. The copy then needs no log, and what was committed unlogged is in it.
        Rocks.rocksdb_checkpoint_create(checkpoint, folder, 0, &error);
        Rocks.rocksdb_checkpoint_object_destroy(checkpoint);
        Rocks.Check(error, options.Path);
    }

    public void Dispose()
    {
        lock (reopening)
        {
            disposed = true;
            database.Handle.Dispose();
        }
        read.Dispose();
        logged.Dispose();
        synced.Dispose();
        unlogged.Dispose();
        batches.Dispose();
    }

    nint Native(NativeDatabase native, Family family) =>
        families.TryGetValue(family, out int place)
            ? native.Families[place]
            : throw new ArgumentException($"The database {options.Path} has no family {family.Name}.", nameof(family));

    static RocksSnapshot Mine(ISnapshot snapshot, NativeDatabase native) =>
        snapshot is RocksSnapshot rocks && rocks.Database == native.Handle ? rocks : throw new ArgumentException("The snapshot is another database's.", nameof(snapshot));

    internal static NativeHandle ReadOptions()
    {
        nint options = Rocks.rocksdb_readoptions_create();
        // Also for values that their readers check better: the same switch is that of the tables' blocks, and Debian's build
        // ends the process by an assertion when it comes upon a damaged one without having checked it.
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
