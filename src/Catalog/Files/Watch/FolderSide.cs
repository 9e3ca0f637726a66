using System.Text;
using Vault.Blocks;

namespace Vault.Catalog;

/// <summary>What a look at a name in the folder told.</summary>
/// <param name="File">How to read its content, if it was read.</param>
/// <param name="Again">It can be told later.</param>
/// <param name="Problem">Why it can't be told, for the user.</param>
sealed record Sight(Found Found, FileStat Stat, bool IsSettled, bool IsMount, FileRef? File = null, SourceStamp? Source = null, bool Again = false, string? Problem = null)
{
    public static Sight Unknown(VaultPath name, string? problem, bool again) => new(new Found(name, null, IsUnknown: true), default, false, false, Again: again, Problem: problem);
}

/// <summary>Looks at names in a watched folder. What is as it was when it was last in step isn't opened; what else is a file is read and stored. For any thread.</summary>
/// <param name="exact">Names that differ in case are one on this disk: a name counts only where the folder lists it so.</param>
sealed class FolderSide(WatchedTree tree, FileIntake intake, WriteSession session, TimeProvider time, bool exact)
{
    /// <summary>A file so large that changed a moment ago is likely to change again: reading it then would be for nothing.</summary>
    const long Large = 8 << 20;

    const long LargeRestsNs = 400_000_000;

    public async ValueTask<Sight> LookAsync(VaultPath path, BaseEntry? before, CancellationToken stop)
    {
        int error = tree.Hold(path.Parent, make: false, out FolderHandle folder, out ulong device);
        switch (error)
        {
            case 0: break;
            case Errno.Absent or Errno.NotFolder or Errno.TooManyLinks: return Nothing(path); // what stands where its folder was is looked at by itself
            case WatchedTree.OtherDisk: return Sight.Unknown(path, "a disk was mounted or unmounted above it", again: false);
            default: return Sight.Unknown(path, $"its folder can't be opened: {Lower(error)}", again: false);
        }
        try
        {
            byte[] name = Encoding.UTF8.GetBytes(path.Name);
            error = folder.Stat(name, out FileStat stat);
            if (error == Errno.Absent || (error == 0 && exact && !Lists(folder, name))) return before is { IsMount: true } && !tree.AcceptsMounts ? Sight.Unknown(path, "its disk was unmounted", again: false) : Nothing(path);
            if (error != 0) return Sight.Unknown(path, Lower(error), again: false);
            if (before is { IsSettled: true } && before.Stat == stat && stat.Kind != FileKind.Folder) return Same(before, stat);
            return stat.Kind switch
            {
                FileKind.Folder => FolderSight(path, stat, before, device),
                FileKind.File => await FileSightAsync(path, folder, name, stat, before, stop),
                FileKind.Symlink => SymlinkSight(path, folder, name, stat),
                _ => Sight.Unknown(path, stat.Kind switch { FileKind.Pipe => "it is a pipe", FileKind.Socket => "it is a socket", _ => "it is no file" }, again: false),
            };
        }
        finally
        {
            folder.DangerousRelease();
        }
    }

    static Sight Nothing(VaultPath path) => new(new Found(path, null), default, true, false);

    static Sight Same(BaseEntry before, FileStat stat) => new(new Found(before.Name, before.Base.Look), stat, true, before.IsMount);

    Sight FolderSight(VaultPath path, FileStat stat, BaseEntry? before, ulong above)
    {
        if (tree.IsOwn(stat)) return Sight.Unknown(path, "vault keeps its own data there", again: false);
        bool mount = stat.Device != above;
        if (before is { Base.Look.Kind: RecordKind.Folder } && before.IsMount != mount && !tree.AcceptsMounts) return Sight.Unknown(path, mount ? "a disk was mounted over it" : "its disk was unmounted", again: false);
        return new Sight(new Found(path, new Look(RecordKind.Folder, null, ModeOf(stat, before, RecordKind.Folder), null)), stat, true, mount);
    }

    async ValueTask<Sight> FileSightAsync(VaultPath path, FolderHandle folder, byte[] name, FileStat stat, BaseEntry? before, CancellationToken stop)
    {
        if (stat.Size >= Large && Clock.Nanoseconds(time) - Math.Max(stat.ChangedNs, stat.ModifiedNs) is >= 0 and < LargeRestsNs) return Sight.Unknown(path, null, again: true);
        using WalkedEntry entry = new(new WalkedFolder(folder, Encoding.UTF8.GetBytes(path.Parent?.Text ?? ""), [], ""), name, FileKind.File);
        (int error, TakenFile taken) = await intake.TakeAsync(entry, stat, session, stop);
        return error switch
        {
            0 when taken.Torn => Sight.Unknown(path, null, again: true),
            0 => new Sight(new Found(path, new Look(RecordKind.File, taken.File.Root, ModeOf(taken.Stat, before, RecordKind.File), null)), taken.Stat, taken.Settled, false, taken.File, taken.Source),
            Errno.Absent or Errno.TooManyLinks or Errno.Invalid or Errno.NotFolder or Errno.Interrupted => Sight.Unknown(path, null, again: true), // it went, or something else came
            _ => Sight.Unknown(path, Lower(error), again: false),
        };
    }

    static Sight SymlinkSight(VaultPath path, FolderHandle folder, byte[] name, FileStat stat)
    {
        int error = folder.ReadLink(name, out byte[] target);
        if (error != 0) return Sight.Unknown(path, null, again: true);
        if (!System.Text.Unicode.Utf8.IsValid(target) || target.Length > EntryLimits.Target) return Sight.Unknown(path, "where it points can't be written down", again: false);
        return new Sight(new Found(path, new Look(RecordKind.Symlink, null, 0, Encoding.UTF8.GetString(target))), stat, true, false);
    }

    /// <summary>A disk may not hold every mode; what it made of one when it was written isn't the user's doing.</summary>
    static ushort ModeOf(FileStat stat, BaseEntry? before, RecordKind kind) =>
        before is { } known && known.Base.Look.Kind == kind && known.Stat.Mode == stat.Mode ? known.Base.Look.Mode : (ushort)stat.Mode;

    static bool Lists(FolderHandle folder, byte[] name)
    {
        if (folder.OpenSelf(out FolderHandle? again) != 0) return true;
        using (again)
        {
            FolderNames.Read(again!, out FolderNames names);
            for (int i = 0; i < names.Count; i++)
                if (names[i].SequenceEqual(name)) return true;
            return false;
        }
    }

    static string Lower(int error) => Linux.Text(error).ToLowerInvariant();
}
