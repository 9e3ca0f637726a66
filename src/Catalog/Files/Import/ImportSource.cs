using System.Text;
using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>Something on this machine that is to be added, and where it goes: a file becomes that path, a folder's contents come under it.</summary>
/// <param name="Path">As the user wrote it. A symlink is added as one, unless a slash follows its name.</param>
/// <param name="Target">Null for a folder whose contents go to the top of the vault.</param>
public sealed record ImportSource(string Path, VaultPath? Target)
{
    /// <summary>Under the last part of its own name, in the form that vaults use. Null where there is none that a vault can hold.</summary>
    public static ImportSource? ByName(string path)
    {
        string name = System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path)));
        return VaultPath.Parse(PathText.Normalise(name)) is { } target ? new ImportSource(path, target) : null;
    }

    internal byte[] FullPath => Encoding.UTF8.GetBytes(System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(Path)));

    internal bool Follows => System.IO.Path.EndsInDirectorySeparator(Path);

    /// <summary>Opens it: the folder to walk, or the folder that it stands in and its name there.</summary>
    internal (FolderHandle Folder, byte[]? Name) Open()
    {
        byte[] full = FullPath;
        int slash = full.AsSpan().LastIndexOf((byte)'/');
        if (slash < 0 || full.Length == 1 || Follows) return (Folder(full), null);
        FolderHandle above = Folder(slash == 0 ? "/"u8 : full.AsSpan(0, slash));
        byte[] name = full[(slash + 1)..];
        int error = above.Stat(name, out FileStat stat);
        if (error == 0 && stat.Kind != FileKind.Folder) return (above, name);
        above.Dispose();
        return error == 0 ? (Folder(full), null) : throw Refused(error);
    }

    FolderHandle Folder(ReadOnlySpan<byte> path) => FolderHandle.Open(path, out FolderHandle? folder) is var error && error == 0 ? folder! : throw Refused(error);

    ConfigException Refused(int error) => error switch
    {
        Errno.Absent or Errno.NotFolder => new ConfigException($"there is no {Path}", "check the path; it is read from the folder you are in"),
        _ => new ConfigException($"can't open {Path}: {Linux.Text(error).ToLowerInvariant()}"),
    };
}

/// <param name="Tags">Marks of every file added.</param>
/// <param name="Own">Folders that are left out wherever they are met: where this program keeps the vaults themselves.</param>
public sealed record ImportOptions(IReadOnlyList<string>? Tags = null, string? Application = null, string? User = null, IReadOnlyList<string>? Own = null);

/// <summary>What came of adding.</summary>
public sealed record ImportReport
{
    /// <summary>Files that are in the vault now as they are on the disk, and the bytes in them.</summary>
    public required long Files { get; init; }
    public required long Bytes { get; init; }

    public required long Folders { get; init; }
    public required long Symlinks { get; init; }

    /// <summary>Files, folders and symlinks of which nothing had to be written.</summary>
    public required long Unchanged { get; init; }

    /// <summary>Blocks that what was read consists of, and those of them that the store didn't have.</summary>
    public required long Blocks { get; init; }
    public required long NewBlocks { get; init; }
    public required long NewBytes { get; init; }

    public required long SkippedCount { get; init; }

    /// <summary>The first ten thousand of them, by path.</summary>
    public required IReadOnlyList<Skipped> Skipped { get; init; }
}
