using System.Text.Json;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Host.Tests;

/// <summary>A chat between daemons, as processes of the real program.</summary>
public sealed class ChatDaemonTests
{
    static async Task JoinAsync(RunningDaemon first, RunningDaemon second)
    {
        await first.RunAsync(null, "create", "photos");
        await second.RunAsync(null, "join", "--name", "photos", (await first.JsonAsync("invite", "photos", "--role", "read")).GetProperty("ticket").GetString()!);
    }

    static async Task<string[]> SaidAsync(RunningDaemon at) => [.. (await LogAsync(at)).Select(line => line.GetProperty("text").GetString()!)];

    static async Task<JsonElement[]> LogAsync(RunningDaemon at) =>
        [.. (await at.TextAsync("chat", "log", "photos", "--json")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    [Fact]
    public async Task What_is_said_on_one_machine_is_on_the_other_and_waits_for_who_is_away()
    {
        using TestFolder folder = new();
        await using RunningDaemon first = await RunningDaemon.StartAsync(folder["first"]);
        await using (RunningDaemon second = await RunningDaemon.StartAsync(folder["second"]))
        {
            await JoinAsync(first, second);
            await first.RunAsync(null, "chat", "send", "photos", "one");
            await RunningDaemon.UntilAsync(async () => (await SaidAsync(second)).SequenceEqual(["one"]));
            await second.RunAsync(null, "chat", "send", "photos", "two"); // a reader may
            await RunningDaemon.UntilAsync(async () => (await SaidAsync(first)).SequenceEqual(["one", "two"]));
            await RunningDaemon.UntilAsync(async () => (await LogAsync(first))[0].GetProperty("deliveredTo").GetInt32() == 1);
        }
        await first.RunAsync(null, "chat", "send", "photos", "three");
        Assert.Equal(0, (await LogAsync(first))[2].GetProperty("deliveredTo").GetInt32());
        await using RunningDaemon back = await RunningDaemon.StartAsync(folder["second"]);
        await RunningDaemon.UntilAsync(async () => (await SaidAsync(back)).SequenceEqual(["one", "two", "three"]));
        JsonElement verified = await back.JsonAsync("chat", "verify", "photos");
        Assert.True(verified.GetProperty("ok").GetBoolean());
        Assert.Equal(3, verified.GetProperty("messages").GetInt64());
    }

    [Fact]
    public async Task Who_follows_is_told_as_it_comes_until_the_daemon_ends()
    {
        using TestFolder folder = new();
        await using RunningDaemon first = await RunningDaemon.StartAsync(folder["first"]);
        await first.RunAsync(null, "create", "photos");
        await first.RunAsync(null, "chat", "send", "photos", "before");
        Task<(int Code, byte[] Output, string Error)> follows = first.TryAsync(null, "chat", "log", "photos", "--follow", "--json");
        for (int i = 0; i < 3; i++) await first.RunAsync(null, "chat", "send", "photos", $"after {i}");
        await first.StopAsync();
        (int code, byte[] output, _) = await follows;
        string[] lines = System.Text.Encoding.UTF8.GetString(output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(0, code);
        Assert.Equal(["before", "after 0", "after 1", "after 2"], lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("text").GetString()));
    }
}
