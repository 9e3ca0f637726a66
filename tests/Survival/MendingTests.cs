using System.Globalization;
using Vault.Blocks;
using Vault.Primitives;
using Vault.Tests.Faults;
using Vault.Tests.Player;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Survival.Tests;

/// <summary>The mending of a database that refuses to open, itself interrupted: it ends as if it hadn't been, and is not forgotten.</summary>
public sealed class MendingTests : IDisposable
{
    readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [TheoryWithPowerCut]
    [InlineData(StoreDatabases.BlocksFolder)]
    [InlineData(StoreDatabases.MetaFolder)]
    public async Task A_power_cut_at_any_moment_of_mending_loses_nothing(string database)
    {
        Promises promises = new(3);
        for (int i = 0; i < 2; i++) // so that there are tables too
            using (World world = new(folder["root/data"]))
                await new Mix(world, 3, promises.Add) { First = 1000 * i }.PlayAsync(15);
        foreach (string manifest in Directory.EnumerateFiles(folder[$"root/data/{database}"], "MANIFEST-*")) File.WriteAllBytes(manifest, new byte[100]);

        FaultedRun run = await FaultedProcess.OfAssembly(typeof(World).Assembly.Location, ["mix", folder["root/data"], "3", "0", folder["root"]], folder["root"], folder["records"]).Run();
        Assert.True(run.ExitCode == 0, run.Errors);
        foreach (ulong seed in Seeds.Of(8, 120))
        {
            int after = RandomSource.Seeded(seed).Below(run.Log.Calls) + 1;
            string because = string.Create(CultureInfo.InvariantCulture, $"cut after call {after} of {run.Log.Calls} (VAULT_SEED={seed} replays)");
            PowerCut.Replay(run.Log, folder["survived"], seed, after);
            using (World world = new(folder["survived/data"]))
            {
                Assert.True(world.Opened.MendedSince != null, $"nobody knows that it was mended: {because}");
                await promises.RequireWholeAsync(world, because);
            }
            using (World again = new(folder["survived/data"]))
                Assert.True(again.Opened.Findings.Count == 0, $"it is mended for ever: {because}");
            Directory.Delete(folder["survived"], recursive: true);
        }
    }
}
