using System.Globalization;
using Vault.Catalog;
using Vault.Primitives;
using Vault.Tests.Faults;
using Vault.Tests.Player;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Survival.Tests;

/// <summary>
/// A catalog that is killed or cut off from power at any moment: of the change that was being made all is there or nothing,
/// however many commits it takes, each edit once, and everything that was reported before it.
/// </summary>
public sealed class CatalogTests : IDisposable
{
    const int Steps = 14; // some hundreds of calls
    const ulong CutsPerRun = 20;

    readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [FactWithPowerCut]
    public async Task A_change_is_made_once_or_not_at_all_wherever_the_power_is_cut()
    {
        foreach (IGrouping<ulong, ulong> world in Seeds.Of(8, 2000).GroupBy(seed => seed / CutsPerRun))
        {
            FaultedRun run = await RunAsync(world.Key);
            Assert.True(run.ExitCode == 0 && run.Lines.Count == Steps + 1, run.Errors);
            foreach (ulong seed in world) RequireWholeAfterCut(run, world.Key, seed, RandomSource.Seeded(seed).Below(run.Log.Calls) + 1);
            folder.Clear();
        }
    }

    [FactWithPowerCut]
    public async Task A_change_is_made_once_or_not_at_all_wherever_the_process_is_killed()
    {
        foreach (ulong seed in Seeds.Of(3, 200))
        {
            RandomSource random = RandomSource.Seeded(seed);
            FaultedRun run = await RunAsync(seed, at: random.Below(600) + 1, how: (Strike)random.Below(3));
            if (!run.Struck) Assert.True(run.ExitCode == 0, run.Errors);
            RequireWholeAfterCut(run, seed, seed, run.Log.Calls);
            RequireWhole(folder["root/home/data"], seed, run.Lines, $"killed at call {run.Log.Calls} (VAULT_SEED={seed} replays)");
            folder.Clear();
        }
    }

    void RequireWholeAfterCut(FaultedRun run, ulong worldSeed, ulong seed, int after)
    {
        PowerCut.Replay(run.Log, folder["survived"], seed, after);
        RequireWhole(folder["survived/home/data"], worldSeed, run.Log.LinesBy(after), $"power cut after call {after} of {run.Log.Calls} in world {worldSeed} (VAULT_SEED={seed} replays)");
        Directory.Delete(folder["survived"], recursive: true);
    }

    static void RequireWhole(string data, ulong seed, IReadOnlyList<string> said, string because)
    {
        if (said.Count == 0) return; // nothing was promised yet, not even that there is a vault
        for (int opening = 0; opening < 2; opening++)
        {
            using Editing editing = new(data, seed);
            VaultCatalog catalog = editing.Catalog;
            Assert.True(opening == 0 ? catalog.Findings.All(finding => finding.Contains("has been finished", StringComparison.Ordinal)) : catalog.Findings.Count == 0, $"{string.Join("; ", catalog.Findings)}: {because}");
            CatalogCheck check = catalog.Verify();
            Assert.True(check.IsClean, $"{string.Join("; ", check.Faults)}, root {(check.RootMatches ? "as" : "not as")} its rebuild: {because}");
            Assert.True(said.All(root => Hash32.TryParse(root, out Hash32 had) && catalog.FindRoot(had) != null), $"a root that was told is forgotten: {because}");

            Editing.Expected expected = new(seed);
            for (int step = 1; step < said.Count; step++) expected.Advance();
            bool done = Holds(catalog, expected);
            if (!done && said.Count <= Steps)
            {
                expected.Advance(); // the one that was being made
                done = Holds(catalog, expected);
            }
            Assert.True(done, $"the catalog holds neither what was there nor what it should: {because}");
            foreach ((string path, int versions) in expected.Versions)
                Assert.True(catalog.History(VaultPath.Parse(path)!).Count == versions, $"{path} has had {catalog.History(VaultPath.Parse(path)!).Count} versions and not {versions}: {because}");
        }
    }

    static bool Holds(VaultCatalog catalog, Editing.Expected expected) =>
        catalog.List(recursive: true).Where(entry => !entry.IsImplicit).Select(entry => (entry.Path.Text, entry.Size)).OrderBy(file => file.Text, StringComparer.Ordinal)
            .SequenceEqual(expected.Sizes.Select(file => (file.Key, file.Value)));

    Task<FaultedRun> RunAsync(ulong seed, int? at = null, Strike how = default)
    {
        Directory.CreateDirectory(folder["root"]);
        string[] arguments = ["edit", folder["root/home/data"], seed.ToString(CultureInfo.InvariantCulture), Steps.ToString(CultureInfo.InvariantCulture)];
        return (FaultedProcess.OfAssembly(typeof(Editing).Assembly.Location, arguments, folder["root"], folder["records"]) with { At = at, How = how }).Run();
    }
}
