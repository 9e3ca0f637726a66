using Vault.Tests.Faults;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Host.Tests;

/// <summary>kill -9 at random calls of add, rm, mv, resolve and gc, by the real program.</summary>
public sealed class KilledTests
{
    const int Steps = 5;

    static IEnumerable<ulong> Seeds => Environment.GetEnvironmentVariable("VAULT_SEED") is null
        ? Enumerable.Range(0, LongRun.Cases(few: 3, many: 200)).Select(seed => (ulong)seed)
        : [Seed.FromEnvironment().Value];

    [FactWithPowerCut]
    public async Task What_was_reported_is_whole_and_what_was_cut_off_is_as_before_or_after()
    {
        int struck = 0;
        foreach (ulong seed in Seeds)
        {
            using TestFolder folder = new();
            KilledVault vault = new(folder, seed);
            await vault.CreateAsync();
            for (int step = 0; step < Steps; step++) await vault.StepAsync();
            struck += vault.Struck;
        }
        Assert.NotEqual(0, struck);
    }
}
