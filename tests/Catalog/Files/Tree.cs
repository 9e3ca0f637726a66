using System.Globalization;
using Vault.Primitives;
using Vault.Tests.Support;

namespace Vault.Catalog.Tests;

/// <summary>Trees of files to add and to compare.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
static class Tree
{
    static readonly string[] names = ["a", "b", "B", "zeta", "ä", "with space", "-dash", ".hidden", "日本", "x.txt", "~", "%41", "'quote", new('n', 255)];

    /// <summary>A random tree: files of all small sizes, empty ones, empty folders, symlinks that lead anywhere, odd modes and times.</summary>
    public static void Make(string root, RandomSource random, int entries)
    {
        Directory.CreateDirectory(root);
        List<string> folders = [root];
        for (int i = 0; i < entries; i++)
        {
            string path = Path.Combine(folders[random.Below(folders.Count)], names[random.Below(names.Length)]);
            if (path.Length > 3000 || Path.Exists(path) || new FileInfo(path).LinkTarget != null) continue;
            switch (random.Below(6))
            {
                case 0 or 1:
                    Directory.CreateDirectory(path);
                    folders.Add(path);
                    break;
                case 2:
                    File.CreateSymbolicLink(path, random.Below(2) == 0 ? "../no/where" : ".");
                    break;
                default:
                    File.WriteAllBytes(path, random.Bytes(random.Below(3) switch { 0 => 0, 1 => random.Below(100), _ => random.Below(200_000) }));
                    break;
            }
        }
        foreach (string path in Below(root).Where(entry => entry.LinkTarget is null).Select(entry => entry.FullName).Reverse().Append(root))
        {
            File.SetUnixFileMode(path, (UnixFileMode)(random.Below(0x200) | (Directory.Exists(path) ? 0x1C0 : 0x180)));
            DateTime time = new DateTime(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddTicks((long)(random.NextUInt64() % 18_000_000_000_000_000) - 600_000_000_000_000);
            if (Directory.Exists(path)) Directory.SetLastWriteTimeUtc(path, time);
            else File.SetLastWriteTimeUtc(path, time);
        }
    }

    // The base class library's own recursion goes through symlinks to wherever they lead.
    static IEnumerable<FileSystemInfo> Below(string folder)
    {
        foreach (FileSystemInfo entry in new DirectoryInfo(folder).GetFileSystemInfos())
        {
            yield return entry;
            if (entry.LinkTarget is null && entry is DirectoryInfo)
                foreach (FileSystemInfo deeper in Below(entry.FullName)) yield return deeper;
        }
    }

    /// <summary>All there is to a tree, a line for each entry: what a restored tree must be equal in.</summary>
    public static IReadOnlyList<string> Describe(string root)
    {
        List<string> lines = [];
        foreach (FileSystemInfo entry in Below(root).Append(new DirectoryInfo(root)).OrderBy(entry => entry.FullName, StringComparer.Ordinal))
        {
            string path = Path.GetRelativePath(root, entry.FullName), time = entry.LastWriteTimeUtc.Ticks.ToString(CultureInfo.InvariantCulture);
            lines.Add(entry switch
            {
                { LinkTarget: { } target } => $"{path} -> {target} {time}",
                FileInfo file => $"{path} {(int)file.UnixFileMode:x3} {time} {Hash32.Of(File.ReadAllBytes(file.FullName))}",
                _ => $"{path}/ {(int)entry.UnixFileMode:x3} {time}",
            });
        }
        return lines;
    }
}
