using System.Runtime.InteropServices;
using Vault.Primitives;

namespace Vault.Store.Native;

// librocksdb's C interface (rocksdb/c.h of 7.8), only what is used, C names kept. One file per subject: this one holds the
// library and its errors. Pointers to native objects are nint here and NativeHandle everywhere else.

/// <summary>The library itself, and how its error strings become faults.</summary>
static unsafe partial class Rocks
{
    const string Library = "rocksdb";

    static Rocks() => NativeLibraries.Use(typeof(Rocks).Assembly, Library, "librocksdb7.8", "librocksdb.so.7.8");

    [LibraryImport(Library)] private static partial void rocksdb_free(void* memory);

    /// <summary>Throws what <paramref name="error"/> says, if anything, and frees it. <paramref name="path"/> names the database for the reader.</summary>
    internal static void Check(byte* error, string path)
    {
        if (error != null) throw Fault(TakeString(error)!, path);
    }

    /// <summary>A malloc'd C string as a string; it is freed.</summary>
    internal static string? TakeString(byte* text)
    {
        if (text == null) return null;
        string copy = Marshal.PtrToStringUTF8((nint)text)!;
        rocksdb_free(text);
        return copy;
    }

    // RocksDB's status is only text at this interface: "<kind>: <details>". The kinds come from its Status::ToString.
    internal static VaultException Fault(string status, string path)
    {
        if (status.Contains("No space left", StringComparison.Ordinal) || status.Contains("disk quota exceeded", StringComparison.OrdinalIgnoreCase))
            return new StoreException($"the disk is full: the database {path} can't write", "free some space on that disk; nothing that was reported as stored is lost");
        // A file that the manifest names and the folder doesn't hold is damage too, whatever RocksDB calls it.
        if (status.StartsWith("Corruption", StringComparison.Ordinal) || status.Contains("No such file", StringComparison.Ordinal))
            return new CorruptDataException($"the database {path} is damaged: {status}");
        if (status.Contains("lock hold by current process", StringComparison.Ordinal) || status.Contains("lock file", StringComparison.OrdinalIgnoreCase))
            return new StoreException($"the database {path} is in use: {status}");
        return new StoreException($"the database {path} failed: {status}");
    }
}
