using System.Text;
using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>Puts one file or symlink after the other where it belongs. For any thread.</summary>
sealed class FilePlacement(BlockStore store, VaultTag vault, SmallFileReader small, TargetFolders folders, bool force, TransferMeter meter, SkipList skips)
{
    /// <summary>Up to here a file is likely one block, which is opened and written at once.</summary>
    const long Small = 256 << 10;

    long files, bytes, symlinks, unchanged;

    public long Files => files;
    public long Bytes => bytes;
    public long Symlinks => symlinks;
    public long Unchanged => unchanged;

    public void Skip(ExportItem item, SkipReason reason, string detail) => skips.Add(PathForPeople.Of(Encoding.UTF8.GetBytes(item.Path?.Text ?? item.Below)), reason, detail);

    public async ValueTask PlaceAsync(ExportItem item, CancellationToken stop)
    {
        int slash = item.Below.LastIndexOf('/');
        if (folders.Hold(slash < 0 ? "" : item.Below[..slash], out HeldFolder folder) is { } refusal)
        {
            Skip(item, refusal.Reason, refusal.Detail);
            return;
        }
        using (folder)
        {
            byte[] name = Encoding.UTF8.GetBytes(item.Below[(slash + 1)..]);
            try
            {
                Refusal? problem = item.Read() is { Entry: { } entry } head
                    ? item.Kind == RecordKind.Symlink ? PlaceSymlink(folder, name, entry) : await PlaceFileAsync(folder, name, entry, entry.File(head.Record), stop)
                    : new Refusal(SkipReason.Missing, "its record is damaged, or was replaced meanwhile");
                if (problem is { } said) Skip(item, said.Reason, said.Detail);
            }
            catch (CorruptDataException fault)
            {
                Skip(item, SkipReason.Missing, fault.Message);
            }
        }
    }

    async ValueTask<Refusal?> PlaceFileAsync(HeldFolder folder, byte[] name, Entry entry, FileRef? content, CancellationToken stop)
    {
        if (content is not { } file) return new Refusal(SkipReason.Missing, "its record says nothing of its content");
        bool replaces = false;
        if (!folder.IsNew && folder.Handle.Stat(name, out FileStat there) is var error && error != Errno.Absent)
        {
            if (error != 0) return Refusal.Of(error);
            if (there.Kind == FileKind.Folder) return new Refusal(SkipReason.InTheWay, "a folder stands in its place");
            if (there.Kind == FileKind.File && there.Size == file.Size
                && (there.ModifiedNs == entry.ModifiedNs || await HoldsAsync(folder.Handle, name, file, stop)))
                return Keep(folder.Handle, name, there, entry);
            if (!force) return new Refusal(SkipReason.WouldOverwrite, "a file that differs is there");
            replaces = true;
        }
        byte[] temporary = folders.TemporaryName();
        error = folder.Handle.CreateFile(temporary, out FileHandle? made);
        if (error != 0) return Refusal.Of(error);
        bool placed = false;
        try
        {
            using (made)
            {
                if (await WriteAsync(made!, file, stop) is var failure && failure != 0) return Refusal.Of(failure);
                error = made!.SetMode(entry.Mode & FileModes.OfFiles);
                if (error == 0) error = made.SetTime(entry.ModifiedNs);
                if (error != 0) return Refusal.Of(error);
            }
            if (Move(folder.Handle, temporary, name, replaces) is { } refusal) return refusal;
            placed = true;
        }
        finally
        {
            if (!placed) folder.Handle.DeleteFile(temporary);
        }
        Count(file.Size);
        return null;
    }

    async ValueTask<int> WriteAsync(FileHandle made, FileRef file, CancellationToken stop)
    {
        if (file.Size <= Small)
        {
            using LeafContent? content = small.Read(file);
            if (content != null)
            {
                int error = made.Write(content.Bytes.Span, 0);
                meter.Add(0, content.Bytes.Length);
                return error;
            }
        }
        try
        {
            await using FileReader reader = new(store, vault, file);
            await using OpenFileStream target = new(made, 0, moved => meter.Add(0, moved));
            await reader.CopyToAsync(target, stop);
            target.Finish();
            return 0;
        }
        catch (IOException refused) when (refused.HResult > 0)
        {
            return refused.HResult;
        }
    }

    /// <summary>Whether a file that is there, of the same length, has the same content.</summary>
    async ValueTask<bool> HoldsAsync(FolderHandle folder, byte[] name, FileRef file, CancellationToken stop)
    {
        if (folder.OpenFile(name, out FileHandle? there) != 0) return false;
        using (there)
        {
            await using FileReader reader = new(store, vault, file);
            byte[] mine = new byte[64 << 10], theirs = new byte[64 << 10];
            long at = 0;
            while (await reader.ReadAsync(mine, stop) is > 0 and var length)
            {
                if (there!.Read(theirs.AsSpan(0, length), at, out int read) != 0 || read != length || !mine.AsSpan(0, length).SequenceEqual(theirs.AsSpan(0, length))) return false;
                at += length;
            }
            return there!.Read(theirs, at, out int more) == 0 && more == 0;
        }
    }

    /// <summary>Leaves the content that is there, and gives it the mode and time that belong to it.</summary>
    Refusal? Keep(FolderHandle folder, byte[] name, FileStat there, Entry entry)
    {
        if (there.Mode != (entry.Mode & FileModes.OfFiles) || there.ModifiedNs != entry.ModifiedNs)
        {
            int error = folder.OpenFile(name, out FileHandle? file);
            if (error != 0) return Refusal.Of(error);
            using (file)
            {
                error = file!.SetMode(entry.Mode & FileModes.OfFiles);
                if (error == 0) error = file.SetTime(entry.ModifiedNs);
                if (error != 0) return Refusal.Of(error);
            }
        }
        Interlocked.Increment(ref unchanged);
        meter.Add(0, there.Size);
        Count(there.Size);
        return null;
    }

    Refusal? PlaceSymlink(HeldFolder folder, byte[] name, Entry entry)
    {
        byte[] target = Encoding.UTF8.GetBytes(entry.Target ?? "");
        bool replaces = false;
        if (!folder.IsNew && folder.Handle.Stat(name, out FileStat there) == 0)
        {
            if (there.Kind == FileKind.Symlink && folder.Handle.ReadLink(name, out byte[] current) == 0 && current.AsSpan().SequenceEqual(target))
            {
                Interlocked.Increment(ref unchanged);
                Interlocked.Increment(ref symlinks);
                return folder.Handle.SetLinkTime(name, entry.ModifiedNs) is var failed && failed != 0 ? Refusal.Of(failed) : null;
            }
            if (there.Kind == FileKind.Folder) return new Refusal(SkipReason.InTheWay, "a folder stands in its place");
            if (!force) return new Refusal(SkipReason.WouldOverwrite, "something that differs is there");
            replaces = true;
        }
        byte[] temporary = folders.TemporaryName();
        int error = folder.Handle.MakeSymlink(temporary, target);
        if (error != 0) return Refusal.Of(error);
        error = folder.Handle.SetLinkTime(temporary, entry.ModifiedNs);
        Refusal? refusal = error != 0 ? Refusal.Of(error) : Move(folder.Handle, temporary, name, replaces);
        if (refusal != null) folder.Handle.DeleteFile(temporary);
        else Interlocked.Increment(ref symlinks);
        return refusal;
    }

    static Refusal? Move(FolderHandle folder, byte[] temporary, byte[] name, bool replaces) =>
        (replaces ? folder.Replace(temporary, name) : folder.MoveToFree(temporary, name)) switch
        {
            0 => null,
            Errno.Exists => new Refusal(SkipReason.WouldOverwrite, "something was put in its place meanwhile"),
            Errno.IsFolder => new Refusal(SkipReason.InTheWay, "a folder stands in its place"),
            var error => Refusal.Of(error),
        };

    void Count(long size)
    {
        Interlocked.Increment(ref files);
        Interlocked.Add(ref bytes, size);
        meter.Add(1, 0);
    }
}
