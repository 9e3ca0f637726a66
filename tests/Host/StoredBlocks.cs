using Vault.Blocks;
using Vault.Primitives;

namespace Vault.Host.Tests;

/// <summary>The blocks of a vault as they lie on a disk.</summary>
static class StoredBlocks
{
    /// <summary>Turns one bit of the largest segment, behind the back of whoever uses it.</summary>
    /// <param name="at">Where, by its length.</param>
    public static void Damage(string dataFolder, Func<long, long> at)
    {
        string segment = Directory.GetFiles(Path.Combine(dataFolder, SegmentFiles.FolderName), "*.seg").MaxBy(path => new FileInfo(path).Length)!;
        using FileStream file = new(segment, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.Position = at(file.Length);
        int byteThere = file.ReadByte();
        file.Position--;
        file.WriteByte((byte)(byteThere ^ 1));
    }

    /// <summary>Those that whoever opens the data folder next finds there. No daemon may be running on it.</summary>
    public static async Task<HashSet<BlockId>> OfAsync(string dataFolder, string vault)
    {
        using Home home = new(dataFolder, "a test", (_, _) => throw new InvalidOperationException("Nothing is sealed here."), TimeProvider.System, RandomSource.System);
        await home.EnterAsync(make: false, default);
        return [.. home.Store.List(VaultNames.Find(home.Ring, vault).Vault.Tag).Select(block => block.Id)];
    }
}
