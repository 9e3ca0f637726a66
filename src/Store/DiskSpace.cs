using Vault.Primitives;

namespace Vault.Store;

/// <summary>
/// Keeps the last of a file system's space free, because deleting from a database needs some: a completely full disk could
/// not be cleaned up. Callers ask before they take in data; the database itself does not.
/// </summary>
/// <param name="free">Bytes free for this user, and the file system's size; <see cref="Of"/> asks the system.</param>
public sealed class DiskSpace(string folder, Func<(long Free, long Total)> free)
{
    const long MaxReserve = 512L << 20; // room for compactions of a few large files and their logs

    public static DiskSpace Of(string folder) => new(folder, () =>
    {
        DriveInfo drive = new(Path.GetFullPath(folder)); // the file system that holds the folder, not its root's
        return (drive.AvailableFreeSpace, drive.TotalSize);
    });

    /// <summary>Bytes that callers may still use.</summary>
    public long Usable()
    {
        (long available, long total) = free();
        return Math.Max(0, available - Reserve(total));
    }

    public static long Reserve(long total) => Math.Min(MaxReserve, total / 100);

    /// <summary>Throws <see cref="StoreException"/> if <paramref name="bytes"/> more would cut into the reserve.</summary>
    public void Demand(long bytes)
    {
        (long available, long total) = free();
        long reserve = Reserve(total);
        if (available - bytes >= reserve) return;
        throw new StoreException(
            $"the disk is nearly full: {Text(available)} are free at {folder}, {Text(reserve)} are kept so that a full disk can still be cleaned",
            "free some space on that disk, or remove what is no longer needed and run gc");
    }

    static string Text(long bytes) => bytes switch
    {
        >= 1L << 30 => FormattableString.Invariant($"{bytes / (double)(1L << 30):0.0} GiB"),
        >= 1L << 20 => FormattableString.Invariant($"{bytes / (double)(1L << 20):0.0} MiB"),
        _ => $"{bytes} bytes",
    };
}
