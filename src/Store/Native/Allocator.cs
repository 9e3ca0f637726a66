using System.Runtime.InteropServices;

namespace Vault.Store.Native;

/// <summary>The C library's allocator, from which RocksDB has all its memory.</summary>
static partial class Allocator
{
    [LibraryImport("libc")] private static partial int malloc_trim(nuint keep);

    /// <summary>What was freed goes back to the system: by itself it stays with the thread that had it, as much as there ever was.</summary>
    public static void GiveBack()
    {
        try
        {
            _ = malloc_trim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // Only glibc has it, and only glibc needs it.
        }
    }
}
