using System.Text.Json;
using Vault.Blocks;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Host.Tests;

/// <summary>Five daemons of which each block lies on three: what restarts, what rots, who is killed while it heals, and who only says that it has something.</summary>
public sealed class HealingTests
{
    static readonly TimeSpan patience = TimeSpan.FromMinutes(10); // daemons that were killed meanwhile, and hear late of one another

    const int Copies = 3, Devices = 5, Damaged = 100;

    /// <summary>Blocks are some 200 KB.</summary>
    static readonly byte[] film = RandomSource.Seeded(1).Bytes(LongRun.Cases(few: 10_000_000, many: 100_000_000));

    [Fact]
    public async Task Who_claims_everything_and_holds_nothing_makes_no_daemon_free_a_last_copy()
    {
        using TestFolder folder = new();
        byte[] photo = RandomSource.Seeded(2).Bytes(3_000_000);
        await Offline("create", null, "photos", "--copies", "1");
        await Offline("add", photo, "photos", "-", "--as", "sea.jpg");
        HashSet<BlockId> all = await StoredBlocks.OfAsync(folder["owner"], "photos");
        await using RunningDaemon owner = await RunningDaemon.StartAsync(folder["owner"]);
        await using HostileMember liar = await HostileMember.JoinAsync(await owner.InviteAsync(), owner);
        using CancellationTokenSource stop = new();
        Task claiming = liar.ClaimAsync(owner, all, stop.Token);
        await RunningDaemon.UntilAsync(async () => await ClaimAsync() is { } claim && claim.GetProperty("blocks").GetInt64() == all.Count && claim.GetProperty("connected").GetBoolean());

        JsonElement freed = await owner.AskAsync("free", new { vault = "photos", path = "sea.jpg", min = 1 });
        Assert.Equal((0, 0), (freed.GetProperty("freed").GetInt64(), freed.GetProperty("freedBytes").GetInt64()));
        Assert.Equal(0, freed.GetProperty("fewest").GetInt32());
        await RunningDaemon.UntilAsync(async () => (await ClaimAsync())?.GetProperty("state").GetString() is "liar" or null);
        (int code, _, string error) = await owner.TryAsync(null, "free", "photos", "sea.jpg", "--min", "1");
        Assert.Equal((1, true), (code, error.Contains("none is within reach", StringComparison.Ordinal)));
        Assert.Equal(photo, await owner.RunAsync(null, "cat", "photos", "sea.jpg"));
        await stop.CancelAsync();
        await claiming;
        await owner.KillAsync();
        Assert.Subset(await StoredBlocks.OfAsync(owner.Folder, "photos"), all);

        async Task<JsonElement?> ClaimAsync() => (await owner.AskAsync("whereis", new { vault = "photos" })).GetProperty("holders").EnumerateArray()
            .Where(holder => !holder.GetProperty("self").GetBoolean()).Select(holder => (JsonElement?)holder).SingleOrDefault();

        async Task Offline(string command, byte[]? input, params string[] arguments) =>
            Assert.Equal((0, ""), await RunningDaemon.TryAsync(folder["owner"], input, [command, .. arguments]) is var (code, _, error) ? (code, code == 0 ? "" : error) : default);
    }

    [Fact]
    public async Task Restarts_move_next_to_nothing_and_what_rots_or_is_lost_comes_back_though_healers_are_killed()
    {
        using TestFolder folder = new();
        RunningDaemon founder = await RunningDaemon.StartAsync(folder["1"]);
        List<RunningDaemon> all = [founder]; // those that run
        try
        {
            await founder.RunAsync(null, "create", "photos", "--copies", $"{Copies}", "--min-copies", $"{Copies}");
            await founder.RunAsync(film, "add", "photos", "-", "--as", "film");
            for (int number = 2; number <= Devices; number++)
            {
                RunningDaemon joins = await RunningDaemon.StartAsync(folder[$"{number}"]);
                all.Add(joins);
                await joins.MeetAsync(founder);
                await joins.AskAsync("join", new { ticket = await founder.InviteAsync("read"), name = "photos", capacity = 1_000_000_000, @class = "server" });
                foreach (RunningDaemon other in all[1..^1]) await joins.RunAsync(null, "dial", other.Address);
            }
            await WholeAsync();
            foreach (RunningDaemon device in all) await RunningDaemon.UntilAsync(async () => await HealingAsync(device) == 0);

            // All of them in turn, the founder last.
            double moved = -await SumAsync();
            foreach (int i in Enumerable.Range(1, Devices - 1).Append(0))
            {
                moved += await ReceivedAsync(all[i]); // its count begins anew
                Assert.Equal(0, await all[i].TerminateAsync());
                await AgainAsync(i);
                await ConnectedAsync();
            }
            await WholeAsync();
            Assert.InRange(moved + await SumAsync(), 0, film.Length / 100);

            if (!LongRun.Enabled) return; // minutes: a device that was killed waits for half a minute before it heals again

            // Blocks that rot on one.
            RunningDaemon rotten = await FullestAsync();
            RandomSource random = RandomSource.Seeded(3);
            for (int i = 0; i < Damaged; i++) StoredBlocks.Damage(rotten.Folder, length => (long)(random.NextUInt64() % (ulong)length));
            Assert.False(await rotten.IsWellAsync());
            await RunningDaemon.UntilAsync(async () => await MissingAsync() > 0);
            await WholeAsync();

            RunningDaemon lost = await FullestAsync();
            await lost.DisposeAsync(); // which kills it
            all.Remove(lost);
            for (int strike = 0; strike < 4; strike++)
            {
                int healer = 1 + strike % (all.Count - 1);
                double before = await ReceivedAsync(all[healer]);
                await RunningDaemon.UntilAsync(async () => await ReceivedAsync(all[healer]) > before || await MissingAsync(lost) == 0, patience);
                await all[healer].KillAsync();
                await AgainAsync(healer);
            }
            await WholeAsync(lost);
            foreach (RunningDaemon device in all) Assert.Equal(film, await device.RunAsync(null, "cat", "photos", "film")); // with what others hold
        }
        finally
        {
            foreach (RunningDaemon device in all) await device.DisposeAsync();
        }

        async Task AgainAsync(int i)
        {
            RunningDaemon before = all[i];
            all[i] = await RunningDaemon.StartAsync(before.Folder, before.Port);
            await before.DisposeAsync();
        }

        // A share isn't missing anything by itself: who lacks which copies is for the founder to say, which has been told by all of them.
        async Task<long> MissingAsync(params RunningDaemon[] lost) =>
            (await all[0].AskAsync("whatif", new { vault = "photos", lose = lost.Select(device => device.Peer) })).GetProperty("healBlocks").GetInt64();

        // As it sees it itself: what it hasn't heard of yet is short to it.
        static async Task<long> HealingAsync(RunningDaemon device) => (await device.AskAsync("status", new { vault = "photos" })).GetProperty("vaults")[0].GetProperty("copies").GetProperty("healing").GetInt64();

        async Task<JsonElement[]> HoldersAsync() => [.. (await all[0].AskAsync("whereis", new { vault = "photos" })).GetProperty("holders").EnumerateArray()];

        async Task WholeAsync(params RunningDaemon[] lost) => await RunningDaemon.UntilAsync(async () => await MissingAsync(lost) == 0
            && (await HoldersAsync()).Where(holder => lost.All(device => device.Peer != holder.GetProperty("peer").GetString())).ToArray() is { Length: > 2 } holders
            && holders.All(holder => holder.GetProperty("connected").GetBoolean() && holder.GetProperty("state").GetString() == "proven"), patience);

        Task ConnectedAsync() => RunningDaemon.UntilAsync(async () =>
        {
            JsonElement[] vaults = await Task.WhenAll(all.Select(device => device.VaultAsync()));
            return vaults.All(vault => vault.GetProperty("inStepWith").GetArrayLength() == all.Count - 1);
        });

        async Task<RunningDaemon> FullestAsync() => await HoldersAsync() is var holders && holders.Where(holder => !holder.GetProperty("self").GetBoolean()).MaxBy(holder => holder.GetProperty("blocks").GetInt64()) is var fullest
            ? all.Single(device => device.Peer == fullest.GetProperty("peer").GetString()) : all[0];

        async Task<double> SumAsync() => (await Task.WhenAll(all.Select(ReceivedAsync))).Sum();

        static async Task<double> ReceivedAsync(RunningDaemon device) => (await device.AskAsync("daemon")).GetProperty("vaults").EnumerateArray().Select(vault => vault.GetProperty("receivedBytes").GetInt64()).FirstOrDefault();
    }
}
