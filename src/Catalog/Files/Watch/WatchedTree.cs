using System.Text;
using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>
/// A watched folder while it is worked on: opened once, its marker seen, and every folder in it reached from the one above by a name
/// that must be a folder and no symlink. Whatever is mounted, moved or swapped outside meanwhile changes nothing about where we are.
/// For any thread.
/// </summary>
sealed class WatchedTree : IDisposable
{
    /// <summary>What a folder below shows that another file system begins there, or ended, since it was last in step.</summary>
    public const int OtherDisk = -1;

    const int MostOpen = 512;

    readonly Lock gate = new();
    readonly FolderHandle root;
    readonly Func<VaultPath, BaseEntry?> known;
    readonly HashSet<(ulong, ulong)> own;
    readonly Dictionary<string, (FolderHandle Handle, ulong Device)> open = new(StringComparer.Ordinal);

    WatchedTree(FolderHandle root, ulong device, Func<VaultPath, BaseEntry?> known, HashSet<(ulong, ulong)> own)
    {
        (this.root, this.known, this.own) = (root, known, own);
        Device = device;
    }

    public ulong Device { get; }

    public FolderHandle Root => root;

    /// <summary>Takes changes of what is mounted where for meant.</summary>
    public bool AcceptsMounts { get; init; }

    /// <summary>Null, with the reason, when the folder isn't there or isn't the one that it was.</summary>
    /// <param name="known">What a folder last showed.</param>
    /// <param name="own">Folders that are left out: where this program keeps the vaults themselves.</param>
    public static WatchedTree? TryOpen(string path, Hash16 watch, Func<VaultPath, BaseEntry?> known, HashSet<(ulong, ulong)> own, bool acceptsMounts, out string why)
    {
        int error = FolderHandle.Open(Encoding.UTF8.GetBytes(path), out FolderHandle? root);
        if (error != 0)
        {
            why = error == Errno.Absent ? "it isn't there: is its disk mounted?" : $"it can't be opened: {Linux.Text(error).ToLowerInvariant()}";
            return null;
        }
        string? fault = WatchMarker.FaultIn(root!, watch);
        if (fault != null || root!.Stat(out FileStat stat) != 0)
        {
            root!.Dispose();
            why = fault ?? "it can't be looked at";
            return null;
        }
        why = "";
        return new WatchedTree(root, stat.Device, known, own) { AcceptsMounts = acceptsMounts };
    }

    /// <summary>Holds the folder that something lies in. The caller releases what it got.</summary>
    /// <param name="make">Makes those that aren't there.</param>
    public int Hold(VaultPath? path, bool make, out FolderHandle folder, out ulong device)
    {
        lock (gate)
        {
            folder = root;
            device = Device;
            int error = path is null ? 0 : Find(path, make, out folder, out device);
            if (error == 0)
            {
                bool held = false;
                folder.DangerousAddRef(ref held);
            }
            return error;
        }
    }

    public bool IsOwn(in FileStat stat) => own.Contains((stat.Device, stat.Inode));

    int Find(VaultPath path, bool make, out FolderHandle folder, out ulong device)
    {
        if (open.TryGetValue(path.Text, out (FolderHandle Handle, ulong Device) found))
        {
            (folder, device) = found;
            return 0;
        }
        if (open.Count >= MostOpen) CloseAll();
        FolderHandle above = root;
        ulong deviceAbove = Device;
        folder = root;
        device = Device;
        if (path.Parent is { } parent && Find(parent, make, out above, out deviceAbove) is var failed && failed != 0) return failed;
        byte[] name = Encoding.UTF8.GetBytes(path.Name);
        int error = above.OpenFolder(name, out FolderHandle? handle);
        BaseEntry? before = known(path) is { Base.Look.Kind: RecordKind.Folder } entry ? entry : null;
        if (error == Errno.Absent && before is { IsMount: true } && !AcceptsMounts) return OtherDisk;
        if (error == Errno.Absent && make)
        {
            error = above.MakeFolder(name);
            if (error is 0 or Errno.Exists) error = above.OpenFolder(name, out handle);
        }
        if (error != 0) return error;
        error = handle!.Stat(out FileStat stat);
        if (error == 0 && IsOwn(stat)) error = Errno.Denied;
        if (error == 0 && before != null && before.IsMount != (stat.Device != deviceAbove) && !AcceptsMounts) error = OtherDisk;
        if (error != 0)
        {
            handle.Dispose();
            return error;
        }
        open.Add(path.Text, (handle, stat.Device));
        (folder, device) = (handle, stat.Device);
        return 0;
    }

    void CloseAll()
    {
        foreach ((FolderHandle handle, _) in open.Values) handle.Dispose(); // who holds one keeps it open
        open.Clear();
    }

    /// <summary>What is open of a folder that was replaced is of another one.</summary>
    public void Forget(VaultPath path)
    {
        lock (gate)
            foreach (string text in open.Keys.Where(text => text == path.Text || text.StartsWith(path.Text + "/", StringComparison.Ordinal)).ToList())
            {
                open[text].Handle.Dispose();
                open.Remove(text);
            }
    }

    public void Dispose()
    {
        lock (gate)
        {
            CloseAll();
            root.Dispose();
        }
    }
}
