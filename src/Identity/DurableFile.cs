using Vault.Primitives;

namespace Vault.Identity;

/// <summary>
/// Small files that must survive a power cut whole, old or new: written beside, synced, renamed over, the folder synced. Only
/// their owner may read them.
/// </summary>
static class DurableFile
{
    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    const UnixFileMode Others = (UnixFileMode)0x3F; // everything of group and others

    /// <summary>Null when there is no such file.</summary>
    public static byte[]? Read(string path, int maxSize)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            if (file.Length > maxSize) throw new ConfigException($"{path} is not a key file", "nothing was changed; restore it, or move it away");
            byte[] bytes = GC.AllocateArray<byte>((int)file.Length, pinned: true);
            file.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"can't read {path}: {e.Message}", inner: e);
        }
    }

    /// <summary>With <paramref name="replace"/> false, a file that is there already stays, and that is a <see cref="StoreException"/>.</summary>
    public static void Write(string path, ReadOnlySpan<byte> bytes, bool replace = true)
    {
        string beside = path + ".new", folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        try
        {
            File.Delete(beside); // of an attempt that was cut short; a fresh file can't inherit its mode
            FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
            using (FileStream file = new(beside, options))
            {
                file.Write(bytes);
                file.Flush(flushToDisk: true);
            }
            File.Move(beside, path, replace);
            DurableFolder.Sync(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"can't write {path}: {e.Message}", inner: e);
        }
    }

    /// <summary>Takes a file away from everyone but its owner. What there is to say about that, or null when it was the owner's only.</summary>
    public static string? Tighten(string path)
    {
        if (OperatingSystem.IsWindows()) return null;
        try
        {
            if ((File.GetUnixFileMode(path) & Others) == 0) return null;
            File.SetUnixFileMode(path, OwnerOnly);
            return $"{path} could be read by other users of this machine; it no longer can";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{path} can be read by other users of this machine, and that can't be changed: {e.Message}";
        }
    }
}
