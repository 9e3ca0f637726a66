using System.Globalization;
using Vault.Primitives;
using Vault.Tests.Faults.Child;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Tests.Faults.Tests;

/// <summary>The whole chain on RocksDB itself: it keeps what it promised, and what it didn't promise gets lost, or nothing is tested here.</summary>
public sealed class RocksTests : IDisposable
{
    const int Commits = 400; // enough for a few flushes and compactions

    readonly TestFolder folder = new();

    public RocksTests() => Directory.CreateDirectory(folder["root/db"]); // RocksDB doesn't sync the folder above its own

    public void Dispose() => folder.Dispose();

    [FactWithPowerCut]
    public async Task Every_acknowledged_synced_commit_survives_a_power_cut()
    {
        FaultedRun run = await Child("sync").Run();
        Assert.Equal((0, Commits), (run.ExitCode, run.Lines.Count));
        foreach (ulong seed in Seeds(100, 10_000))
        {
            int after = RandomSource.Seeded(seed).Below(run.Log.Calls) + 1;
            PowerCut.Replay(run.Log, folder["survived"], seed, after);
            Assert.True(Lost(folder["survived"], run.Log.LinesBy(after)) == 0, Because(seed, $"a synced commit is lost by a cut after call {after}"));
            Directory.Delete(folder["survived"], recursive: true);
        }
    }

    [FactWithPowerCut]
    public async Task Acknowledged_commits_without_sync_get_lost_by_a_power_cut()
    {
        FaultedRun run = await Child("nosync").Run();
        int[] lost = [.. Enumerable.Range(0, 40).Select(seed =>
        {
            int after = RandomSource.Seeded((ulong)seed).Below(run.Log.Calls) + 1;
            PowerCut.Replay(run.Log, folder["survived"], (ulong)seed, after);
            int count = Lost(folder["survived"], run.Log.LinesBy(after));
            Directory.Delete(folder["survived"], recursive: true);
            return count;
        })];
        Assert.Contains(lost, count => count > 0);
        Assert.Contains(lost, count => count == 0);
    }

    [FactWithPowerCut]
    public async Task A_killed_process_loses_nothing_and_then_a_power_cut_nothing_synced()
    {
        foreach (ulong seed in Seeds(6, 500))
        {
            RandomSource random = RandomSource.Seeded(seed);
            string promise = random.Below(2) == 0 ? "sync" : "nosync";
            FaultedRun run = await (Child(promise) with { At = random.Below(500) + 1, How = (Strike)random.Below(3) }).Run();
            Assert.True(run.Struck, Because(seed, "the process wasn't killed"));
            PowerCut.Replay(run.Log, folder["survived"], seed);

            Assert.True(Lost(folder["root"], run.Lines) == 0, Because(seed, "a commit is lost by a kill"));
            if (promise == "sync") Assert.True(Lost(folder["survived"], run.Lines) == 0, Because(seed, "a synced commit is lost by a power cut"));
            foreach (string used in (string[])["root", "records", "survived"]) Directory.Delete(folder[used], recursive: true);
            Directory.CreateDirectory(folder["root/db"]);
        }
    }

    FaultedProcess Child(string promise) => FaultedProcess.OfAssembly(
        typeof(Rocks).Assembly.Location, ["commit", folder["root/db"], promise, Commits.ToString(CultureInfo.InvariantCulture)], folder["root"], folder["records"]);

    static int Lost(string root, IReadOnlyCollection<string> acknowledged)
    {
        try
        {
            using Rocks rocks = new(Path.Combine(root, "db"), sync: false);
            return acknowledged.Where((key, i) => rocks.Get(key) is not byte[] value || !value.AsSpan().SequenceEqual(Commit.Value(i))).Count();
        }
        catch (StoreException) when (acknowledged.Count == 0)
        {
            return 0; // while a database is made its files' names may reach the disk in any order: CURRENT before the manifest that it names
        }
    }

    static IEnumerable<ulong> Seeds(int few, int many) =>
        Environment.GetEnvironmentVariable("VAULT_SEED") is null ? Enumerable.Range(0, LongRun.Cases(few, many)).Select(i => (ulong)i) : [Seed.FromEnvironment().Value];

    static string Because(ulong seed, string what) => $"{what} (VAULT_SEED={seed} replays)";
}
