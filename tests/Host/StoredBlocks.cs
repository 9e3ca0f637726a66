using Vault.Blocks;
using Vault.Primitives;

namespace Vault.Host.Tests;

/// <summary>Which blocks of a vault are on a disk: those that whoever opens the data folder next finds there. No daemon may be running on it.</summary>
static class StoredBlocks
{
    public static async Task<HashSet<BlockId>> OfAsync(string dataFolder, string vault)
    {
        using Home home = new(dataFolder, "a test", (_, _) => throw new InvalidOperationException("Nothing is sealed here."), TimeProvider.System, RandomSource.System);
        await home.EnterAsync(make: false, default);
        return [.. home.Store.List(VaultNames.Find(home.Ring, vault).Vault.Tag).Select(block => block.Id)];
    }
}
