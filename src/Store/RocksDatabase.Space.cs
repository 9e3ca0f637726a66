using System.Runtime.InteropServices;
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
        using NativeHandle.Use db = database.Borrow();
        return new DatabaseFigures(
            Sum(db.Pointer, "rocksdb.live-sst-files-size") + Sum(db.Pointer, "rocksdb.live-blob-file-size"),
            Sum(db.Pointer, "rocksdb.estimate-live-data-size"),
            Directory.EnumerateFiles(path).Count(),
            Sum(db.Pointer, "rocksdb.cur-size-all-mem-tables"),
            Sum(db.Pointer, "rocksdb.estimate-num-keys"),
            Sum(db.Pointer, "rocksdb.num-live-versions"),
            Property(db.Pointer, natives[0], "rocksdb.num-snapshots"));
    }

    /// <summary>
    /// Bottommost files are rewritten too, since that is where deleted entries' space is; blobs that are still alive move to
    /// new files, so that the old ones can go. Other compactions go on meanwhile.
    /// </summary>
    public void Compact(Family family, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        using NativeHandle.Use db = database.Borrow();
        nint native = Native(family);
        long errors = Property(db.Pointer, native, "rocksdb.background-errors");
        if (blobs) SetOption(db.Pointer, native, "blob_garbage_collection_age_cutoff"u8, "1.0"u8);
        try
        {
            using NativeHandle options = new(Rocks.rocksdb_compactoptions_create(), Rocks.rocksdb_compactoptions_destroy);
            using NativeHandle.Use use = options.Borrow();
            Rocks.rocksdb_compactoptions_set_exclusive_manual_compaction(use.Pointer, 0);
            Rocks.rocksdb_compactoptions_set_bottommost_level_compaction(use.Pointer, 3); // kForceOptimized: all, each file once
            fixed (byte* f = from, t = to)
                Rocks.rocksdb_compact_range_cf_opt(db.Pointer, native, use.Pointer, f, (nuint)from.Length, t, (nuint)to.Length);
        }
        finally
        {
            if (blobs) SetOption(db.Pointer, native, "blob_garbage_collection_age_cutoff"u8, "0.25"u8);
        }
        // The call itself reports nothing.
        if (Property(db.Pointer, native, "rocksdb.background-errors") > errors)
            throw new StoreException($"compacting the database {path} failed", "look at the file LOG in that folder; a full disk is the usual reason");
    }

    void SetOption(nint db, nint family, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        byte* error = null;
        fixed (byte* n = name, v = value)
        {
            byte* key = n, text = v;
            Rocks.rocksdb_set_options_cf(db, family, 1, &key, &text, &error);
        }
        Rocks.Check(error, path);
    }

    long Sum(nint db, string property)
    {
        long sum = 0;
        foreach (nint family in natives) sum += Property(db, family, property);
        return sum;
    }

    static long Property(nint db, nint family, string property)
    {
        ulong value;
        if (Rocks.rocksdb_property_int_cf(db, family, property, &value) != 0) throw new InvalidOperationException($"RocksDB knows no property {property}.");
        return (long)value;
    }
}
