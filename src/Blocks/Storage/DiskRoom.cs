using Vault.Primitives;

namespace Vault.Blocks;

/// <summary>Keeps some of the disk free, so that a full disk can still be cleaned: collecting needs room to write before it gives room back.</summary>
public sealed class DiskRoom(string folder)
{
    const long MostReserved = 512L << 20;

    readonly DriveInfo drive = new(folder);

    public long Reserved => Math.Min(MostReserved, drive.TotalSize / 100);

    /// <summary>Throws unless that many bytes can be written and the reserve is still there.</summary>
    public void Require(long bytes)
    {
        long free = drive.AvailableFreeSpace;
        if (free - bytes >= Reserved) return;
        throw new StoreException($"the disk is nearly full: {free >> 20} MiB are free, {Reserved >> 20} MiB of them are kept so that a full disk can still be cleaned",
            "free some space, or run vault gc");
    }
}
