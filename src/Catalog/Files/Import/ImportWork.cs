using System.Text;
using Vault.Blocks;

namespace Vault.Catalog;

/// <summary>What the workers of one import do with each thing they find.</summary>
sealed class ImportWork
{
    /// <summary>Entries a worker takes from the walk in one go: taken one by one, the workers of an unchanged tree mostly wait for each other.</summary>
    const int EntriesAtOnce = 16;

    readonly VaultCatalog catalog;
    readonly CatalogPorts ports;
    readonly StatCache stats;
    readonly StandingLeaves standing;
    readonly FileIntake intake;
    readonly ImportRun run;
    readonly TransferMeter meter;
    readonly ImportOptions options;
    readonly SkipList skips = new();
    readonly HashSet<(ulong Device, ulong Inode)> own = [];
    long files, bytes, folders, symlinks, unchanged;

    public ImportWork(VaultCatalog catalog, CatalogPorts ports, StatCache stats, FileIntake intake, ImportRun run, TransferMeter meter, ImportOptions options)
    {
        (this.catalog, this.ports, this.stats, this.intake, this.run, this.meter, this.options) = (catalog, ports, stats, intake, run, meter, options);
        standing = new StandingLeaves(ports.Meta, catalog.Id.Tag, catalog.Count);
        foreach (string path in options.Own ?? [])
            if (FolderHandle.Open(Encoding.UTF8.GetBytes(path), out FolderHandle? folder) == 0)
                using (folder)
                    if (folder!.Stat(out FileStat stat) == 0) own.Add((stat.Device, stat.Inode));
    }

    public static Entry EntryOf(VaultPath path, ImportOptions options) =>
        new(path) { Tags = options.Tags ?? [], Application = options.Application, User = options.User };

    public ImportReport Report() => new()
    {
        Files = files, Bytes = bytes, Folders = folders, Symlinks = symlinks, Unchanged = unchanged,
        Blocks = run.Blocks, NewBlocks = run.NewBlocks, NewBytes = run.NewBytes,
        SkippedCount = skips.Count, Skipped = skips.Named,
    };

    public async Task AddAsync(ImportSource source, FolderHandle folder, byte[]? name, int workers, CancellationToken stop)
    {
        byte[] path = source.FullPath;
        byte[] target = source.Target?.ToUtf8() ?? [];
        if (name != null)
        {
            if (source.Target is null) throw new Primitives.ConfigException($"{source.Path} is no folder", "say where it goes with --as");
            StatFolder single = stats.In(path.AsSpan(0, path.Length - name.Length), target);
            WalkedFolder above = new(folder, path[..Math.Max(path.Length - name.Length - 1, 1)], [], "");
            using WalkedEntry entry = new(above, name, FileKind.Other);
            await TakeAsync(entry, single, () => source.Target, stop);
            return;
        }
        ImportedFolder root = new(source.Target, stats.In(path, target));
        if (source.Target != null && folder.Stat(out FileStat stat) == 0) await TakeFolderAsync(root.Stats, [], stat, () => root.Path);
        Lock walking = new();
        using FolderWalk walk = new(folder, path, root, Enter, (where, why) => skips.Add(PathForPeople.Of(where), SkipReason.Unreadable, Lower(why)));
        await Task.WhenAll(Enumerable.Range(0, workers).Select(_ => Task.Run(WorkAsync, CancellationToken.None)));

        async Task WorkAsync()
        {
            Queue<WalkedEntry> taken = new(EntriesAtOnce);
            try
            {
                while (true)
                {
                    lock (walking)
                        while (taken.Count < EntriesAtOnce && walk.Next() is { } next) taken.Enqueue(next);
                    if (taken.Count == 0) return;
                    while (taken.TryDequeue(out WalkedEntry entry))
                        using (entry)
                        {
                            stop.ThrowIfCancellationRequested();
                            ImportedFolder into = (ImportedFolder)entry.Folder.Note;
                            await TakeAsync(entry, into.Stats, () => PathOf(entry, into), stop);
                        }
                    await Task.Yield(); // commits wait for the same threads
                }
            }
            finally
            {
                while (taken.TryDequeue(out WalkedEntry rest)) rest.Dispose();
            }
        }
    }

    /// <summary>What is noted of a folder that the walk is about to enter; null to leave it out.</summary>
    ImportedFolder? Enter(WalkedEntry entry)
    {
        if (own.Count > 0 && entry.Folder.Handle.Stat(entry.Name, out FileStat stat) == 0 && own.Contains((stat.Device, stat.Inode)))
        {
            Skip(entry, SkipReason.Own, "vault keeps its own data there");
            return null;
        }
        ImportedFolder parent = (ImportedFolder)entry.Folder.Note;
        if (PathOf(entry, parent) is not { } path) return null; // said when the entry itself is taken
        return new ImportedFolder(path, stats.In(entry.Path, path.ToUtf8()));
    }

    VaultPath? PathOf(WalkedEntry entry, ImportedFolder folder)
    {
        VaultPath? path = folder.Child(entry.Folder.Handle, entry.Name, out SkipReason reason, out string detail);
        if (path is null) Skip(entry, reason, detail);
        return path;
    }

    async ValueTask TakeAsync(WalkedEntry entry, StatFolder into, Func<VaultPath?> path, CancellationToken stop)
    {
        int error = entry.Folder.Handle.Stat(entry.Name, out FileStat stat);
        if (error != 0) Skip(entry, error);
        else if (stat.Kind == FileKind.Folder) await TakeFolderAsync(into, entry.Name, stat, path);
        else if (stat.Kind is FileKind.File or FileKind.Symlink)
        {
            if (IsKnown(into, entry.Name, stat)) CountUnchanged(stat);
            else if (path() is not { } target) return;
            else if (stat.Kind == FileKind.File) await TakeFileAsync(entry, into, stat, target, stop);
            else await TakeSymlinkAsync(entry, into, stat, target);
        }
        else Skip(entry, SkipReason.Special, stat.Kind switch { FileKind.Pipe => "it is a pipe", FileKind.Socket => "it is a socket", FileKind.Device => "it is a device", _ => "it is no file" });
    }

    async ValueTask TakeFileAsync(WalkedEntry entry, StatFolder into, FileStat stat, VaultPath path, CancellationToken stop)
    {
        ImportGroup group = run.Enter();
        long read = 0;
        try
        {
            (int error, TakenFile taken) = await intake.TakeAsync(entry, stat, group.Session, stop);
            if (error != 0)
            {
                Skip(entry, error);
                return;
            }
            read = taken.File.Size;
            if (taken.Torn) Skip(entry, SkipReason.Changing, "it changed while it was read; what was read last is stored");
            Entry found = EntryOf(path, options) with { Mode = (ushort)taken.Stat.Mode, ModifiedNs = taken.Stat.ModifiedNs, Size = read };
            Put(group, found, taken.File, RecordKind.File, taken.Settled ? new StatNote(into, entry.Name, taken.Stat) : null, taken.Source);
            Interlocked.Increment(ref files);
            Interlocked.Add(ref bytes, read);
            meter.Add(1, 0);
        }
        finally
        {
            await run.LeaveAsync(group, read);
        }
    }

    async ValueTask TakeSymlinkAsync(WalkedEntry entry, StatFolder into, FileStat stat, VaultPath path)
    {
        int error = entry.Folder.Handle.ReadLink(entry.Name, out byte[] target);
        if (error != 0) Skip(entry, error);
        else if (!System.Text.Unicode.Utf8.IsValid(target)) Skip(entry, SkipReason.BadName, "where it points isn't UTF-8");
        else
        {
            await PutAsync(EntryOf(path, options) with { ModifiedNs = stat.ModifiedNs, Target = Encoding.UTF8.GetString(target) }, RecordKind.Symlink, into, entry.Name, stat);
            Interlocked.Increment(ref symlinks);
        }
    }

    async ValueTask TakeFolderAsync(StatFolder into, byte[] name, FileStat stat, Func<VaultPath?> path)
    {
        if (own.Contains((stat.Device, stat.Inode))) return;
        if (IsKnown(into, name, stat)) CountUnchanged(stat);
        else if (path() is { } target)
        {
            await PutAsync(EntryOf(target, options) with { Mode = (ushort)stat.Mode, ModifiedNs = stat.ModifiedNs }, RecordKind.Folder, into, name, stat);
            Interlocked.Increment(ref folders);
        }
    }

    async ValueTask PutAsync(Entry entry, RecordKind kind, StatFolder into, byte[] name, FileStat stat)
    {
        ImportGroup group = run.Enter();
        try
        {
            Put(group, entry, null, kind, stat.MayStillChange(Clock.Nanoseconds(ports.Time)) ? null : new StatNote(into, name, stat));
        }
        finally
        {
            await run.LeaveAsync(group, 0);
        }
    }

    /// <summary>A new version, unless the catalog has this one already.</summary>
    void Put(ImportGroup group, Entry entry, FileRef? file, RecordKind kind, StatNote? note, SourceStamp? source = null)
    {
        if (Standing(entry, file, kind) is not { } leaf)
        {
            group.Put(new Edit.Put(entry, file, kind), note, source);
            return;
        }
        Interlocked.Increment(ref unchanged);
        if (note is { } seen) group.Note(seen, leaf);
    }

    Leaf? Standing(Entry entry, FileRef? file, RecordKind kind)
    {
        if (catalog.Versions(entry.Path) is not { } heads || heads.Winner.Record.Kind != kind) return null;
        foreach (Head head in heads.All)
            if (head.Record.Kind == kind && head.Record.Root == file?.Root && head.Entry is { } held && held.ModifiedNs == entry.ModifiedNs && held.Mode == entry.Mode
                && held.Target == entry.Target && (entry.Tags.Count == 0 || held.Tags.ToHashSet().SetEquals(entry.Tags))) return head.Record.Leaf;
        return null;
    }

    bool IsKnown(StatFolder into, byte[] name, FileStat stat)
    {
        if (options.Tags is { Count: > 0 } || stats.Find(into, name, stat, standing, out bool old) is not { } leaf) return false;
        if (!old) return true;
        // Written again, so that it isn't taken for the note of a file that has gone.
        ImportGroup group = run.Enter();
        group.Note(new StatNote(into, name, stat), leaf);
        group.Leave(0);
        return true;
    }

    void CountUnchanged(FileStat stat)
    {
        Interlocked.Increment(ref unchanged);
        switch (stat.Kind)
        {
            case FileKind.Folder: Interlocked.Increment(ref folders); break;
            case FileKind.Symlink: Interlocked.Increment(ref symlinks); break;
            default:
                Interlocked.Increment(ref files);
                Interlocked.Add(ref bytes, stat.Size);
                meter.Add(1, stat.Size);
                break;
        }
    }

    void Skip(WalkedEntry entry, int error)
    {
        switch (error)
        {
            case Errno.Absent: Skip(entry, SkipReason.Vanished, "it went away meanwhile"); break;
            case Errno.TooManyLinks or Errno.Invalid or Errno.NotFolder: Skip(entry, SkipReason.Vanished, "something else stands there by now"); break;
            case Errno.Interrupted: Skip(entry, SkipReason.Changing, "it changed each time it was read"); break;
            default: Skip(entry, SkipReason.Unreadable, Lower(Linux.Text(error))); break;
        }
    }

    void Skip(WalkedEntry entry, SkipReason reason, string detail) => skips.Add(PathForPeople.Of(entry.Path), reason, detail);

    static string Lower(string text) => text.Length == 0 ? text : char.ToLowerInvariant(text[0]) + text[1..];
}
