using System.Runtime.InteropServices;

namespace Vault.Catalog;

/// <summary>
/// An open folder. Everything in it is reached by one name relative to it, and no symlink is ever followed: whoever swaps a
/// folder for a link while we work changes nothing about where we are. Calls return an error number, 0 for success.
/// </summary>
sealed unsafe class FolderHandle : SafeHandle
{
    FolderHandle(int descriptor) : base(-1, ownsHandle: true) => SetHandle(descriptor);

    public override bool IsInvalid => handle == -1;

    /// <summary>Opens a folder that the user named; symlinks on the way are the user's own.</summary>
    public static int Open(ReadOnlySpan<byte> path, out FolderHandle? folder)
    {
        folder = null;
        if (ZeroEnded.Path(path) is not { } ended) return Errno.Invalid;
        fixed (byte* p = ended) return Made(Linux.openat(Linux.AT_FDCWD, p, Linux.O_RDONLY | Linux.O_DIRECTORY | Linux.O_CLOEXEC, 0), out folder);
    }

    /// <summary>Opens a folder in this one; what isn't a folder, or is a symlink to one, is refused.</summary>
    public int OpenFolder(ReadOnlySpan<byte> name, out FolderHandle? folder)
    {
        folder = null;
        int descriptor = OpenAt(name, Linux.O_RDONLY | Linux.O_DIRECTORY | Linux.O_NOFOLLOW, 0);
        return descriptor < 0 ? -descriptor : Made(descriptor, out folder);
    }

    /// <summary>Opens the same folder once more, to list it from the beginning.</summary>
    public int OpenSelf(out FolderHandle? folder)
    {
        folder = null;
        int descriptor = OpenAt("."u8, Linux.O_RDONLY | Linux.O_DIRECTORY, 0);
        return descriptor < 0 ? -descriptor : Made(descriptor, out folder);
    }

    /// <summary>Opens a file for reading. A pipe that stands there meanwhile doesn't make us wait: look at its stat.</summary>
    public int OpenFile(ReadOnlySpan<byte> name, out FileHandle? file) =>
        FileHandle.Made(OpenAt(name, Linux.O_RDONLY | Linux.O_NOFOLLOW | Linux.O_NONBLOCK, 0), out file);

    /// <summary>Makes a file that nobody else may open yet; refused when anything at all stands at the name.</summary>
    public int CreateFile(ReadOnlySpan<byte> name, out FileHandle? file) =>
        FileHandle.Made(OpenAt(name, Linux.O_WRONLY | Linux.O_CREAT | Linux.O_EXCL | Linux.O_NOFOLLOW, 0x180), out file);

    public int Stat(ReadOnlySpan<byte> name, out FileStat stat) => With(name, out stat, static (int folder, ReadOnlySpan<byte> at, out FileStat found) => FileStat.Read(folder, at, out found));

    /// <summary>The folder itself.</summary>
    public int Stat(out FileStat stat) => Stat([], out stat);

    public int ReadLink(ReadOnlySpan<byte> name, out byte[] target)
    {
        byte[] buffer = new byte[4096]; // PATH_MAX
        nint length = 0;
        int error = Call(name, (folder, path) =>
        {
            fixed (byte* b = buffer) return (length = Linux.readlinkat(folder, path, b, (nuint)buffer.Length)) < 0 ? -1 : 0;
        });
        target = error == 0 ? buffer[..(int)length] : [];
        return error;
    }

    public int MakeSymlink(ReadOnlySpan<byte> name, ReadOnlySpan<byte> target)
    {
        if (ZeroEnded.Path(target) is not { } ended) return Errno.Invalid;
        return Call(name, (folder, path) =>
        {
            fixed (byte* t = ended) return Linux.symlinkat(t, folder, path);
        });
    }

    /// <summary>Makes a folder that only its owner may enter, until its mode is set.</summary>
    public int MakeFolder(ReadOnlySpan<byte> name) => Call(name, static (folder, path) => Linux.mkdirat(folder, path, 0x1C0));

    public int DeleteFile(ReadOnlySpan<byte> name) => Call(name, static (folder, path) => Linux.unlinkat(folder, path, 0));

    /// <summary>Deletes an empty folder.</summary>
    public int DeleteFolder(ReadOnlySpan<byte> name) => Call(name, static (folder, path) => Linux.unlinkat(folder, path, Linux.AT_REMOVEDIR));

    /// <summary>Moves two names of this folder into each other's place, at once.</summary>
    public int Exchange(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other) => Move(one, other, Linux.RENAME_EXCHANGE);

    /// <summary>Everything that was written to this file system is on the disk when it returns.</summary>
    public int SyncAll()
    {
        bool held = false;
        try
        {
            DangerousAddRef(ref held);
            return Linux.syncfs((int)handle) == 0 ? 0 : Linux.Error;
        }
        finally
        {
            if (held) DangerousRelease();
        }
    }

    /// <summary>Moves within this folder onto whatever file or symlink stands at <paramref name="to"/>.</summary>
    public int Replace(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to) => Move(from, to, 0);

    /// <summary>Moves within this folder unless something stands at <paramref name="to"/>.</summary>
    public int MoveToFree(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        int error = Move(from, to, Linux.RENAME_NOREPLACE);
        if (error is not (Errno.Invalid or Errno.NotSupported)) return error;
        // A file system without that promise: look first. The gap between look and move is as short as we can make it.
        return Stat(to, out _) == Errno.Absent ? Move(from, to, 0) : Errno.Exists;
    }

    /// <summary>Sets mode and time of the folder itself.</summary>
    public int SetSelf(uint mode, long modifiedNs)
    {
        bool held = false;
        try
        {
            DangerousAddRef(ref held);
            if (Linux.fchmod((int)handle, mode) != 0) return Linux.Error;
            long* times = stackalloc long[4];
            FileTimes.Write(times, modifiedNs);
            return Linux.futimens((int)handle, times) == 0 ? 0 : Linux.Error;
        }
        finally
        {
            if (held) DangerousRelease();
        }
    }

    /// <summary>Dates a symlink itself.</summary>
    public int SetLinkTime(ReadOnlySpan<byte> name, long modifiedNs) => Call(name, (folder, path) =>
    {
        long* times = stackalloc long[4];
        FileTimes.Write(times, modifiedNs);
        return Linux.utimensat(folder, path, times, Linux.AT_SYMLINK_NOFOLLOW);
    });

    /// <summary>Fills the buffer with the next entries, as getdents64 lays them out; 0 bytes at the end.</summary>
    internal int NextEntries(Span<byte> buffer, out int length)
    {
        bool held = false;
        length = 0;
        try
        {
            DangerousAddRef(ref held);
            nint read;
            fixed (byte* b = buffer) read = Linux.getdents64((int)handle, b, (nuint)buffer.Length);
            if (read < 0) return Linux.Error;
            length = (int)read;
            return 0;
        }
        finally
        {
            if (held) DangerousRelease();
        }
    }

    int Move(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, uint flags)
    {
        byte[] target = new byte[ZeroEnded.MaxName + 1];
        if (to.IsEmpty || !ZeroEnded.TryWrite(to, target)) return Errno.Invalid;
        return Call(from, (folder, path) =>
        {
            fixed (byte* t = target) return flags == 0 ? Linux.renameat(folder, path, folder, t) : Linux.renameat2(folder, path, folder, t, flags);
        });
    }

    /// <summary>The descriptor, or the error negated.</summary>
    int OpenAt(ReadOnlySpan<byte> name, int flags, uint mode)
    {
        Span<byte> path = stackalloc byte[ZeroEnded.MaxName + 1];
        if (name.IsEmpty || !ZeroEnded.TryWrite(name, path)) return -Errno.Invalid;
        bool held = false;
        try
        {
            DangerousAddRef(ref held);
            int descriptor;
            fixed (byte* p = path) descriptor = Linux.openat((int)handle, p, flags | Linux.O_CLOEXEC, mode);
            return descriptor < 0 ? -Linux.Error : descriptor;
        }
        finally
        {
            if (held) DangerousRelease();
        }
    }

    delegate int AtName(int folder, byte* path);

    int Call(ReadOnlySpan<byte> name, AtName call)
    {
        Span<byte> path = stackalloc byte[ZeroEnded.MaxName + 1];
        if (name.IsEmpty || !ZeroEnded.TryWrite(name, path)) return Errno.Invalid;
        bool held = false;
        try
        {
            DangerousAddRef(ref held);
            fixed (byte* p = path) return call((int)handle, p) == 0 ? 0 : Linux.Error;
        }
        finally
        {
            if (held) DangerousRelease();
        }
    }

    delegate int Look(int folder, ReadOnlySpan<byte> name, out FileStat stat);

    int With(ReadOnlySpan<byte> name, out FileStat stat, Look look)
    {
        bool held = false;
        try
        {
            DangerousAddRef(ref held);
            return look((int)handle, name, out stat);
        }
        finally
        {
            if (held) DangerousRelease();
        }
    }

    static int Made(int descriptor, out FolderHandle? folder)
    {
        folder = descriptor < 0 ? null : new FolderHandle(descriptor);
        return descriptor < 0 ? Linux.Error : 0;
    }

    protected override bool ReleaseHandle() => Linux.close((int)handle) == 0;
}
