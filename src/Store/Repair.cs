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
    /// <summary>Copies all but the blob files into a new folder and repairs that. Entries whose values were in blob files remain, and can't be read.</summary>
    public static void CopyWithoutBlobs(string damaged, string target)
    {
        if (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any())
            throw new StoreException($"the folder {target} isn't empty", "repair into a new folder");
        PrivateFolder.Create(target);
        foreach (string file in Directory.EnumerateFiles(damaged))
            if (!IsBlob(file) && Path.GetFileName(file) != "LOCK") File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        RepairInPlace(target);
    }

    /// <summary>Moves a damaged database without blob files aside and puts a repaired copy in its place.</summary>
    /// <returns>Where the damaged one is now.</returns>
    public static string MoveAsideAndRepair(string path, TimeProvider time)
    {
        if (Directory.EnumerateFiles(path).Any(IsBlob))
            throw new InvalidOperationException($"{path} has blob files, which repair would leave behind: rebuild it from them.");
        string aside = MoveAside(path, time);
        CopyWithoutBlobs(aside, path);
        return aside;
    }

    /// <summary>Renames a folder to <c>name.damaged-time</c>, so that a new database can take its place.</summary>
    public static string MoveAside(string path, TimeProvider time)
    {
        string name = $"{Path.TrimEndingDirectorySeparator(path)}.damaged-{time.GetUtcNow().ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture)}";
        string aside = name;
        for (int i = 2; Directory.Exists(aside); i++) aside = $"{name}-{i}";
        Directory.Move(path, aside);
        return aside;
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
