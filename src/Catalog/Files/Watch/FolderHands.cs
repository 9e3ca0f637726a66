using System.Globalization;
using System.Text;
using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>What became of a change to the folder.</summary>
enum Handled
{
    Done,

    /// <summary>Something else stands there than was thought: look again.</summary>
    Changed,

    /// <summary>Something must go first, or come first.</summary>
    Blocked,

    /// <summary>The content isn't here.</summary>
    Missing,

    /// <summary>The disk or the system refuses.</summary>
    Refused,
}

/// <summary>
/// Changes a watched folder. A file is written beside its place, made durable, and moved there whole. What is to be replaced or
/// removed is first moved aside and looked at there: what somebody wrote in the last moment goes back, and isn't overwritten.
/// </summary>
sealed class FolderHands(WatchedTree tree, BlockStore store, VaultTag vault, SmallFileReader small, RandomSource random)
{
    const long Small = 256 << 10;

    /// <summary>Why the last change was refused.</summary>
    public string Why { get; private set; } = "";

    /// <summary>Puts a version where it belongs.</summary>
    /// <param name="over">What may be replaced.</param>
    public async ValueTask<(Handled, FileStat)> PlaceAsync(VaultPath path, Entry entry, RecordKind kind, FileRef? content, BaseEntry? over, CancellationToken stop)
    {
        if (Open(path, make: true, out FolderHandle folder) is { } trouble) return (trouble, default);
        byte[] name = Encoding.UTF8.GetBytes(path.Name);
        try
        {
            if (over is { Base.Look.Kind: RecordKind.Folder } && kind == RecordKind.Folder) return SetFolder(folder, name, entry);
            if (over is { Base.Look.Kind: RecordKind.Folder })
            {
                if (folder.DeleteFolder(name) is var busy && busy != 0 && busy != Errno.Absent) return (busy is Errno.NotEmpty or Errno.Exists ? Handled.Blocked : Refuse(busy), default);
                tree.Forget(path);
                over = null;
            }
            if (kind == RecordKind.Folder)
            {
                if (over != null && TakeAway(folder, name, over) is var gone && gone != Handled.Done) return (gone, default);
                int error = folder.MakeFolder(name);
                return error == 0 ? SetFolder(folder, name, entry) : (error == Errno.Exists ? Handled.Changed : Refuse(error), default);
            }
            byte[] made = Name(TemporaryNames.New);
            (Handled written, FileStat stat) = kind == RecordKind.Symlink ? Link(folder, made, entry) : await WriteAsync(folder, made, entry, content, stop);
            if (written == Handled.Done) written = over is null ? MoveIn(folder, made, name) : Swap(folder, made, name, over);
            if (written != Handled.Done)
            {
                folder.DeleteFile(made);
                return (written, default);
            }
            // Its time of change is that of the move. Were anything else different, somebody has written to it since: then it is looked at again.
            return folder.Stat(name, out FileStat now) == 0 && now with { ChangedNs = stat.ChangedNs } == stat ? (Handled.Done, now) : (Handled.Done, stat);
        }
        finally
        {
            folder.DangerousRelease();
        }
    }

    /// <summary>Removes what stands at a name, if it is what it was.</summary>
    public Handled Clear(BaseEntry what)
    {
        if (Open(what.Name, make: false, out FolderHandle folder) is { } trouble) return trouble;
        byte[] name = Encoding.UTF8.GetBytes(what.Name.Name);
        try
        {
            if (what.Base.Look.Kind != RecordKind.Folder) return TakeAway(folder, name, what);
            int error = folder.DeleteFolder(name);
            if (error == 0) tree.Forget(what.Name);
            return error switch { 0 or Errno.Absent => Handled.Done, Errno.NotEmpty or Errno.Exists => Handled.Blocked, Errno.NotFolder => Handled.Changed, _ => Refuse(error) };
        }
        finally
        {
            folder.DangerousRelease();
        }
    }

    Handled? Open(VaultPath path, bool make, out FolderHandle folder) => tree.Hold(path.Parent, make, out folder, out _) switch
    {
        0 => null,
        Errno.NotFolder or Errno.TooManyLinks => Handled.Blocked, // a file or a link stands where its folder belongs: that has to go first
        Errno.Absent => Handled.Changed,
        WatchedTree.OtherDisk => Refused("a disk was mounted or unmounted above it"),
        var error => Refuse(error),
    };

    async ValueTask<(Handled, FileStat)> WriteAsync(FolderHandle folder, byte[] made, Entry entry, FileRef? content, CancellationToken stop)
    {
        if (content is not { } file) return (Refused("its record says nothing of its content"), default);
        int error = folder.CreateFile(made, out FileHandle? handle);
        if (error != 0) return (Refuse(error), default);
        using (handle)
        {
            try
            {
                error = await FillAsync(handle!, file, stop);
            }
            catch (CorruptDataException)
            {
                return (Handled.Missing, default); // not here, or damaged: then it is fetched again
            }
            if (error == 0) error = handle!.SetMode(entry.Mode & FileModes.OfFiles);
            if (error == 0) error = handle!.SetTime(entry.ModifiedNs);
            // After a power cut the name could else stand for nothing, and that would be taken for the user's edit.
            if (error == 0) error = handle!.Sync();
            FileStat stat = default;
            if (error == 0) error = handle!.Stat(out stat);
            return error == 0 ? (Handled.Done, stat) : (Refuse(error), default);
        }
    }

    async ValueTask<int> FillAsync(FileHandle made, FileRef file, CancellationToken stop)
    {
        if (file.Size <= Small)
        {
            using LeafContent? content = small.Read(file);
            if (content != null) return made.Write(content.Bytes.Span, 0);
        }
        try
        {
            await using FileReader reader = new(store, vault, file);
            await using OpenFileStream target = new(made, 0);
            await reader.CopyToAsync(target, stop);
            target.Finish();
            return 0;
        }
        catch (IOException refused) when (refused.HResult > 0)
        {
            return refused.HResult;
        }
    }

    (Handled, FileStat) Link(FolderHandle folder, byte[] made, Entry entry)
    {
        int error = folder.MakeSymlink(made, Encoding.UTF8.GetBytes(entry.Target ?? ""));
        if (error == 0) error = folder.SetLinkTime(made, entry.ModifiedNs);
        FileStat stat = default;
        if (error == 0) error = folder.Stat(made, out stat);
        return error == 0 ? (Handled.Done, stat) : (Refuse(error), default);
    }

    /// <summary>Its owner may always write into it here, or nothing could be kept in step below.</summary>
    (Handled, FileStat) SetFolder(FolderHandle folder, byte[] name, Entry entry)
    {
        int error = folder.OpenFolder(name, out FolderHandle? made);
        if (error != 0) return (error is Errno.Absent or Errno.NotFolder or Errno.TooManyLinks ? Handled.Changed : Refuse(error), default);
        using (made)
        {
            error = made!.SetSelf((entry.Mode | 0x1C0u) & FileModes.OfFolders, entry.ModifiedNs);
            FileStat stat = default;
            if (error == 0) error = made.Stat(out stat);
            return error == 0 ? (Handled.Done, stat) : (Refuse(error), default);
        }
    }

    Handled MoveIn(FolderHandle folder, byte[] made, byte[] name) => folder.MoveToFree(made, name) switch
    {
        0 => Handled.Done,
        Errno.Exists => Handled.Changed,
        var error => Refuse(error),
    };

    /// <summary>Puts the new in the place of the old at once, and looks at what came out.</summary>
    Handled Swap(FolderHandle folder, byte[] made, byte[] name, BaseEntry over)
    {
        if (folder.Stat(name, out FileStat there) != 0 || there != over.Stat) return Handled.Changed;
        byte[] aside = Name(TemporaryNames.Swap, name);
        int error = folder.MoveToFree(made, aside);
        if (error != 0) return Refuse(error);
        error = folder.Exchange(aside, name);
        if (error is Errno.Invalid or Errno.NotSupported) error = folder.Replace(aside, name); // a file system without it; the look above was the last
        else if (error == 0 && !IsStill(folder, aside, over))
        {
            error = folder.Exchange(aside, name);
            folder.DeleteFile(aside);
            return error == 0 ? Handled.Changed : Refuse(error);
        }
        if (error != 0)
        {
            folder.DeleteFile(aside);
            return error == Errno.Absent ? Handled.Changed : Refuse(error);
        }
        folder.DeleteFile(aside);
        return Handled.Done;
    }

    Handled TakeAway(FolderHandle folder, byte[] name, BaseEntry what)
    {
        int error = folder.Stat(name, out FileStat there);
        if (error == Errno.Absent) return Handled.Done;
        if (error != 0 || there != what.Stat) return Handled.Changed;
        byte[] aside = Name(TemporaryNames.Swap, name);
        error = folder.MoveToFree(name, aside);
        if (error == Errno.Absent) return Handled.Done;
        if (error != 0) return Refuse(error);
        if (IsStill(folder, aside, what))
        {
            error = folder.DeleteFile(aside);
            return error == 0 ? Handled.Done : Refuse(error);
        }
        if (folder.MoveToFree(aside, name) != 0) LeftBehind.Rescue(folder, aside);
        return Handled.Changed;
    }

    // A move changes no more of a file than its time of change.
    static bool IsStill(FolderHandle folder, byte[] aside, BaseEntry what) =>
        folder.Stat(aside, out FileStat out_) == 0 && out_ with { ChangedNs = what.Stat.ChangedNs } == what.Stat;

    /// <summary>With the name it came from, so that whoever finds it knows what it was.</summary>
    byte[] Name(string prefix, byte[]? of = null)
    {
        byte[] start = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{prefix}{random.NextUInt64():x16}-"));
        return of is null ? start[..^1] : [.. start, .. of[..Math.Min(of.Length, ZeroEnded.MaxName - start.Length)]];
    }

    Handled Refuse(int error) => Refused(error is Errno.NoSpace or Errno.Quota ? "the disk is full" : Linux.Text(error).ToLowerInvariant());

    Handled Refused(string why)
    {
        Why = why;
        return Handled.Refused;
    }
}
