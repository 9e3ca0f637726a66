using System.Runtime.InteropServices;
using System.Text;
using Vault.Primitives;

namespace Vault.Tests.Faults.Child;

/// <summary>As much of RocksDB's C interface as it takes to promise something and to look whether the promise was kept.</summary>
public sealed unsafe partial class Rocks : IDisposable
{
    const string Library = "rocksdb";

    readonly nint database, reading, writing;

    static Rocks() => NativeLibraries.Use(typeof(Rocks).Assembly, Library, "librocksdb7.8", "librocksdb.so.7.8");

    public Rocks(string folder, bool sync)
    {
        nint options = rocksdb_options_create(), error = 0;
        rocksdb_options_set_create_if_missing(options, 1);
        rocksdb_options_set_write_buffer_size(options, 64 * 1024); // small, so that a short run flushes and compacts
        rocksdb_options_set_level0_file_num_compaction_trigger(options, 2);
        rocksdb_options_set_enable_blob_files(options, 1);
        rocksdb_options_set_min_blob_size(options, 2048);
        database = rocksdb_open(options, folder, &error);
        rocksdb_options_destroy(options);
        Check(error);
        reading = rocksdb_readoptions_create();
        writing = rocksdb_writeoptions_create();
        rocksdb_writeoptions_set_sync(writing, sync ? (byte)1 : (byte)0);
    }

    public void Put(string key, byte[] value)
    {
        nint error = 0;
        byte[] name = Encoding.UTF8.GetBytes(key);
        fixed (byte* k = name, v = value) rocksdb_put(database, writing, k, (nuint)name.Length, v, (nuint)value.Length, &error);
        Check(error);
    }

    public byte[]? Get(string key)
    {
        nint error = 0;
        nuint length;
        byte[] name = Encoding.UTF8.GetBytes(key);
        byte* value;
        fixed (byte* k = name) value = rocksdb_get(database, reading, k, (nuint)name.Length, &length, &error);
        Check(error);
        if (value == null) return null;
        byte[] copy = new ReadOnlySpan<byte>(value, (int)length).ToArray();
        rocksdb_free(value);
        return copy;
    }

    public void Dispose()
    {
        rocksdb_close(database);
        rocksdb_readoptions_destroy(reading);
        rocksdb_writeoptions_destroy(writing);
    }

    static void Check(nint error)
    {
        if (error == 0) return;
        string text = Marshal.PtrToStringUTF8(error)!;
        rocksdb_free((void*)error);
        throw new StoreException(text);
    }

    [LibraryImport(Library)] private static partial nint rocksdb_options_create();
    [LibraryImport(Library)] private static partial void rocksdb_options_destroy(nint options);
    [LibraryImport(Library)] private static partial void rocksdb_options_set_create_if_missing(nint options, byte on);
    [LibraryImport(Library)] private static partial void rocksdb_options_set_write_buffer_size(nint options, nuint size);
    [LibraryImport(Library)] private static partial void rocksdb_options_set_level0_file_num_compaction_trigger(nint options, int files);
    [LibraryImport(Library)] private static partial void rocksdb_options_set_enable_blob_files(nint options, byte on);
    [LibraryImport(Library)] private static partial void rocksdb_options_set_min_blob_size(nint options, ulong size);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] private static partial nint rocksdb_open(nint options, string folder, nint* error);
    [LibraryImport(Library)] private static partial void rocksdb_close(nint database);
    [LibraryImport(Library)] private static partial nint rocksdb_readoptions_create();
    [LibraryImport(Library)] private static partial void rocksdb_readoptions_destroy(nint options);
    [LibraryImport(Library)] private static partial nint rocksdb_writeoptions_create();
    [LibraryImport(Library)] private static partial void rocksdb_writeoptions_destroy(nint options);
    [LibraryImport(Library)] private static partial void rocksdb_writeoptions_set_sync(nint options, byte on);
    [LibraryImport(Library)] private static partial void rocksdb_put(nint database, nint options, byte* key, nuint keyLength, byte* value, nuint valueLength, nint* error);
    [LibraryImport(Library)] private static partial byte* rocksdb_get(nint database, nint options, byte* key, nuint keyLength, nuint* length, nint* error);
    [LibraryImport(Library)] private static partial void rocksdb_free(void* memory);
}
