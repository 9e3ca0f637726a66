using System.Globalization;
using Vault.Primitives;
using Vault.Store;
using Vault.Tests.Faults.Child;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Tests.Faults.Tests;

/// <summary>The promises of <see cref="Durability"/>, at any moment of a run, as the store itself recovers.</summary>
public sealed class StoreTests : IDisposable
{
    const int Commits = 300;

    readonly TestFolder folder = new();

    public StoreTests() => Directory.CreateDirectory(folder["root/db"]); // a new folder must be synced by whoever makes it

    public void Dispose() => folder.Dispose();

    [TheoryWithPowerCut]
    [InlineData(Durability.Synced)]
    [InlineData(Durability.Unlogged)]
    public async Task What_was_promised_survives_a_power_cut_at_any_moment(Durability durability)
    {
        FaultedRun run = await Child(durability).Run();
        Assert.Equal((0, Commits), (run.ExitCode, run.Lines.Count));
        List<ulong> seeds = [.. Seeds(60, 10_000)];
        int torn = 0;
        foreach (ulong seed in seeds)
        {
            int after = RandomSource.Seeded(seed).Below(run.Log.Calls) + 1;
            PowerCut.Replay(run.Log, folder["survived"], seed, after);
            int promised = run.Log.LinesBy(after).Count;
            string because = $"cut after call {after} of {run.Log.Calls} (VAULT_SEED={seed} replays)";
            try
            {
                using Stored stored = new(folder["survived/db"], durability);
                int[] copies = [.. Enumerable.Range(0, Commits).Select(stored.Copies)];
                Assert.True(copies[..promised].All(count => count == stored.Families), $"a promised commit is lost: {because}");
                Assert.True(copies.All(count => count == 0 || count == stored.Families), $"half a batch is there: {because}");
                Assert.True(copies.AsSpan().IndexOf(0) is var first && (first < 0 || copies[first..].All(count => count == 0)), $"a commit is there without an earlier one: {because}");
                Assert.True(durability != Durability.Synced || stored.Opening.LogCutShort is null, $"a torn log is taken for damage: {because} {stored.Opening.LogCutShort}");
            }
            catch (CorruptDataException fault)
            {
                // While a database is made its files' names may reach the disk in any order: CURRENT before the manifest that it
                // names. Nothing was in it; whoever opens the store moves it aside and begins anew.
                // And a cut in the middle of a manifest's record leaves what looks like damage there. Whoever opens the store repairs it
                // from its tables and logs (tests/Survival looks at what is there then).
                Assert.True(promised == 0 || fault.Message.Contains("MANIFEST-", StringComparison.Ordinal) && ++torn <= 3 + seeds.Count / 100, $"what was promised can't be opened: {because} {fault.Message}");
            }
            Directory.Delete(folder["survived"], recursive: true);
        }
    }

    FaultedProcess Child(Durability durability) => FaultedProcess.OfAssembly(
        typeof(Stored).Assembly.Location, ["store", folder["root/db"], durability.ToString(), Commits.ToString(CultureInfo.InvariantCulture)],
        folder["root"], folder["records"]);

    static IEnumerable<ulong> Seeds(int few, int many) =>
        Environment.GetEnvironmentVariable("VAULT_SEED") is null ? Enumerable.Range(0, LongRun.Cases(few, many)).Select(i => (ulong)i) : [Seed.FromEnvironment().Value];
}
