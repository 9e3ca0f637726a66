using System.Text.Json;
using Vault.Chat;
using Vault.Identity;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Host.Tests;

/// <summary>Who may read and write in a chat, and a device whose past came back: daemons of the real program.</summary>
public sealed class ChatMembersTests
{
    static async Task JoinAsync(RunningDaemon first, params RunningDaemon[] others)
    {
        await first.RunAsync(null, "create", "photos");
        foreach (RunningDaemon other in others) await other.RunAsync(null, "join", "--name", "photos", (await first.JsonAsync("invite", "photos", "--role", "read")).GetProperty("ticket").GetString()!);
    }

    static async Task<JsonElement[]> LogAsync(RunningDaemon at) =>
        [.. (await at.TextAsync("chat", "log", "photos", "--json")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    static async Task<IReadOnlyList<string?>> SaidAsync(RunningDaemon at) => [.. (await LogAsync(at)).Select(line => line.GetProperty("text").GetString())];

    static Task UntilSaidAsync(RunningDaemon at, params string[] texts) => RunningDaemon.UntilAsync(async () => (await SaidAsync(at)).SequenceEqual(texts));

    [Fact]
    public async Task A_reader_who_is_put_out_cant_read_what_is_said_from_then_on_even_with_the_bytes()
    {
        using TestFolder folder = new();
        string revokedFolder = folder["revoked"];
        await using (RunningDaemon first = await RunningDaemon.StartAsync(folder["first"]), stays = await RunningDaemon.StartAsync(folder["stays"]))
        {
            await using (RunningDaemon revoked = await RunningDaemon.StartAsync(revokedFolder))
            {
                await JoinAsync(first, stays, revoked);
                await first.RunAsync(null, "chat", "send", "photos", "before");
                await UntilSaidAsync(stays, "before");
                await UntilSaidAsync(revoked, "before");
                Assert.True((await first.JsonAsync("revoke", "photos", revoked.Peer)).GetProperty("newEpoch").GetBoolean());
                await first.RunAsync(null, "chat", "send", "photos", "after");
                await UntilSaidAsync(stays, "before", "after");
                await stays.RunAsync(null, "chat", "send", "photos", "by one who stays");
                await UntilSaidAsync(first, "before", "after", "by one who stays");
                Assert.Equal<string?>(["before"], await SaidAsync(revoked)); // and nothing is brought to it
                Assert.NotEqual(0, (await first.TryAsync(null, "chat", "send", "photos", "--reply", "ffffffff", "x")).Code);
            }
        }
        // Suppose that it got the bytes all the same.
        using Home ours = await RunningDaemon.OpenAsync(folder["first"]), theirs = await RunningDaemon.OpenAsync(revokedFolder), another = await RunningDaemon.OpenAsync(folder["stays"]);
        ChatLog log = ours.Vault(ours.Ring.Entries.Single().Keys).Chat;
        SignedMessage[] messages = [.. log.Heads.SelectMany(head => log.Range(head.Feed, 1, (int)head.Sequence)).OrderBy(message => message.Header.Time)];
        Assert.Equal<string?>(["before", "after", "by one who stays"], messages.Select(message => Opened(another, message)));
        Assert.Equal<string?>(["before", null, null], messages.Select(message => Opened(theirs, message)));
    }

    static string? Opened(Home by, SignedMessage message) => new BodySealer(by.Ring.Entries.Single().Keys, RandomSource.System).Open(message.Header, message.Body!.Value.Span)?.Text;

    [Fact]
    public async Task Readers_write_messages_until_an_admin_says_otherwise()
    {
        using TestFolder folder = new();
        await using RunningDaemon first = await RunningDaemon.StartAsync(folder["first"]), reader = await RunningDaemon.StartAsync(folder["reader"]);
        await JoinAsync(first, reader);
        await reader.RunAsync(null, "chat", "send", "photos", "may I?");
        await UntilSaidAsync(first, "may I?");
        Assert.Equal("messages in photos are written by those who may change files", await first.TextAsync("chat", "allow", "photos", "writers"));
        await RunningDaemon.UntilAsync(async () => (await reader.TryAsync(null, "chat", "send", "photos", "still?")) is { Code: 1 } refused && refused.Error.Contains("may not write", StringComparison.Ordinal));
        await first.RunAsync(null, "chat", "allow", "photos", "readers");
        await RunningDaemon.UntilAsync(async () => (await reader.TryAsync(null, "chat", "send", "photos", "again")).Code == 0);
        await RunningDaemon.UntilAsync(async () => (await SaidAsync(first)).Contains("again"));
        Assert.NotEqual(0, (await reader.TryAsync(null, "chat", "allow", "photos", "writers")).Code); // not for a reader to say
    }

    [Fact]
    public async Task A_device_that_came_back_from_a_copy_is_told_what_it_said_and_goes_on_after_it()
    {
        using TestFolder folder = new();
        await using RunningDaemon first = await RunningDaemon.StartAsync(folder["first"]);
        int port = await CopyBetweenMessagesAsync(folder, first);
        await using RunningDaemon restored = await RunningDaemon.StartAsync(folder["copy"], port);
        await UntilSaidAsync(restored, "one", "two");
        await restored.RunAsync(null, "chat", "send", "photos", "three");
        await UntilSaidAsync(first, "one", "two", "three");
        Assert.Equal([1, 2, 3], (await LogAsync(first)).Select(line => line.GetProperty("seq").GetInt32()));
        Assert.True((await first.JsonAsync("chat", "verify", "photos")).GetProperty("ok").GetBoolean());
        Assert.True((await restored.JsonAsync("chat", "verify", "photos")).GetProperty("ok").GetBoolean());
    }

    [Fact]
    public async Task What_a_copy_says_before_it_met_anybody_is_a_fork_that_all_see_and_a_new_chain_goes_on()
    {
        using TestFolder folder = new();
        await using RunningDaemon first = await RunningDaemon.StartAsync(folder["first"]);
        int port = await CopyBetweenMessagesAsync(folder, first);
        // Without a daemon nobody can tell it.
        Assert.Equal(0, (await RunningDaemon.TryAsync(folder["copy"], null, "chat", "send", "photos", "another two")).Code);
        await using RunningDaemon restored = await RunningDaemon.StartAsync(folder["copy"], port);
        foreach (RunningDaemon daemon in (RunningDaemon[])[first, restored])
        {
            await RunningDaemon.UntilAsync(async () => JsonDocument.Parse((await daemon.TryAsync(null, "chat", "verify", "photos", "--json")).Output).RootElement.GetProperty("forks").GetArrayLength() == 1);
            (int code, byte[] output, _) = await daemon.TryAsync(null, "chat", "verify", "photos", "--json");
            JsonElement fork = JsonDocument.Parse(output).RootElement.GetProperty("forks")[0];
            Assert.Equal((1, restored.Peer, 2), (code, fork.GetProperty("device").GetString(), fork.GetProperty("seq").GetInt32()));
        }
        await restored.RunAsync(null, "chat", "send", "photos", "on a new chain");
        await RunningDaemon.UntilAsync(async () => (await SaidAsync(first)).Contains("on a new chain"));
        Assert.DoesNotContain("two", await SaidAsync(first)); // nobody can say which of the two is to be believed
        Assert.Contains("has signed two different messages 2", (await first.TryAsync(null, "chat", "log", "photos")).Error, StringComparison.Ordinal);
    }

    /// <summary>A second device says "one", is copied, and says "two". Returns the port at which it listened.</summary>
    static async Task<int> CopyBetweenMessagesAsync(TestFolder folder, RunningDaemon first)
    {
        int port;
        await using (RunningDaemon second = await RunningDaemon.StartAsync(folder["second"]))
        {
            port = second.Port;
            await JoinAsync(first, second);
            await second.RunAsync(null, "chat", "send", "photos", "one");
            await UntilSaidAsync(first, "one");
            await second.StopAsync();
        }
        Copy(folder["second"], folder["copy"]);
        await using (RunningDaemon second = await RunningDaemon.StartAsync(folder["second"], port))
        {
            await second.RunAsync(null, "chat", "send", "photos", "two");
            await UntilSaidAsync(first, "one", "two");
            await second.StopAsync();
        }
        return port;
    }

    static void Copy(string from, string to)
    {
        foreach (string path in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, path));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            if (!path.EndsWith(".sock", StringComparison.Ordinal)) File.Copy(path, target);
        }
    }
}
