using System.Runtime.InteropServices;
using System.Text;

namespace Vault.Catalog;

/// <summary>What happened to a name in a folder that is listened to.</summary>
[Flags]
enum FolderEvent : uint
{
    Modified = 0x2,
    Attributes = 0x4,
    Closed = 0x8,
    MovedAway = 0x40,
    MovedHere = 0x80,
    Made = 0x100,
    Deleted = 0x200,
    FolderGone = 0x400,

    /// <summary>The kernel couldn't keep up with itself: some events are lost.</summary>
    Overflow = 0x4000,

    /// <summary>Nothing more comes from that watch.</summary>
    Ended = 0x8000,
    IsFolder = 0x40000000,
}

/// <summary>
/// The kernel's own notice of changes in folders. .NET's FileSystemWatcher stands on the same and doesn't tell when a file that
/// was written is closed, which is when it is worth reading, nor which watches it couldn't get. Folders are named by open handles,
/// so that no path is looked up twice.
/// </summary>
sealed unsafe class Inotify : IDisposable
{
    const int CloseOnExec = 0x80000;
    const uint OnlyFolders = 0x01000000, NotUnlinked = 0x04000000;
    const uint Wanted = (uint)(FolderEvent.Modified | FolderEvent.Attributes | FolderEvent.Closed | FolderEvent.MovedAway | FolderEvent.MovedHere | FolderEvent.Made | FolderEvent.Deleted | FolderEvent.FolderGone);
    const int HeadSize = 16; // watch, mask, cookie, length of the name: 4 bytes each

    readonly int events, wake;
    bool disposed;

    Inotify(int events, int wake) => (this.events, this.wake) = (events, wake);

    /// <summary>Null when this user has as many as the system allows.</summary>
    public static Inotify? TryOpen()
    {
        int events = Linux.inotify_init1(CloseOnExec);
        if (events < 0) return null;
        int wake = Linux.eventfd(0, CloseOnExec);
        if (wake >= 0) return new Inotify(events, wake);
        Linux.close(events);
        return null;
    }

    /// <summary>Listens to a folder; the same number for the same folder, wherever it was moved.</summary>
    public int Watch(FolderHandle folder, out int watch)
    {
        bool held = false;
        try
        {
            folder.DangerousAddRef(ref held);
            byte[] path = Encoding.ASCII.GetBytes($"/proc/self/fd/{folder.DangerousGetHandle()}\0");
            fixed (byte* p = path) watch = Linux.inotify_add_watch(events, p, Wanted | OnlyFolders | NotUnlinked);
            return watch < 0 ? Linux.Error : 0;
        }
        finally
        {
            if (held) folder.DangerousRelease();
        }
    }

    public void Forget(int watch) => _ = Linux.inotify_rm_watch(events, watch);

    /// <summary>Waits for events and hands each on, for as long as nobody calls <see cref="End"/>.</summary>
    public void Listen(Action<int, FolderEvent, byte[]> heard)
    {
        byte[] buffer = new byte[64 << 10];
        Linux.PollEntry* entries = stackalloc Linux.PollEntry[2];
        entries[0] = new Linux.PollEntry { Descriptor = events, Wanted = Linux.POLLIN };
        entries[1] = new Linux.PollEntry { Descriptor = wake, Wanted = Linux.POLLIN };
        while (true)
        {
            if (Linux.poll(entries, 2, -1) < 0)
            {
                if (Linux.Error == Errno.Interrupted) continue;
                return;
            }
            if (entries[1].Got != 0) return;
            nint length;
            fixed (byte* b = buffer) length = Linux.read(events, b, (nuint)buffer.Length);
            if (length < 0 && Linux.Error != Errno.Interrupted) return;
            for (ReadOnlySpan<byte> rest = buffer.AsSpan(0, (int)Math.Max(length, 0)); !rest.IsEmpty;)
            {
                int size = HeadSize + MemoryMarshal.Read<int>(rest[12..]);
                ReadOnlySpan<byte> name = rest[HeadSize..size];
                int end = name.IndexOf((byte)0);
                heard(MemoryMarshal.Read<int>(rest), (FolderEvent)MemoryMarshal.Read<uint>(rest[4..]), (end < 0 ? name : name[..end]).ToArray());
                rest = rest[size..];
            }
        }
    }

    /// <summary>Ends listening.</summary>
    public void End()
    {
        ulong one = 1;
        _ = Linux.write(wake, (byte*)&one, sizeof(ulong));
    }

    /// <summary>After listening has ended.</summary>
    public void Dispose()
    {
        if (disposed) return;
        disposed = true;
        _ = Linux.close(events);
        _ = Linux.close(wake);
    }
}
