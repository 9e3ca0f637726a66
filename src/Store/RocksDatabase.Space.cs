using Vault.Primitives;
using Vault.Store.Native;

namespace Vault.Store;

/// <summary>What a database takes up, as RocksDB counts it.</summary>
/// <param name="FileBytes">Tables and blob files that are in use, on disk.</param>
/// <param name="LiveBytes">RocksDB's estimate of what would remain after a full compaction.</param>
/// <param name="Files">Files in the folder.</param>
/// <param name="MemoryBytes">Unflushed and flushing writes.</param>
/// <param name="Versions">Versions of the file set that someone holds: 1 for each family when no cursor is open.</param>
public sealed record DatabaseFigures(long FileBytes, long LiveBytes, int Files, long MemoryBytes, long EstimatedKeys, long Versions, long Snapshots);

public sealed unsafe partial class RocksDatabase
{
    public DatabaseFigures Figures()
    {
        using NativeHandle.Use db = Enter(out NativeDatabase native);
        return new DatabaseFigures(
            Sum(db.Pointer, native.Families, "rocksdb.live-sst-files-size") + Sum(db.Pointer, native.Families, "rocksdb.live-blob-file-size"),
            Sum(db.Pointer, native.Families, "rocksdb.estimate-live-data-size"),
            Directory.EnumerateFiles(options.Path).Count(),
            Sum(db.Pointer, native.Families, "rocksdb.cur-size-all-mem-tables"),
            Sum(db.Pointer, native.Families, "rocksdb.estimate-num-keys"),
            Sum(db.Pointer, native.Families, "rocksdb.num-live-versions"),
            Property(db.Pointer, native.Families[0], "rocksdb.num-snapshots"));
    }

    /// <summary>
    /// Bottommost files are rewritten too, since that is where deleted entries' space is. Blobs stay where they are: a blob file
    /// goes when nothing in it is alive. Other compactions go on meanwhile.
    /// </summary>
    public void Compact(Family family, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        if (Volatile.Read(ref writeFailed)) GoOnAfterFailure();
        using NativeHandle.Use db = Enter(out NativeDatabase current);
        nint native = Native(current, family);
        long errors = Property(db.Pointer, native, "rocksdb.background-errors");
        using NativeHandle how = new(Rocks.rocksdb_compactoptions_create(), Rocks.rocksdb_compactoptions_destroy);
        using NativeHandle.Use use = how.Borrow();
        Rocks.rocksdb_compactoptions_set_exclusive_manual_compaction(use.Pointer, 0);
        Rocks.rocksdb_compactoptions_set_bottommost_level_compaction(use.Pointer, 3); // kForceOptimized: all, each file once
        fixed (byte* f = from, t = to)
            Rocks.rocksdb_compact_range_cf_opt(db.Pointer, native, use.Pointer, f, (nuint)from.Length, t, (nuint)to.Length);
        // The call itself reports nothing. Where it met damage, every write says so from now on.
        if (Property(db.Pointer, native, "rocksdb.background-errors") <= errors) return;
        try
        {
            Probe(db.Pointer);
        }
        catch (CorruptDataException damage)
        {
            throw DamageNote.Write(options.Path, damage);
        }
        throw new StoreException($"compacting the database {options.Path} failed", "a full disk is the usual reason: free some space and try again");
    }

    static long Sum(nint db, nint[] families, string property)
    {
        long sum = 0;
        foreach (nint family in families) sum += Property(db, family, property);
        return sum;
    }

    static long Property(nint db, nint family, string property)
    {
        ulong value;
        if (Rocks.rocksdb_property_int_cf(db, family, property, &value) != 0) throw new InvalidOperationException($"RocksDB knows no property {property}.");
        return (long)value;
    }
}
