using System.Globalization;
using Vault.Primitives;
using Vault.Store.Native;

namespace Vault.Store;

/// <summary>
/// Brings back what can be brought back of a database that refuses to open. Nothing damaged is ever deleted or changed: what is
/// repaired is a copy.
/// </summary>
/// <remarks>
/// RocksDB's own repair deletes blob files, so it is run only in folders that have none: the index is rescued by
/// <see cref="CopyWithoutBlobs"/>, the values by <see cref="BlobFile"/>. Repair puts the entries of a log back too, and is
/// generous: what was deleted may be there again.
/// </remarks>
public static class Repair
{
    const string Rebuilding = ".rebuilding";

    /// <summary>Copies all but the blob files into a new folder and repairs that. Entries whose values were in blob files remain, and can't be read.</summary>
    public static void CopyWithoutBlobs(string damaged, string target)
    {
        if (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any())
            throw new StoreException($"the folder {target} isn't empty", "repair into a new folder");
        DurableFolder.Create(target);
        foreach (string file in Directory.EnumerateFiles(damaged))
            if (!IsBlob(file) && Path.GetFileName(file) is not ("LOCK" or DamageNote.FileName)) Copy(file, Path.Combine(target, Path.GetFileName(file)));
        RepairInPlace(target);
        DurableFolder.Sync(target);
    }

    /// <summary>Puts a repaired copy of a database without blob files in its place and moves the damaged one aside.</summary>
    /// <param name="complete">Called with the folder of the copy before it takes the place.</param>
    /// <returns>Where the damaged one is now.</returns>
    public static string MoveAsideAndRepair(string path, TimeProvider time, Action<string>? complete = null)
    {
        if (Directory.EnumerateFiles(path).Any(IsBlob))
            throw new InvalidOperationException($"{path} has blob files, which repair would leave behind: rebuild it from them.");
        string copy = FolderToRebuildIn(path);
        CopyWithoutBlobs(path, copy);
        complete?.Invoke(copy);
        return Replace(path, time);
    }

    /// <summary>An empty folder beside the database, in which its successor is made. It counts for nothing until <see cref="Replace"/>.</summary>
    public static string FolderToRebuildIn(string path)
    {
        string folder = Path.TrimEndingDirectorySeparator(path) + Rebuilding;
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        return folder;
    }

    /// <summary>Renames the damaged database to <c>name.damaged-time</c> and its finished successor to <c>name</c>.</summary>
    /// <returns>Where the damaged one is now.</returns>
    public static string Replace(string path, TimeProvider time)
    {
        string name = $"{Path.TrimEndingDirectorySeparator(path)}.damaged-{time.GetUtcNow().ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture)}";
        string aside = name;
        for (int i = 2; Directory.Exists(aside); i++) aside = $"{name}-{i}";
        DurableFolder.Move(path, aside);
        DurableFolder.Move(Path.TrimEndingDirectorySeparator(path) + Rebuilding, path);
        return aside;
    }

    /// <summary>Before a database is opened: ends a replacement that was interrupted between its two renames, and drops a successor that was never finished.</summary>
    public static void FinishReplacing(string path)
    {
        string successor = Path.TrimEndingDirectorySeparator(path) + Rebuilding;
        if (!Directory.Exists(successor)) return;
        if (Directory.Exists(path)) Directory.Delete(successor, recursive: true);
        else DurableFolder.Move(successor, path);
    }

    static void Copy(string from, string to)
    {
        using FileStream source = new(from, FileMode.Open, FileAccess.Read, FileShare.Read), copy = new(to, FileMode.CreateNew);
        source.CopyTo(copy);
        copy.Flush(flushToDisk: true);
    }

    static unsafe void RepairInPlace(string folder)
    {
        if (Directory.EnumerateFiles(folder).Any(IsBlob)) throw new InvalidOperationException($"{folder} has blob files, which RocksDB's repair would delete.");
        using NativeHandle options = new(Rocks.rocksdb_options_create(), Rocks.rocksdb_options_destroy);
        using NativeHandle.Use use = options.Borrow();
        Rocks.rocksdb_options_set_enable_blob_files(use.Pointer, 0);
        byte* error = null;
        Rocks.rocksdb_repair_db(use.Pointer, folder, &error);
        Rocks.Check(error, folder);
    }

    static bool IsBlob(string file) => file.EndsWith(".blob", StringComparison.Ordinal);
}
