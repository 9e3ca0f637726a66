using System.Runtime.InteropServices;

namespace Vault.Store.Native;

/// <summary>An open database and its column families, closed together.</summary>
sealed unsafe class NativeDatabase
{
    internal const string DefaultFamily = "default"; // RocksDB insists on a column family of this name

    NativeDatabase(NativeHandle handle, nint[] families)
    {
        Handle = handle;
        Families = families;
    }

    internal NativeHandle Handle { get; }

    /// <summary>In the order of the names that were opened; RocksDB's default family first.</summary>
    internal nint[] Families { get; }

    internal static NativeDatabase Open(DatabaseOptions options, int recovery)
    {
        string[] names = NamesToOpen(options);
        nint[] families = new nint[names.Length];
        using NativeHandle settings = OpeningSettings.Create(options, recovery, names.Length);
        using NativeHandle.Use use = settings.Borrow();
        nint database = Open(options.Path, use.Pointer, names, families);
        return new NativeDatabase(new NativeHandle(database, pointer =>
        {
            foreach (nint family in families) Rocks.rocksdb_column_family_handle_destroy(family);
            Rocks.rocksdb_close(pointer);
            ManifestNote.Write(options.Path);
        }), families);
    }

    // RocksDB opens all families or nothing: those on the disk, and those that are wanted.
    static string[] NamesToOpen(DatabaseOptions options)
    {
        string first = options.Families[0].Name;
        string[] wanted = [DefaultFamily, .. options.Families.Skip(1).Select(family => family.Name)];
        string[] present = NamesOnDisk(options.Path);
        if (first != DefaultFamily && present.Contains(first))
            throw new ArgumentException($"The family {first} was not the first when the database {options.Path} was made.", nameof(options));
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
