using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Vault.Primitives;

/// <summary>
/// Finds a native library under its runtime name (librocksdb.so.7.8) as well as its development name (librocksdb.so), newer
/// versions too. Each binding has one owner: the assembly that holds its LibraryImport files and calls <see cref="Use"/> once.
/// </summary>
public static class NativeLibraries
{
    static readonly ConcurrentDictionary<string, nint> loaded = new(StringComparer.Ordinal);

    /// <summary>
    /// From now on, <paramref name="owner"/>'s imports of <paramref name="name"/> resolve to the first of
    /// <paramref name="runtimeNames"/> that loads, then to the development name, then to any newer version on the disk.
    /// </summary>
    public static void Use(Assembly owner, string name, string package, params string[] runtimeNames) =>
        Use(owner, name, package, _ => { }, runtimeNames);

    /// <summary>
    /// As above; <paramref name="start"/> readies the library before its first call. It may run more than once. What it throws,
    /// the caller of that first import sees; thrown from a static constructor it would arrive as a TypeInitializationException.
    /// </summary>
    public static void Use(Assembly owner, string name, string package, Action<nint> start, params string[] runtimeNames) =>
        NativeLibrary.SetDllImportResolver(owner, (wanted, assembly, path) => wanted == name ? Load(name, package, start, runtimeNames) : 0);

    static nint Load(string name, string package, Action<nint> start, string[] runtimeNames) => loaded.GetOrAdd(name, _ =>
    {
        nint library = Find(name, package, runtimeNames);
        start(library);
        return library;
    });

    static nint Find(string name, string package, string[] runtimeNames)
    {
        foreach (string candidate in runtimeNames.Append($"lib{name}.so").Concat(OnDisk(name)))
            if (NativeLibrary.TryLoad(candidate, out nint handle)) return handle;
        throw new ConfigException($"the library lib{name} isn't installed", $"apt-get install {package}");
    }

    // Debian's folders for libraries, newest version first: a later release has a later number in the name.
    static IEnumerable<string> OnDisk(string name)
    {
        string triplet = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.Arm64 => "aarch64-linux-gnu",
            Architecture.Arm => "arm-linux-gnueabihf",
            _ => "x86_64-linux-gnu",
        };
        string[] folders = [$"/usr/lib/{triplet}", $"/lib/{triplet}", "/usr/local/lib", "/usr/lib64", "/usr/lib"];
        return folders.Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, $"lib{name}.so.*"))
            .OrderByDescending(path => VersionOf(path, name));
    }

    static Version VersionOf(string path, string name)
    {
        string digits = Path.GetFileName(path)[$"lib{name}.so.".Length..];
        return Version.TryParse(digits.Contains('.') ? digits : digits + ".0", out Version? version) ? version : new Version();
    }
}
