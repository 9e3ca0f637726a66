using Vault.Blocks;
using Vault.Primitives;
using Vault.Tests.Faults;
using Vault.Tests.Player;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Survival.Tests;

/// <summary>A disk that fills up in the middle of a write: a clear error, nothing lost, and it goes on when there is room.</summary>
public sealed class FullDiskTests : IDisposable
{
    const int Opening = 140;
    const int DiskMebibytes = 200; // all that a run writes, what is rewritten to give space back, and some

    readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [FactWhenMountable]
    public async Task The_store_goes_on_in_the_same_process_once_there_is_room()
    {
        foreach (ulong seed in Seeds.Of(1, 8))
        {
            using LimitedDisk disk = new(DiskMebibytes);
            string data = Path.Combine(disk.Path, "data"), because = $"(VAULT_SEED={seed} replays)";
            Promises promises = new(seed);
            using (World world = new(data))
            {
                await FillAsync(world, disk, seed, promises, because);
                await promises.RequireWholeAsync(world, $"on a full disk {because}");
                await GoOnAsync(world, seed, promises, because);
                await promises.RequireWorksOnAsync(world, $"when there is room again {because}");
            }
            await promises.RequireKeptAsync(data, $"opened after a full disk {because}");
        }
    }

    // The shim's disk reports room when it is full, so the calls of opening, which looks at that, are left out.
    [FactWithPowerCut]
    public async Task A_full_disk_at_any_call_loses_nothing_that_was_durable()
    {
        foreach (ulong seed in Seeds.Of(3, 60))
        {
            RandomSource random = RandomSource.Seeded(seed);
            FaultedRun run = await (FaultedProcess.OfAssembly(typeof(World).Assembly.Location, ["mix", folder["root/data"], $"{seed}", "60", folder["root/backups"]], folder["root"], folder["records"])
                with { At = Opening + random.Below(400), How = random.Below(3) == 0 ? Strike.Fail : Strike.DiskFull }).Run();
            string because = $"(VAULT_SEED={seed} replays): {run.Errors}";
            Assert.True(run.ExitCode is 0 or 1, $"the process ended with {run.ExitCode} {because}");
            await new Promises(seed, run.Lines).RequireKeptAsync(folder["root/data"], because);
            folder.Clear();
        }
    }

    // RocksDB looks for room every few seconds; until it has found some, it refuses clearly.
    static async Task GoOnAsync(World world, ulong seed, Promises promises, string because)
    {
        const int Number = 60_000, Tries = 600;
        for (int i = 0; i < Tries; i++)
        {
            try
            {
                IReadOnlyList<FileRef> added = await world.AddAsync([(Number, Content.Of(seed, Number, 5_500_000))]);
                promises.Add(new Fact(FactKind.Durable, Number, added[0]));
                world.Collect(seed);
                return;
            }
            catch (StoreException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            }
        }
        Assert.Fail($"there is room, and it doesn't go on {because}");
    }

    [FactWhenMountable]
    public async Task A_store_on_a_full_disk_says_so_and_opens_when_there_is_room()
    {
        using LimitedDisk disk = new(64);
        string data = Path.Combine(disk.Path, "data"), ballast = Path.Combine(disk.Path, "ballast");
        Promises promises = new(1);
        using (World world = new(data)) await new Mix(world, 1, promises.Add).PlayAsync(5);
        await File.WriteAllBytesAsync(ballast, new byte[disk.FreeBytes]);
        StoreException full = Assert.Throws<StoreException>(() => new World(data));
        Assert.Contains("disk is full", full.Message);
        File.Delete(ballast);
        using World again = new(data);
        await promises.RequireWholeAsync(again, "opened once there is room");
    }

    // Ballast leaves a little room; what is written then meets the end of it in the middle. Takes the ballast away afterwards.
    static async Task FillAsync(World world, LimitedDisk disk, ulong seed, Promises promises, string because)
    {
        Mix mix = new(world, seed, promises.Add);
        await mix.PlayAsync(10);
        string ballast = Path.Combine(disk.Path, "ballast");
        int room = (1 << 20) + RandomSource.Seeded(seed).Below(6 << 20);
        await File.WriteAllBytesAsync(ballast, new byte[Math.Max(0, disk.FreeBytes - room)]);
        StoreException? full = null;
        for (int i = 0; i < 200 && full is null; i++)
        {
            try
            {
                int number = 50_000 + i, size = i % 3 == 2 ? 5_500_000 : 60_000 * (i + 1);
                IReadOnlyList<FileRef> added = await world.AddAsync([(number, Content.Of(seed, number, size))]);
                promises.Add(new Fact(FactKind.Durable, number, added[0]));
            }
            catch (StoreException fault)
            {
                full = fault;
            }
        }
        Assert.True(full != null && full.Message.Contains("disk", StringComparison.Ordinal) && full.Hint != null, $"no clear error: {full?.Message} {because}");
        File.Delete(ballast);
    }
}
