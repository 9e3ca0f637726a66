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
        try
        {
            DurableFolder.Create(options.Path);
            DamageNote.RequireNone(options.Path);
            RequireBeginning(options.Path);
            (NativeDatabase native, Opening opening) = OpenNative(options);
            return new RocksDatabase(options, native, opening);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"the database {options.Path} can't be opened: {fault.Message}", inner: fault);
        }
    }

    // Without CURRENT RocksDB takes the folder for an empty one, makes a new database there and deletes the old one's files.
    static void RequireBeginning(string folder)
    {
        if (File.Exists(Path.Combine(folder, "CURRENT"))) return;
        if (Directory.EnumerateFiles(folder).FirstOrDefault(HoldsData) is { } orphan)
            throw new CorruptDataException($"the database {folder} has lost its file CURRENT, and still has {Path.GetFileName(orphan)}");
    }

    static bool HoldsData(string file) => Path.GetExtension(file) is ".sst" or ".blob" || Path.GetExtension(file) is ".log" && new FileInfo(file).Length > 0;

    // RocksDB writes a little whenever it opens; where it can't even begin its file LOG, Debian's build ends by an assertion.
    static void RequireRoom(string folder)
    {
        const long RoomToOpen = 1 << 20; // a new log, a manifest, the options and the lines of LOG are a fifth of that
        if (new DriveInfo(folder).AvailableFreeSpace < RoomToOpen)
            throw new StoreException($"the disk is full: the database {folder} can't be opened", "free some space on that disk; nothing that was reported as stored is lost");
    }

    static (NativeDatabase, Opening) OpenNative(DatabaseOptions options)
    {
        RequireRoom(options.Path);
        LogDamage? damage = LogCheck.FirstDamage(options.Path);
        if (damage is { Torn: false }) return OpenUpTo(options, damage);
        try
        {
            return (NativeDatabase.Open(options, OpeningSettings.TolerateTornTail), Opening.Clean);
        }
        catch (CorruptDataException fault)
        {
            // A torn record that ends in zeros is damage for the strict mode. Anything else that we didn't see is told.
            NativeDatabase native = NativeDatabase.Open(options, OpeningSettings.StopAtDamage);
            return (native, damage is null ? new Opening(fault.Message) : Opening.Clean);
        }
    }

    static (NativeDatabase, Opening) OpenUpTo(DatabaseOptions options, LogDamage damage)
    {
        LogCheck.MarkForRocksDB(damage);
        string text = $"the log {damage.File} of the database is damaged at byte {damage.Offset}: what was committed after that is lost, if it was not flushed yet";
        return (NativeDatabase.Open(options, OpeningSettings.StopAtDamage), new Opening(text));
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

    // After a write has failed, RocksDB goes on by itself some seconds after there is room again, and flushes what is in memory.
    // But (7.8.3) it may keep the broken log, and the next write to that ends the process by an assertion, in Debian's build at
    // least; and a flush of what skipped the log may then report success and the values be gone later. So the handle is used
    // for reading only, until RocksDB has recovered; then it is opened anew, and what is seen is again what is on the disk.
    void GoOnAfterFailure()
    {
        lock (reopening)
        {
            if (!Volatile.Read(ref writeFailed)) return;
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
        if (Interlocked.Exchange(ref hasUnlogged, 0) == 1) Volatile.Write(ref lostUnlogged, 1);
        Volatile.Write(ref writeFailed, false);
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
