using System.Runtime.InteropServices;
using Vault.Primitives;
using Vault.Store.Native;

namespace Vault.Store;

/// <summary>What opening a database found. <paramref name="LogCutShort"/>: the log was damaged, and what it held behind the damage is lost.</summary>
public sealed record Opening(string? LogCutShort)
{
    public static Opening Clean { get; } = new((string?)null);
}

public sealed unsafe partial class RocksDatabase
{
    const string DefaultFamily = "default"; // RocksDB insists on a column family of this name

    /// <summary>Throws <see cref="CorruptDataException"/> for a database that can't be opened as it is (see <see cref="Repair"/>).</summary>
    public static RocksDatabase Open(DatabaseOptions options)
    {
        if (options.Families.Count == 0) throw new ArgumentException("A database has at least one family.", nameof(options));
        if (options.Families.Distinct().Count() != options.Families.Count) throw new ArgumentException("A family is named twice.", nameof(options));
        PrivateFolder.Create(options.Path);
        string[] names = NamesToOpen(options);
        try
        {
            return Open(options, names, OpeningSettings.TolerateTornTail, Opening.Clean);
        }
        catch (CorruptDataException damage)
        {
            return Open(options, names, OpeningSettings.StopAtDamage, new Opening(damage.Message));
        }
    }

    // RocksDB opens all families or nothing: those on the disk, and those that are wanted.
    static string[] NamesToOpen(DatabaseOptions options)
    {
        string[] wanted = [DefaultFamily, .. options.Families.Skip(1).Select(family => family.Name)];
        string[] present = NamesOnDisk(options.Path);
        if (present.Contains(options.Families[0].Name) && options.Families[0].Name != DefaultFamily)
            throw new ArgumentException($"The family {options.Families[0].Name} was not the first when the database {options.Path} was made.", nameof(options));
        return [.. wanted.Union(present)];
    }

    static string[] NamesOnDisk(string path)
    {
        if (!File.Exists(Path.Combine(path, "CURRENT"))) return [];
        using NativeHandle options = new(Rocks.rocksdb_options_create(), Rocks.rocksdb_options_destroy);
        using NativeHandle.Use use = options.Borrow();
        byte* error = null;
        nuint count;
        byte** list = Rocks.rocksdb_list_column_families(use.Pointer, path, &count, &error);
        Rocks.Check(error, path);
        string[] names = new string[count];
        for (int i = 0; i < names.Length; i++) names[i] = Marshal.PtrToStringUTF8((nint)list[i])!;
        Rocks.rocksdb_list_column_families_destroy(list, count);
        return names;
    }

    static RocksDatabase Open(DatabaseOptions options, string[] names, int recovery, Opening opening)
    {
        nint[] families = new nint[names.Length];
        NativeHandle database;
        using (NativeHandle settings = OpeningSettings.Create(options, recovery, names.Length))
        using (NativeHandle.Use use = settings.Borrow())
            database = new NativeHandle(Open(options.Path, use.Pointer, names, families), pointer =>
            {
                foreach (nint family in families) Rocks.rocksdb_column_family_handle_destroy(family);
                Rocks.rocksdb_close(pointer);
            });
        Dictionary<Family, nint> byFamily = [];
        for (int i = 0; i < options.Families.Count; i++) byFamily.Add(options.Families[i], families[i]);
        return new RocksDatabase(options, database, byFamily, families, opening);
    }

    static nint Open(string path, nint settings, string[] names, nint[] families)
    {
        nint[] perFamily = new nint[names.Length];
        Array.Fill(perFamily, settings);
        byte** texts = stackalloc byte*[names.Length];
        try
        {
            for (int i = 0; i < names.Length; i++) texts[i] = (byte*)Marshal.StringToCoTaskMemUTF8(names[i]);
            byte* error = null;
            nint database;
            fixed (nint* settingsOfEach = perFamily, handles = families)
                database = Rocks.rocksdb_open_column_families(settings, path, names.Length, texts, settingsOfEach, handles, &error);
            Rocks.Check(error, path);
            return database;
        }
        finally
        {
            for (int i = 0; i < names.Length; i++) Marshal.FreeCoTaskMem((nint)texts[i]);
        }
    }
}
