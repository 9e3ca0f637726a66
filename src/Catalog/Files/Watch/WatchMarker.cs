using System.Text;
using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>
/// A small file in a watched folder that says which folder it is. An empty mount point has none, and another disk has another: what
/// is missing there was not deleted.
/// </summary>
static class WatchMarker
{
    public const string Name = ".vault-watch";

    const int MaxSize = 4096;
    const string IdLine = "id ";

    /// <summary>Null when it is there and the right one.</summary>
    public static string? FaultIn(FolderHandle folder, Hash16 watch) => Read(folder, out Hash16 id) switch
    {
        0 when id == watch => null,
        0 => "it is another folder than the one that was watched",
        Errno.Absent => $"its file {Name} is gone: is its disk mounted?",
        var error => $"its file {Name} can't be read: {Linux.Text(error).ToLowerInvariant()}",
    };

    public static bool Stands(FolderHandle folder, out Hash16 watch) => Read(folder, out watch) == 0;

    public static int Write(FolderHandle folder, Hash16 watch, string vault)
    {
        byte[] name = Encoding.ASCII.GetBytes(Name), temporary = Encoding.ASCII.GetBytes(TemporaryNames.New + watch);
        folder.DeleteFile(temporary);
        int error = folder.CreateFile(temporary, out FileHandle? file);
        if (error != 0) return error;
        using (file)
        {
            error = file!.Write(Encoding.UTF8.GetBytes($"""
                vault watch keeps this folder in step with the vault {vault}.
                By this file it knows that the folder is really there: leave it.
                {IdLine}{watch}

                """), 0);
            if (error == 0) error = file.SetMode(0x1A4); // 0644
            if (error == 0) error = file.Sync();
        }
        return error == 0 ? folder.Replace(temporary, name) : error;
    }

    static int Read(FolderHandle folder, out Hash16 watch)
    {
        watch = default;
        int error = folder.OpenFile(Encoding.ASCII.GetBytes(Name), out FileHandle? file);
        if (error != 0) return error;
        using (file)
        {
            byte[] bytes = new byte[MaxSize];
            error = file!.Read(bytes, 0, out int length);
            if (error != 0) return error;
            string? line = Encoding.UTF8.GetString(bytes, 0, length).Split('\n').FirstOrDefault(line => line.StartsWith(IdLine, StringComparison.Ordinal));
            byte[] id = new byte[Hash16.Size];
            if (line?.Length == IdLine.Length + 2 * Hash16.Size && Convert.FromHexString(line[IdLine.Length..], id, out _, out int written) == System.Buffers.OperationStatus.Done && written == id.Length) watch = new Hash16(id);
            return 0;
        }
    }
}

/// <summary>Names in a watched folder that are on their way to something else.</summary>
static class TemporaryNames
{
    /// <summary>A file of the vault that is being written.</summary>
    public const string New = ".vault-new-";

    /// <summary>What changes places: whole, either a version from the vault or what stood there before.</summary>
    public const string Swap = ".vault-swap-";

    /// <summary>What programs leave beside a file for as long as they work on it. The vault doesn't want them, unless they are in it.</summary>
    public static bool IsPassing(string name) =>
        name.StartsWith(".vault-", StringComparison.Ordinal)
        || name == "4913" // vim tries with it whether it may write
        || (name.StartsWith('.') && name.Length > 5 && name[^4..^1] is ".sw") // vim
        || name.EndsWith('~') // vim, emacs, gedit: the former version
        || name.StartsWith(".#", StringComparison.Ordinal) || (name.StartsWith('#') && name.EndsWith('#')) // emacs
        || name.StartsWith(".~lock.", StringComparison.Ordinal) || name.StartsWith("~$", StringComparison.Ordinal) // office programs
        || name.StartsWith(".goutputstream-", StringComparison.Ordinal) || name.StartsWith(".nfs", StringComparison.Ordinal) || name.StartsWith(".fuse_hidden", StringComparison.Ordinal)
        || name.EndsWith(".part", StringComparison.Ordinal) || name.EndsWith(".crdownload", StringComparison.Ordinal); // downloads
}
