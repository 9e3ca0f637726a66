using System.Runtime.InteropServices;

namespace Vault.Primitives;

/// <summary>
/// Folders whose names survive a power cut. A name that was made, moved or removed is durable once the folder it stands in is
/// synced; syncing what it names is not enough.
/// </summary>
public static partial class DurableFolder
{
    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Makes the folder, and those above it that are missing, so that only their owner may enter, and syncs their names.</summary>
    public static void Create(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        string? above = Path.GetDirectoryName(full);
        bool isNew = !Directory.Exists(full);
        if (isNew && above != null && !Directory.Exists(above)) Create(above);
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(full); // there the user's profile is private by its own rules
        else Directory.CreateDirectory(full, OwnerOnly);
        if (above is null) return;
        try
        {
            Sync(above); // also of a folder that exists: who made it may have been killed before this line
        }
        catch (IOException) when (!isNew)
        {
            // Another's folder, that we may enter and not read, holds a folder that was made for us: its owner's affair.
        }
    }

    /// <summary>Moves a file or folder within one file system to a name that is free; durable when it returns.</summary>
    public static void Move(string from, string to)
    {
        string above = Path.GetDirectoryName(Path.GetFullPath(to))!, old = Path.GetDirectoryName(Path.GetFullPath(from))!;
        Directory.Move(from, to);
        Sync(above);
        if (old != above) Sync(old);
    }

    /// <summary>Makes every name in the folder durable as it is now.</summary>
    public static void Sync(string folder)
    {
        // The base class library opens no folders, so the C library does. Elsewhere a rename is durable, or nothing can be done.
        if (!OperatingSystem.IsLinux()) return;
        int descriptor = open(folder, 0);
        bool synced = descriptor >= 0 && fsync(descriptor) == 0;
        int error = synced ? 0 : Marshal.GetLastPInvokeError();
        if (descriptor >= 0) _ = close(descriptor);
        if (!synced) throw new IOException($"can't sync {folder}: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] private static partial int open(string path, int flags);
    [LibraryImport("libc", SetLastError = true)] private static partial int fsync(int descriptor);
    [LibraryImport("libc")] private static partial int close(int descriptor);
}
