using System.Globalization;
using Vault.Primitives;
using Vault.Tests.Faults;
using Vault.Tests.Player;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Survival.Tests;

/// <summary>
/// Killed at random points of writing, deleting, sweeping and the rest, and cut off from power at the same: the data folder
/// opens as if nothing had been, and holds all that was reported durable.
/// </summary>
public sealed class CrashTests : IDisposable
{
    const int Steps = 60; // some five hundred calls
    const ulong CutsPerRun = 20;

    readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [FactWithPowerCut]
    public async Task What_was_durable_survives_a_power_cut_at_any_moment()
    {
        foreach (IGrouping<ulong, ulong> world in Seeds.Of(10, 100).GroupBy(seed => seed / CutsPerRun))
        {
            FaultedRun run = await RunAsync(world.Key);
            Assert.True(run.ExitCode == 0, run.Errors);
            foreach (ulong seed in world)
            {
                int after = RandomSource.Seeded(seed).Below(run.Log.Calls) + 1;
                await RequireSurvivalAsync(run, world.Key, seed, after);
            }
            folder.Clear();
        }
    }

    [FactWithPowerCut]
    public async Task What_was_durable_survives_a_kill_and_a_power_cut_in_its_place()
    {
        foreach (ulong seed in Seeds.Of(4, 200))
        {
            RandomSource random = RandomSource.Seeded(seed);
            FaultedRun run = await RunAsync(seed, at: random.Below(500) + 1, how: (Strike)random.Below(3));
            if (!run.Struck) Assert.True(run.ExitCode == 0, run.Errors); // it came to its end before
            await RequireSurvivalAsync(run, seed, seed, run.Log.Calls);
            await new Promises(seed, run.Lines).RequireKeptAsync(folder["root/home/data"], $"killed at call {run.Log.Calls} {Replay(seed)}");
            folder.Clear();
        }
    }

    [FactWithPowerCut]
    public async Task What_is_reported_before_the_flush_gets_lost_or_nothing_is_tested_here()
    {
        FaultedRun run = await RunAsync(0, early: true);
        int broken = 0;
        for (ulong seed = 0; seed < 60 && broken == 0; seed++)
        {
            int after = RandomSource.Seeded(seed).Below(run.Log.Calls) + 1;
            Promises promises = new(0, run.Log.LinesBy(after));
            PowerCut.Replay(run.Log, folder["survived"], seed, after);
            using (World world = new(folder["survived/home/data"]))
                if (promises.Durable.Any(file => !world.Store.Contains(World.Vault, file.Value.Root))) broken++;
            Directory.Delete(folder["survived"], recursive: true);
        }
        Assert.NotEqual(0, broken);
    }

    async Task RequireSurvivalAsync(FaultedRun run, ulong worldSeed, ulong seed, int after)
    {
        string because = $"power cut after call {after} of {run.Log.Calls} in world {worldSeed} {Replay(seed)}";
        Promises promises = new(worldSeed, run.Log.LinesBy(after));
        PowerCut.Replay(run.Log, folder["survived"], seed, after);
        foreach (int backup in promises.Backups) Assert.True(Directory.Exists(folder[$"survived/backups/{backup}"]), $"backup {backup} is gone: {because}");
        await promises.RequireKeptAsync(folder["survived/home/data"], because, logMayBeCut: true);
        foreach (string backup in Directory.EnumerateDirectories(folder["survived/backups"]).Where(name => !name.EndsWith(".partial", StringComparison.Ordinal)))
            await RequireWholeBackupAsync(backup, because);
        Directory.Delete(folder["survived"], recursive: true);
    }

    static async Task RequireWholeBackupAsync(string backup, string because)
    {
        using World world = new(backup);
        Assert.True(world.Opened.Findings.Count == 0, $"a backup is damaged: {string.Join("; ", world.Opened.Findings)}: {because}");
        Assert.True(!world.Store.Missing(World.Vault).Any(), $"a backup lacks a block: {because}");
        Assert.True((await world.ScrubAsync()).Damaged == 0, $"a backup holds a damaged block: {because}");
    }

    // The data folder and the one above don't exist before: making them is part of what must survive.
    Task<FaultedRun> RunAsync(ulong seed, int? at = null, Strike how = default, bool early = false)
    {
        Directory.CreateDirectory(folder["root/backups"]);
        string[] arguments = ["mix", folder["root/home/data"], seed.ToString(CultureInfo.InvariantCulture), Steps.ToString(CultureInfo.InvariantCulture), folder["root/backups"], .. early ? ["early"] : Array.Empty<string>()];
        return (FaultedProcess.OfAssembly(typeof(World).Assembly.Location, arguments, folder["root"], folder["records"]) with { At = at, How = how }).Run();
    }

    static string Replay(ulong seed) => $"(VAULT_SEED={seed} replays)";
}
