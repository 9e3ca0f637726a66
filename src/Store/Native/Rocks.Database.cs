using System.Runtime.InteropServices;

namespace Vault.Store.Native;

/// <summary>Opening, reading, writing, and what is asked of a whole database.</summary>
static unsafe partial class Rocks
{
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint rocksdb_open_column_families(
        nint options, string path, int count, byte** names, nint* familyOptions, nint* families, byte** error);
    [LibraryImport(Library)] internal static partial void rocksdb_close(nint database);
    [LibraryImport(Library)] internal static partial void rocksdb_column_family_handle_destroy(nint family);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial byte** rocksdb_list_column_families(nint options, string path, nuint* count, byte** error);
    [LibraryImport(Library)] internal static partial void rocksdb_list_column_families_destroy(byte** names, nuint count);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial void rocksdb_repair_db(nint options, string path, byte** error);

    [LibraryImport(Library)] internal static partial nint rocksdb_get_pinned_cf(nint database, nint options, nint family, byte* key, nuint length, byte** error);
    [LibraryImport(Library)] internal static partial void rocksdb_pinnableslice_destroy(nint slice);
    [LibraryImport(Library)] internal static partial byte* rocksdb_pinnableslice_value(nint slice, nuint* length);

    [LibraryImport(Library)] internal static partial nint rocksdb_writebatch_create();
    [LibraryImport(Library)] internal static partial void rocksdb_writebatch_destroy(nint batch);
    [LibraryImport(Library)] internal static partial void rocksdb_writebatch_clear(nint batch);
    [LibraryImport(Library)] internal static partial void rocksdb_writebatch_put_cf(nint batch, nint family, byte* key, nuint length, byte* value, nuint valueLength);
    [LibraryImport(Library)] internal static partial void rocksdb_writebatch_delete_cf(nint batch, nint family, byte* key, nuint length);
    [LibraryImport(Library)] internal static partial void rocksdb_writebatch_delete_range_cf(nint batch, nint family, byte* from, nuint fromLength, byte* to, nuint toLength);
    [LibraryImport(Library)] internal static partial void rocksdb_write(nint database, nint options, nint batch, byte** error);

    [LibraryImport(Library)] internal static partial void rocksdb_flush(nint database, nint options, byte** error);
    [LibraryImport(Library)] internal static partial void rocksdb_flush_wal(nint database, byte sync, byte** error);
    [LibraryImport(Library)] internal static partial void rocksdb_compact_range_cf_opt(
        nint database, nint family, nint options, byte* from, nuint fromLength, byte* to, nuint toLength);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int rocksdb_property_int_cf(nint database, nint family, string name, ulong* value);
}
