using System.Runtime.InteropServices;

namespace Vault.Store.Native;

/// <summary>Iterators, snapshots, checkpoints.</summary>
static unsafe partial class Rocks
{
    [LibraryImport(Library)] internal static partial nint rocksdb_create_iterator_cf(nint database, nint options, nint family);
    [LibraryImport(Library)] internal static partial void rocksdb_iter_destroy(nint iterator);
    [LibraryImport(Library)] internal static partial byte rocksdb_iter_valid(nint iterator);
    [LibraryImport(Library)] internal static partial void rocksdb_iter_seek_to_first(nint iterator);
    [LibraryImport(Library)] internal static partial void rocksdb_iter_seek_to_last(nint iterator);
    [LibraryImport(Library)] internal static partial void rocksdb_iter_next(nint iterator);
    [LibraryImport(Library)] internal static partial void rocksdb_iter_prev(nint iterator);
    [LibraryImport(Library)] internal static partial byte* rocksdb_iter_key(nint iterator, nuint* length);
    [LibraryImport(Library)] internal static partial byte* rocksdb_iter_value(nint iterator, nuint* length);
    [LibraryImport(Library)] internal static partial void rocksdb_iter_get_error(nint iterator, byte** error);

    [LibraryImport(Library)] internal static partial nint rocksdb_create_snapshot(nint database);
    [LibraryImport(Library)] internal static partial void rocksdb_release_snapshot(nint database, nint snapshot);

    [LibraryImport(Library)] internal static partial nint rocksdb_checkpoint_object_create(nint database, byte** error);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial void rocksdb_checkpoint_create(nint checkpoint, string folder, ulong logSizeForFlush, byte** error);
    [LibraryImport(Library)] internal static partial void rocksdb_checkpoint_object_destroy(nint checkpoint);
}
