using System.Text.Json;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Host.Tests;

/// <summary>Daemons as a user has them: processes of the real program that meet over loopback.</summary>
public sealed class DaemonTests
{
    static async Task<string> TicketAsync(RunningDaemon from, string role = "write") => (await from.JsonAsync("invite", "photos", "--role", role)).GetProperty("ticket").GetString()!;

    static async Task InStepAsync(RunningDaemon one, RunningDaemon other) => await RunningDaemon.UntilAsync(async () =>
        await one.TextAsync("root", "photos") == await other.TextAsync("root", "photos")
        && (await other.JsonAsync("daemon", "status")).GetProperty("vaults")[0] is var vault && vault.GetProperty("missingBlocks").GetInt64() == 0 && !vault.GetProperty("searching").GetBoolean());

    [Fact]
    public async Task Two_machines_and_one_ticket_and_the_files_appear()
    {
        using TestFolder folder = new();
        byte[] photo = RandomSource.Seeded(1).Bytes(3_000_000), note = "written on the other side"u8.ToArray();
        await using RunningDaemon first = await RunningDaemon.StartAsync(folder["first"]), second = await RunningDaemon.StartAsync(folder["second"]);
        await first.RunAsync(null, "create", "photos");
        await first.RunAsync(photo, "add", "photos", "-", "--as", "2026/sea.jpg");
        string ticket = await TicketAsync(first);
        JsonElement joined = await second.JsonAsync("join", ticket);
        Assert.Equal("photos", joined.GetProperty("name").GetString());

        await InStepAsync(first, second);
        Assert.Equal(photo, await second.RunAsync(null, "cat", "photos", "2026/sea.jpg"));
        await second.RunAsync(note, "add", "photos", "-", "--as", "note.txt");
        await InStepAsync(second, first);
        Assert.Equal(note, await first.RunAsync(null, "cat", "photos", "note.txt"));

        JsonElement status = (await second.JsonAsync("status", "photos")).GetProperty("vaults")[0];
        Assert.Equal((0, 0), (status.GetProperty("missingBlocks").GetInt64(), status.GetProperty("missingBytes").GetInt64()));
        await RunningDaemon.UntilAsync(async () => (await second.TextAsync("status", "photos", "--json")).Contains($"\"inStepWith\":[\"{first.Peer}\"]", StringComparison.Ordinal));

        string members = await first.TextAsync("members", "photos", "--json");
        Assert.Contains(first.Peer, members);
        Assert.Contains(second.Peer, members);
        Assert.Contains("\"inStep\":true", await second.TextAsync("peers", "--json"));

        await using RunningDaemon third = await RunningDaemon.StartAsync(folder["third"]);
        (int code, _, string error) = await third.TryAsync(null, "join", ticket);
        Assert.Equal((1, true), (code, error.Contains("this ticket was used by another device: ask for a new one", StringComparison.Ordinal)));
        Assert.Equal(0, await second.StopAsync());
    }

    [Fact]
    public async Task A_member_that_may_let_nobody_in_keeps_no_ticket_from_another_that_may()
    {
        using TestFolder folder = new();
        await using RunningDaemon issuer = await RunningDaemon.StartAsync(folder["issuer"]);
        await using RunningDaemon reader = await RunningDaemon.StartAsync(folder["reader"], 0), writer = await RunningDaemon.StartAsync(folder["writer"]);
        await issuer.RunAsync(null, "create", "photos");
        await reader.RunAsync(null, "join", await TicketAsync(issuer, "read"));
        await writer.RunAsync(null, "join", await TicketAsync(issuer));
        string ticket = await TicketAsync(issuer);
        byte[] network = await issuer.RunAsync(null, "swarm-key", "show", "--reveal");
        await InStepAsync(issuer, reader);
        await InStepAsync(issuer, writer);
        // The issuer is away. The joiner meets the reader at the issuer's address, and knows the writer by having dialed it.
        Assert.Equal(0, await issuer.StopAsync());
        Assert.Equal(0, await reader.StopAsync());
        await using RunningDaemon instead = await RunningDaemon.StartAsync(folder["reader"], issuer.Port);
        await using RunningDaemon joiner = await RunningDaemon.StartAsync(folder["joiner"]);
        string key = Path.Combine(folder["joiner"], "theirs");
        await File.WriteAllBytesAsync(key, network);
        await joiner.RunAsync(null, "swarm-key", "import", key);
        await joiner.RunAsync(null, "dial", instead.Ready.GetProperty("listen")[0].GetString()!);
        await joiner.RunAsync(null, "dial", writer.Ready.GetProperty("listen")[0].GetString()!);
        JsonElement joined = await joiner.JsonAsync("join", ticket);
        Assert.Equal(("photos", writer.Peer), (joined.GetProperty("name").GetString(), joined.GetProperty("through").GetString()));
        await instead.StopAsync();
        (int code, _, string error) = await joiner.TryAsync(null, "join", ticket);
        Assert.Equal((1, true), (code, error.Contains("in that vault already", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Who_was_killed_or_away_has_everything_again_after_it_comes_back()
    {
        using TestFolder folder = new();
        await using RunningDaemon first = await RunningDaemon.StartAsync(folder["first"]);
        await first.RunAsync(null, "create", "photos");
        await using (RunningDaemon second = await RunningDaemon.StartAsync(folder["second"]))
        {
            await second.RunAsync(null, "join", await TicketAsync(first));
            await first.RunAsync(RandomSource.Seeded(2).Bytes(20_000_000), "add", "photos", "-", "--as", "large");
            await second.KillAsync(); // perhaps in the middle of it
        }
        await first.RunAsync("while it was away"u8.ToArray(), "add", "photos", "-", "--as", "later");
        (_, byte[] lacking, _) = await RunningDaemon.TryAsync(folder["second"], null, "status", "photos", "--json");
        JsonElement vault = JsonDocument.Parse(lacking).RootElement.GetProperty("vaults")[0];
        // Whatever had come when it was killed: blocks are missing if and only if bytes are.
        Assert.Equal(vault.GetProperty("missingBlocks").GetInt64() > 0, vault.GetProperty("missingBytes").GetInt64() > 0);
        await using RunningDaemon back = await RunningDaemon.StartAsync(folder["second"]);
        await InStepAsync(first, back);
        Assert.Equal(RandomSource.Seeded(2).Bytes(20_000_000), await back.RunAsync(null, "cat", "photos", "large"));
        Assert.Equal("while it was away"u8.ToArray(), await back.RunAsync(null, "cat", "photos", "later"));
        Assert.Equal(0, (await back.TryAsync(null, "verify")).Code);
    }

    [Fact]
    public async Task Who_is_put_out_gets_nothing_more()
    {
        using TestFolder folder = new();
        await using RunningDaemon first = await RunningDaemon.StartAsync(folder["first"]), second = await RunningDaemon.StartAsync(folder["second"]);
        await first.RunAsync(null, "create", "photos");
        await second.RunAsync(null, "join", await TicketAsync(first, "read"));
        await InStepAsync(first, second);
        Assert.True((await first.JsonAsync("revoke", "photos", second.Peer)).GetProperty("newEpoch").GetBoolean());
        await first.RunAsync("secret"u8.ToArray(), "add", "photos", "-", "--as", "secret");
        await RunningDaemon.UntilAsync(async () => !(await first.TextAsync("peers", "--json")).Contains("\"inStep\":true", StringComparison.Ordinal));
        Assert.DoesNotContain("secret", await second.TextAsync("ls", "photos"));
    }

    [Fact]
    public async Task What_a_device_wrote_and_deleted_stays_so_when_it_is_revoked()
    {
        using TestFolder folder = new();
        await using RunningDaemon first = await RunningDaemon.StartAsync(folder["first"]), second = await RunningDaemon.StartAsync(folder["second"]);
        await first.RunAsync(null, "create", "photos");
        await first.RunAsync("old"u8.ToArray(), "add", "photos", "-", "--as", "unwanted");
        await second.RunAsync(null, "join", await TicketAsync(first, "write"));
        await InStepAsync(first, second);
        await second.RunAsync(null, "rm", "photos", "unwanted");
        await second.RunAsync("new"u8.ToArray(), "add", "photos", "-", "--as", "written");
        await RunningDaemon.UntilAsync(async () => (await first.TextAsync("ls", "photos")).Contains("written", StringComparison.Ordinal));
        await first.RunAsync(null, "revoke", "photos", second.Peer);
        string listing = await first.TextAsync("ls", "photos");
        Assert.Contains("written", listing);
        Assert.DoesNotContain("unwanted", listing);
    }

    [Fact]
    public async Task Who_isnt_there_is_told_of_in_one_sentence_and_ends_nothing()
    {
        using TestFolder folder = new();
        string address;
        await using (RunningDaemon second = await RunningDaemon.StartAsync(folder["second"]), first = await RunningDaemon.StartAsync(folder["first"]))
        {
            byte[] key = await second.RunAsync(null, "swarm-key", "show", "--reveal");
            string file = Path.Combine(folder["first"], "theirs");
            await File.WriteAllBytesAsync(file, key);
            await first.RunAsync(null, "swarm-key", "import", file);
            address = second.Ready.GetProperty("listen")[0].GetString()!;
            await first.RunAsync(null, "dial", address);
            Assert.Equal(0, await second.StopAsync());
            Assert.Equal(0, await first.StopAsync());
        }
        // From now on it looks for the other by itself, and nobody listens there.
        await using RunningDaemon again = await RunningDaemon.StartAsync(folder["first"]);
        await RunningDaemon.UntilAsync(async () => (await again.TextAsync("peers", "--json")).Contains("refused", StringComparison.OrdinalIgnoreCase));
        (int code, _, string error) = await again.TryAsync(null, "dial", address);
        Assert.Equal((1, true, false), (code, error.Contains("refused", StringComparison.OrdinalIgnoreCase), error.Contains("bug", StringComparison.Ordinal)));
        Assert.Equal(0, await again.StopAsync());
    }

    [Fact]
    public async Task A_second_start_says_who_runs_and_the_end_of_the_first_leaves_the_folder_to_others()
    {
        using TestFolder folder = new();
        await using RunningDaemon first = await RunningDaemon.StartAsync(folder["first"]);
        (int code, _, string error) = await first.TryAsync(null, "daemon", "run");
        Assert.Equal((1, true), (code, error.Contains("in use by process", StringComparison.Ordinal)));
        Assert.Equal(0, await first.StopAsync());
        (code, _, error) = await first.TryAsync(null, "daemon", "status");
        Assert.Equal((1, true), (code, error.Contains("no daemon is running here", StringComparison.Ordinal)));
        Assert.Equal(0, (await first.TryAsync(null, "create", "photos")).Code);
    }
}
