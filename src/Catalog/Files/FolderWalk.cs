using System.Text;

namespace Vault.Catalog;

/// <summary>A folder on its way through a walk: open for as long as something of it is in work.</summary>
sealed class WalkedFolder(FolderHandle handle, byte[] path, byte[] below, object note)
{
    public FolderHandle Handle => handle;

    /// <summary>Where it lies, from the root of the file system, as bytes.</summary>
    public byte[] Path => path;

    /// <summary>Where it lies below what the walk began with; empty for that itself.</summary>
    public byte[] Below => below;

    /// <summary>What the one who walks has noted of the folder when it was entered.</summary>
    public object Note => note;

    public static byte[] Join(ReadOnlySpan<byte> folder, ReadOnlySpan<byte> name)
    {
        if (folder.IsEmpty) return name.ToArray();
        return folder[^1] == (byte)'/' ? [.. folder, .. name] : [.. folder, (byte)'/', .. name];
    }
}

/// <summary>Something that stands in a folder. Its holder disposes it, so that the folder can be closed.</summary>
readonly struct WalkedEntry : IDisposable
{
    internal WalkedEntry(WalkedFolder folder, byte[] name, FileKind kind)
    {
        (Folder, Name, Kind) = (folder, name, kind);
        bool held = false;
        folder.Handle.DangerousAddRef(ref held);
    }

    public WalkedFolder Folder { get; }

    public byte[] Name { get; }

    /// <summary>As the folder says, which is a hint: a stat tells.</summary>
    public FileKind Kind { get; }

    public byte[] Below => WalkedFolder.Join(Folder.Below, Name);

    public byte[] Path => WalkedFolder.Join(Folder.Path, Name);

    public void Dispose() => Folder.Handle.DangerousRelease();
}

/// <summary>
/// What stands below a folder, everything once, folders before what is in them, in the order of the bytes of the names. Symlinks
/// are entries and are not followed. Memory is that of the names in the folders on the way down. For one caller at a time.
/// </summary>
sealed class FolderWalk : IDisposable
{
    /// <summary>As many as a path in a vault may have parts; what lies deeper couldn't be named there.</summary>
    public const int MaxDepth = 128;

    readonly Stack<(WalkedFolder Folder, FolderNames Names, int Next)> path = new();
    readonly Func<WalkedEntry, object?> enter;
    readonly Action<byte[], string> unreadable;

    /// <param name="root">Is closed when the walk has ended.</param>
    /// <param name="rootPath">Where it lies.</param>
    /// <param name="note">What to note of the root.</param>
    /// <param name="enter">What to note of a folder that was found; null to leave out what is in it.</param>
    /// <param name="unreadable">Told of each folder that can't be listed, and why.</param>
    public FolderWalk(FolderHandle root, byte[] rootPath, object note, Func<WalkedEntry, object?> enter, Action<byte[], string> unreadable)
    {
        this.enter = enter;
        this.unreadable = unreadable;
        Enter(new WalkedFolder(root, rootPath, [], note));
    }

    /// <summary>The next entry; null at the end.</summary>
    public WalkedEntry? Next()
    {
        while (path.TryPop(out (WalkedFolder Folder, FolderNames Names, int Next) here))
        {
            if (here.Next == here.Names.Count)
            {
                here.Folder.Handle.Dispose(); // entries that are in work keep it open
                continue;
            }
            byte[] name = here.Names[here.Next].ToArray();
            FileKind kind = here.Names.KindOf(here.Next);
            path.Push(here with { Next = here.Next + 1 });
            if (kind == FileKind.Other && here.Folder.Handle.Stat(name, out FileStat stat) == 0) kind = stat.Kind;
            WalkedEntry entry = new(here.Folder, name, kind);
            if (kind == FileKind.Folder && enter(entry) is { } note) Enter(entry, note);
            return entry;
        }
        return null;
    }

    void Enter(WalkedEntry entry, object note)
    {
        byte[] where = entry.Path;
        if (path.Count > MaxDepth)
        {
            unreadable(where, "it lies deeper than a path in a vault can");
            return;
        }
        int error = entry.Folder.Handle.OpenFolder(entry.Name, out FolderHandle? handle);
        if (error != 0) unreadable(where, Linux.Text(error));
        else Enter(new WalkedFolder(handle!, where, entry.Below, note));
    }

    void Enter(WalkedFolder folder)
    {
        int error = FolderNames.Read(folder.Handle, out FolderNames names);
        if (error != 0) unreadable(folder.Path, Linux.Text(error)); // what came before the error is walked
        path.Push((folder, names, 0));
    }

    public void Dispose()
    {
        while (path.TryPop(out (WalkedFolder Folder, FolderNames Names, int Next) here)) here.Folder.Handle.Dispose();
    }
}

/// <summary>A path on this machine as text for people: bytes that are no UTF-8, and control characters, as \xNN.</summary>
static class PathForPeople
{
    public static string Of(ReadOnlySpan<byte> path)
    {
        StringBuilder text = new(path.Length);
        while (!path.IsEmpty)
        {
            bool good = Rune.DecodeFromUtf8(path, out Rune rune, out int used) == System.Buffers.OperationStatus.Done && !Rune.IsControl(rune);
            if (good) text.Append(rune.ToString());
            else foreach (byte b in path[..used]) text.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\x{b:x2}");
            path = path[used..];
        }
        return text.ToString();
    }
}
