using System.Runtime.InteropServices;

namespace Vault.Catalog;

/// <summary>
/// The few calls of the C library that the base class library doesn't offer or makes lossy: names as the bytes they are, and
/// everything relative to an open folder, so that no name is looked up twice. C names kept. Linux only.
/// </summary>
static unsafe partial class Linux
{
    // The C library numbers some flags by processor.
    static readonly bool arm = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;

    public const int AT_FDCWD = -100;
    public const int AT_SYMLINK_NOFOLLOW = 0x100;
    public const int AT_EMPTY_PATH = 0x1000;

    public const int O_RDONLY = 0, O_WRONLY = 1, O_CREAT = 0x40, O_EXCL = 0x80, O_NONBLOCK = 0x800, O_CLOEXEC = 0x80000;
    public static readonly int O_DIRECTORY = arm ? 0x4000 : 0x10000;
    public static readonly int O_NOFOLLOW = arm ? 0x8000 : 0x20000;

    public const uint STATX_BASIC_STATS = 0x7ff;
    public const long UTIME_NOW = (1L << 30) - 1;
    public const long UTIME_OMIT = (1L << 30) - 2;

    /// <summary>The error of the last call on this thread.</summary>
    public static int Error => Marshal.GetLastPInvokeError();

    public static string Text(int error) => Marshal.GetPInvokeErrorMessage(error);

    [LibraryImport("libc", SetLastError = true)] public static partial int openat(int folder, byte* path, int flags, uint mode);
    [LibraryImport("libc", SetLastError = true)] public static partial int close(int descriptor);
    [LibraryImport("libc", SetLastError = true)] public static partial nint getdents64(int folder, byte* entries, nuint size);
    [LibraryImport("libc", SetLastError = true)] public static partial int statx(int folder, byte* path, int flags, uint mask, byte* result);
    [LibraryImport("libc", SetLastError = true)] public static partial nint read(int descriptor, byte* buffer, nuint count);
    [LibraryImport("libc", SetLastError = true)] public static partial nint pread(int descriptor, byte* buffer, nuint count, long offset);
    [LibraryImport("libc", SetLastError = true)] public static partial nint pwrite(int descriptor, byte* buffer, nuint count, long offset);
    [LibraryImport("libc", SetLastError = true)] public static partial int ftruncate(int descriptor, long length);
    [LibraryImport("libc", SetLastError = true)] public static partial nint readlinkat(int folder, byte* path, byte* buffer, nuint size);
    [LibraryImport("libc", SetLastError = true)] public static partial int symlinkat(byte* target, int folder, byte* path);
    [LibraryImport("libc", SetLastError = true)] public static partial int mkdirat(int folder, byte* path, uint mode);
    [LibraryImport("libc", SetLastError = true)] public static partial int unlinkat(int folder, byte* path, int flags);
    [LibraryImport("libc", SetLastError = true)] public static partial int renameat(int fromFolder, byte* from, int toFolder, byte* to);
    [LibraryImport("libc", SetLastError = true)] public static partial int renameat2(int fromFolder, byte* from, int toFolder, byte* to, uint flags);
    [LibraryImport("libc", SetLastError = true)] public static partial int fsync(int descriptor);
    [LibraryImport("libc", SetLastError = true)] public static partial int syncfs(int descriptor);
    [LibraryImport("libc", SetLastError = true)] public static partial int fchmod(int descriptor, uint mode);
    [LibraryImport("libc", SetLastError = true)] public static partial int futimens(int descriptor, long* times);
    [LibraryImport("libc", SetLastError = true)] public static partial int utimensat(int folder, byte* path, long* times, int flags);

    public const uint RENAME_NOREPLACE = 1, RENAME_EXCHANGE = 2;
    public const int AT_REMOVEDIR = 0x200;

    [LibraryImport("libc", SetLastError = true)] public static partial int inotify_init1(int flags);
    [LibraryImport("libc", SetLastError = true)] public static partial int inotify_add_watch(int descriptor, byte* path, uint mask);
    [LibraryImport("libc", SetLastError = true)] public static partial int inotify_rm_watch(int descriptor, int watch);
    [LibraryImport("libc", SetLastError = true)] public static partial int eventfd(uint initial, int flags);
    [LibraryImport("libc", SetLastError = true)] public static partial nint write(int descriptor, byte* buffer, nuint count);
    [LibraryImport("libc", SetLastError = true)] public static partial int poll(PollEntry* entries, nuint count, int milliseconds);

    public struct PollEntry
    {
        public int Descriptor;
        public short Wanted, Got;
    }

    public const short POLLIN = 1;
}

/// <summary>The errors that something is decided by.</summary>
static class Errno
{
    public const int None = 0, Absent = 2, Interrupted = 4, Denied = 13, Exists = 17, NotFolder = 20, IsFolder = 21, Invalid = 22, NoSpace = 28, NotEmpty = 39,
        NotSupported = 38, TooManyLinks = 40, Quota = 122;
}
