using System.Runtime.InteropServices;

namespace Vault.Catalog;

/// <summary>An open file, read or written at an offset. Calls return an error number, 0 for success.</summary>
sealed unsafe class FileHandle : SafeHandle
{
    FileHandle(int descriptor) : base(-1, ownsHandle: true) => SetHandle(descriptor);

    public override bool IsInvalid => handle == -1;

    internal static int Made(int descriptor, out FileHandle? file)
    {
        file = descriptor < 0 ? null : new FileHandle(descriptor);
        return descriptor < 0 ? -descriptor : 0;
    }

    public int Stat(out FileStat stat)
    {
        using Use use = new(this);
        return FileStat.Read(use.Descriptor, [], out stat);
    }

    /// <summary>Reads what is there at once, at most all of the buffer; 0 bytes at the end of the file.</summary>
    public int Read(Span<byte> buffer, long offset, out int length)
    {
        using Use use = new(this);
        nint read;
        do
        {
            fixed (byte* b = buffer) read = Linux.pread(use.Descriptor, b, (nuint)buffer.Length, offset);
        }
        while (read < 0 && Linux.Error == Errno.Interrupted);
        length = (int)Math.Max(read, 0);
        return read < 0 ? Linux.Error : 0;
    }

    public int Write(ReadOnlySpan<byte> content, long offset)
    {
        using Use use = new(this);
        while (!content.IsEmpty)
        {
            nint written;
            fixed (byte* c = content) written = Linux.pwrite(use.Descriptor, c, (nuint)content.Length, offset);
            if (written < 0 && Linux.Error == Errno.Interrupted) continue;
            if (written < 0) return Linux.Error;
            content = content[(int)written..];
            offset += written;
        }
        return 0;
    }

    public int SetLength(long length)
    {
        using Use use = new(this);
        return Linux.ftruncate(use.Descriptor, length) == 0 ? 0 : Linux.Error;
    }

    /// <summary>What was written is on the disk when it returns.</summary>
    public int Sync()
    {
        using Use use = new(this);
        return Linux.fsync(use.Descriptor) == 0 ? 0 : Linux.Error;
    }

    public int SetMode(uint mode)
    {
        using Use use = new(this);
        return Linux.fchmod(use.Descriptor, mode) == 0 ? 0 : Linux.Error;
    }

    public int SetTime(long modifiedNs)
    {
        using Use use = new(this);
        long* times = stackalloc long[4];
        FileTimes.Write(times, modifiedNs);
        return Linux.futimens(use.Descriptor, times) == 0 ? 0 : Linux.Error;
    }

    protected override bool ReleaseHandle() => Linux.close((int)handle) == 0;

    /// <summary>The descriptor for the length of a call, so that nobody closes it meanwhile.</summary>
    readonly ref struct Use
    {
        readonly FileHandle file;
        readonly bool held;

        public Use(FileHandle file)
        {
            this.file = file;
            file.DangerousAddRef(ref held);
        }

        public int Descriptor => (int)file.handle;

        public void Dispose()
        {
            if (held) file.DangerousRelease();
        }
    }
}

static unsafe class FileTimes
{
    /// <summary>Two timespecs: the time of access left alone, the time of change as given. Nanoseconds count forward, also before 1970.</summary>
    public static void Write(long* times, long modifiedNs)
    {
        (times[0], times[1]) = (0, Linux.UTIME_OMIT);
        long nanoseconds = (modifiedNs % 1_000_000_000 + 1_000_000_000) % 1_000_000_000;
        (times[2], times[3]) = ((modifiedNs - nanoseconds) / 1_000_000_000, nanoseconds);
    }
}
