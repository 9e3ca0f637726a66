using Vault.Primitives;
using Vault.Store.Native;

namespace Vault.Store;

/// <summary>What opening a database found. <paramref name="LogCutShort"/>: the log was damaged, and what it held behind the damage is lost.</summary>
public sealed record Opening(string? LogCutShort)
{
    public static Opening Clean { get; } = new((string?)null);
}

public sealed partial class RocksDatabase
{
    /// <summary>Throws <see cref="CorruptDataException"/> for a database that can't be opened as it is (see <see cref="Repair"/>).</summary>
    public static RocksDatabase Open(DatabaseOptions options)
    {
        if (options.Families.Count == 0) throw new ArgumentException("A database has at least one family.", nameof(options));
        if (options.Families.Distinct().Count() != options.Families.Count) throw new ArgumentException("A family is named twice.", nameof(options));
        PrivateFolder.Create(options.Path);
        (NativeDatabase native, Opening opening) = OpenNative(options);
        return new RocksDatabase(options, native, opening);
    }

    // RocksDB 7.8.3, by trial: the strict mode opens a log that ends in the middle of a record, or in zeros or noise behind a
    // whole record, without a word, and refuses every other damage. A record that a power cut left allocated but unwritten
    // (it ends in zeros) is refused too, though nothing that was synced is lost: LogTail tells it from real damage.
    static (NativeDatabase, Opening) OpenNative(DatabaseOptions options)
    {
        try
        {
            return (NativeDatabase.Open(options, OpeningSettings.TolerateTornTail), Opening.Clean);
        }
        catch (CorruptDataException damage)
        {
            bool torn = LogTail.IsTorn(options.Path);
            NativeDatabase native = NativeDatabase.Open(options, OpeningSettings.StopAtDamage);
            return (native, torn ? Opening.Clean : new Opening(damage.Message));
        }
    }

    /// <summary>The native database for one call: the open one, or, where a failure closed it, a newly opened one.</summary>
    NativeHandle.Use Enter(out NativeDatabase native)
    {
        while (true)
        {
            native = Volatile.Read(ref database);
            if (native.Handle.TryBorrow(out NativeHandle.Use use)) return use;
            lock (reopening)
            {
                ObjectDisposedException.ThrowIf(disposed, this);
                if (database == native) Reopen();
            }
        }
    }

    // After a write to the log has failed, RocksDB goes on by itself some seconds after there is room again, and flushes what
    // is in memory. But (7.8.3) it may keep the broken log, and the next write to that ends the process by an assertion, in
    // Debian's build at least. So the handle is used for reading only, until RocksDB has recovered; then it is opened anew.
    void GoOnAfterFailure()
    {
        lock (reopening)
        {
            if (!Volatile.Read(ref logFailed)) return;
            if (database.Handle.TryBorrow(out NativeHandle.Use db))
            {
                using (db) Probe(db.Pointer);
                if (!database.Handle.TryRetire())
                    throw new StoreException($"the database {options.Path} goes on after its failure when the reads that are open now have ended", "try again");
            }
            Reopen();
        }
    }

    void Reopen()
    {
        (database, _) = OpenNative(options);
        Volatile.Write(ref logFailed, false);
    }

    // An empty batch that skips the log: does nothing, but fails for as long as RocksDB has not recovered.
    unsafe void Probe(nint db)
    {
        NativeHandle empty = batches.Rent();
        using NativeHandle.Use batch = empty.Borrow();
        using NativeHandle.Use writes = unlogged.Borrow();
        byte* error = null;
        Rocks.rocksdb_write(db, writes.Pointer, batch.Pointer, &error);
        batches.Return(empty, 0);
        Rocks.Check(error, options.Path);
    }
}
