using System.Text;
using System.Text.Json;
using Vault.Blocks;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Host.Tests;

/// <summary>Copies of a vault's blocks among daemons: who holds what, what heals, what may go.</summary>
public sealed class CopiesTests
{
    static readonly byte[] photo = RandomSource.Seeded(1).Bytes(3_000_000);

    static async Task JoinAsync(RunningDaemon from, RunningDaemon device, string role = "write", params string[] offer) =>
        await device.RunAsync(null, ["join", (await from.JsonAsync("invite", "photos", "--role", role)).GetProperty("ticket").GetString()!, "--name", "photos", .. offer]);

    static async Task<(long Blocks, JsonElement[] Holders, JsonElement All)> WhereIsAsync(RunningDaemon at)
    {
        JsonElement found = await at.JsonAsync("whereis", "photos");
        return (found.GetProperty("blocks").GetInt64(), [.. found.GetProperty("holders").EnumerateArray()], found);
    }

    static long Blocks(JsonElement holder) => holder.GetProperty("blocks").GetInt64();

    static async Task ProvenAsync(RunningDaemon at, int devices) => await RunningDaemon.UntilAsync(async () =>
        await WhereIsAsync(at) is var (blocks, holders, _) && blocks > 1 && holders.Count(holder => Blocks(holder) == blocks && holder.GetProperty("state").GetString() == "proven") == devices);

    static async Task<long> StoredAsync(RunningDaemon of) => JsonDocument.Parse((await of.TryAsync(null, "verify", "photos", "--json")).Output).RootElement.GetProperty("bytes").GetInt64();

    [Fact]
    public async Task Bytes_go_only_when_enough_others_have_proven_theirs_and_come_back_when_they_are_wanted()
    {
        using TestFolder folder = new();
        await using RunningDaemon first = await RunningDaemon.StartAsync(folder["first"]), second = await RunningDaemon.StartAsync(folder["second"]), third = await RunningDaemon.StartAsync(folder["third"]);
        await first.RunAsync(null, "create", "photos", "--copies", "2");
        await first.RunAsync(photo, "add", "photos", "-", "--as", "sea.jpg");
        (int code, _, string error) = await first.TryAsync(null, "free", "photos", "sea.jpg");
        Assert.Equal((1, true), (code, error.Contains("none is within reach", StringComparison.Ordinal)));
        await JoinAsync(first, second);
        await ProvenAsync(first, 2);
        (code, _, error) = await first.TryAsync(null, "free", "photos", "sea.jpg");
        Assert.Equal((1, true), (code, error.Contains("2 copies must be elsewhere, and one is within reach", StringComparison.Ordinal)));
        await JoinAsync(first, third);
        await ProvenAsync(first, 3);

        JsonElement freed = await first.JsonAsync("free", "photos", "sea.jpg");
        Assert.Equal((1, 0), (freed.GetProperty("freed").GetInt64(), freed.GetProperty("keptBlocks").GetInt64()));
        Assert.InRange(await StoredAsync(first), 0, 100_000);
        JsonElement status = (await first.JsonAsync("status", "photos")).GetProperty("vaults")[0];
        Assert.Equal((0, 0), (status.GetProperty("missingBlocks").GetInt64(), status.GetProperty("missingBytes").GetInt64()));

        // Whoever promised to keep its copy doesn't free it, whatever its user asks for: no device is left to count on anyway.
        (code, _, _) = await second.TryAsync(null, "free", "photos", "sea.jpg", "--min", "1");
        Assert.Equal(1, code);
        Assert.Equal(photo, await second.RunAsync(null, "cat", "photos", "sea.jpg"));

        (code, byte[] output, _) = await first.TryAsync(null, "whatif", "photos", "--lose", second.Peer, third.Peer, "--json");
        JsonElement loss = JsonDocument.Parse(output).RootElement;
        Assert.Equal((1, "sea.jpg"), (code, loss.GetProperty("lost")[0].GetProperty("path").GetString()));
        Assert.Equal(0, (await first.TryAsync(null, "whatif", "photos", "--lose", second.Peer)).Code);

        await first.RunAsync(null, "keep", "photos", "sea.jpg");
        await RunningDaemon.UntilAsync(async () => await StoredAsync(first) > photo.Length);
        Assert.Equal(photo, await first.RunAsync(null, "cat", "photos", "sea.jpg"));

        // A folder in step shows everything, also what was freed before.
        await first.RunAsync(null, "free", "photos", "sea.jpg");
        Directory.CreateDirectory(folder["shown"]);
        await first.RunAsync(null, "watch", "photos", folder["shown"]);
        string shown = Path.Combine(folder["shown"], "sea.jpg");
        await RunningDaemon.UntilAsync(() => Task.FromResult(File.Exists(shown)));
        Assert.Equal(photo, await File.ReadAllBytesAsync(shown));
    }

    [Fact]
    public async Task What_was_on_a_lost_device_is_copied_by_those_that_offer_space_and_one_without_keys_reads_nothing()
    {
        using TestFolder folder = new();
        await using RunningDaemon first = await RunningDaemon.StartAsync(folder["first"]);
        await first.RunAsync(null, "create", "photos", "--copies", "3", "--min-copies", "3");
        byte[] note = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("a sentence that nobody else shall read; ", 50)));
        await first.RunAsync(photo, "add", "photos", "-", "--as", "holiday-at-the-sea.jpg");
        await first.RunAsync(note, "add", "photos", "-", "--as", "diary-of-a-summer.txt");
        RunningDaemon[] others = await Task.WhenAll(Enumerable.Range(2, 4).Select(number => RunningDaemon.StartAsync(folder[$"{number}"])));
        try
        {
            await File.WriteAllBytesAsync(folder["network"], await first.RunAsync(null, "swarm-key", "show", "--reveal"));
            foreach (RunningDaemon other in others)
            {
                await other.RunAsync(null, "swarm-key", "import", folder["network"]);
                await JoinAsync(first, other, other == others[0] ? "blind" : "read", "--capacity", "1GB", "--class", "server");
                await Task.WhenAll(others.TakeWhile(one => one != other).Select(one => one.RunAsync(null, "dial", other.Ready.GetProperty("listen")[0].GetString()!)));
            }
            await EnoughAsync(devices: 5);
            string lost = (await WhereIsAsync(first)).Holders.Where(holder => !holder.GetProperty("self").GetBoolean()).MaxBy(Blocks).GetProperty("peer").GetString()!;
            RunningDaemon victim = others.Single(other => other.Peer == lost);
            await victim.KillAsync();
            await EnoughAsync(devices: 4);
            (long blocks, JsonElement[] holders, _) = await WhereIsAsync(first);
            Assert.All(holders.Where(holder => !holder.GetProperty("self").GetBoolean()), holder => Assert.InRange(Blocks(holder), 1, blocks));

            RunningDaemon blind = others[0];
            if (blind != victim) Assert.True(await StoredAsync(blind) > 0);
            await blind.KillAsync();
            string[] secrets = ["holiday-at-the-sea", "diary-of-a-summer", "nobody else shall read"];
            foreach (string file in Directory.EnumerateFiles(blind.Folder, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".sock", StringComparison.Ordinal)))
            {
                string bytes = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file));
                Assert.All(secrets, secret => Assert.DoesNotContain(secret, bytes, StringComparison.Ordinal));
            }
        }
        finally
        {
            foreach (RunningDaemon other in others) await other.DisposeAsync();
        }

        // The one inner block is held by everyone, leaves by three: the mirror and two that offer space.
        async Task EnoughAsync(int devices) => await RunningDaemon.UntilAsync(async () => await WhereIsAsync(first) is var (blocks, holders, _) && blocks > 2
            && holders.Where(holder => holder.GetProperty("connected").GetBoolean()).Sum(Blocks) >= 3 * blocks + devices - 3);
    }

    [Fact]
    public async Task What_rots_on_one_disk_comes_back_from_another()
    {
        using TestFolder folder = new();
        await using RunningDaemon first = await RunningDaemon.StartAsync(folder["first"]), second = await RunningDaemon.StartAsync(folder["second"]);
        await first.RunAsync(null, "create", "photos");
        await first.RunAsync(photo, "add", "photos", "-", "--as", "sea.jpg");
        await JoinAsync(first, second);
        await ProvenAsync(first, 2);
        await second.StopAsync();
        string segment = Directory.GetFiles(Path.Combine(second.Folder, SegmentFiles.FolderName), "*.seg").MaxBy(path => new FileInfo(path).Length)!;
        byte[] bytes = await File.ReadAllBytesAsync(segment);
        for (int at = bytes.Length / 8; at < bytes.Length; at += bytes.Length / 4) bytes[at] ^= 1;
        await File.WriteAllBytesAsync(segment, bytes);
        (int code, _, _) = await second.TryAsync(null, "verify"); // before a daemon runs, whose proofs and readers find it too
        Assert.Equal(1, code);
        await using RunningDaemon back = await RunningDaemon.StartAsync(second.Folder, second.Port);
        await RunningDaemon.UntilAsync(async () => (await back.TryAsync(null, "verify")).Code == 0);
        Assert.Equal(photo, await back.RunAsync(null, "cat", "photos", "sea.jpg"));
    }
}
