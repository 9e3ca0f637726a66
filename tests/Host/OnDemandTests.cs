using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Host.Tests;

/// <summary>A device that has a vault's catalog, and of content what somebody asked for.</summary>
public sealed class OnDemandTests
{
    static async Task<JsonElement> StatusAsync(RunningDaemon of) => (await of.JsonAsync("status", "films")).GetProperty("vaults")[0];

    static async Task<long> StoredAsync(RunningDaemon of) => (await of.JsonAsync("verify", "films")).GetProperty("bytes").GetInt64();

    [Fact]
    public async Task What_is_asked_for_comes_and_nothing_else_and_nobody_calls_the_rest_missing()
    {
        using TestFolder folder = new();
        byte[] film = RandomSource.Seeded(1).Bytes(9_000_000), other = RandomSource.Seeded(2).Bytes(5_000_000);
        await using RunningDaemon second = await RunningDaemon.StartAsync(folder["second"]);
        int port;
        await using (RunningDaemon first = await RunningDaemon.StartAsync(folder["first"]))
        {
            port = first.Port;
            await first.RunAsync(null, "create", "films");
            await first.RunAsync(film, "add", "films", "-", "--as", "2026/sea.mkv");
            await first.RunAsync(other, "add", "films", "-", "--as", "2026/snow.mkv");
            await first.RunAsync("short"u8.ToArray(), "add", "films", "-", "--as", "notes/list.txt");
            await second.RunAsync(null, "join", (await first.JsonAsync("invite", "films")).GetProperty("ticket").GetString()!, "--on-demand");
            await RunningDaemon.UntilAsync(async () => await first.TextAsync("root", "films") == await second.TextAsync("root", "films"));

            JsonElement status = await StatusAsync(second);
            Assert.Equal(("on-demand", 3, 14_000_005, 0, 0), (status.GetProperty("policy").GetString(), status.GetProperty("elsewhere").GetInt64(), status.GetProperty("elsewhereBytes").GetInt64(),
                status.GetProperty("missingBlocks").GetInt64(), status.GetProperty("missingBytes").GetInt64()));
            Assert.Equal(0, await StoredAsync(second)); // verify finds nothing missing: it would have ended with 1
            Assert.Contains("snow.mkv", await second.TextAsync("ls", "films"));

            // A part of a file brings that part.
            using HttpClient http = new() { BaseAddress = new Uri(second.Ready.GetProperty("api").GetString()!) };
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(Path.Combine(second.Folder, "api.token"))).Trim());
            using HttpRequestMessage part = new(HttpMethod.Get, "/api/v1/vaults/films/files/2026/sea.mkv") { Headers = { Range = new RangeHeaderValue(8_000_000, 8_000_099) } };
            using HttpResponseMessage answer = await http.SendAsync(part);
            Assert.Equal(HttpStatusCode.PartialContent, answer.StatusCode);
            Assert.Equal(film[8_000_000..8_000_100], await answer.Content.ReadAsByteArrayAsync());
            Assert.InRange(await StoredAsync(second), 1, 4_000_000);

            Assert.Equal(film, await second.RunAsync(null, "cat", "films", "2026/sea.mkv"));
            await second.RunAsync(null, "get", "films", "notes", "-o", folder["notes"]);
            Assert.Equal("short", await File.ReadAllTextAsync(Path.Combine(folder["notes"], "list.txt")));
            Assert.InRange(await StoredAsync(second), film.Length, film.Length + 200_000);
            status = await StatusAsync(second);
            Assert.Equal((1, 5_000_000), (status.GetProperty("elsewhere").GetInt64(), status.GetProperty("elsewhereBytes").GetInt64()));
        }

        // Nobody who has it is there: that is said, and what is here is read as ever.
        Assert.Equal(film, await second.RunAsync(null, "cat", "films", "2026/sea.mkv"));
        (int code, _, string error) = await second.TryAsync(null, "cat", "films", "2026/snow.mkv");
        Assert.Equal((1, true), (code, error.Contains("isn't on this machine, and no device that could be reached has it", StringComparison.Ordinal)));
        (code, _, error) = await second.TryAsync(null, "get", "films", "2026", "-o", folder["films"]);
        Assert.Equal((1, true), (code, error.Contains("not restored: 2026/snow.mkv", StringComparison.Ordinal)));

        await using RunningDaemon back = await RunningDaemon.StartAsync(folder["first"], port);
        Assert.Equal("mirror", await second.TextAsync("policy", "films", "mirror"));
        await RunningDaemon.UntilAsync(async () =>
        {
            (int code, byte[] health, _) = await second.TryAsync(null, "verify", "films", "--json"); // it is 1 while something is still to come
            return code == 0 && JsonDocument.Parse(health).RootElement.GetProperty("bytes").GetInt64() >= film.Length + other.Length;
        });
        await back.StopAsync();
        Assert.Equal(other, await second.RunAsync(null, "cat", "films", "2026/snow.mkv"));
    }

    [Fact]
    public async Task Who_holds_a_vault_without_its_keys_keeps_all_of_it()
    {
        using TestFolder folder = new();
        await using RunningDaemon first = await RunningDaemon.StartAsync(folder["first"]), second = await RunningDaemon.StartAsync(folder["second"]);
        await first.RunAsync(null, "create", "films");
        string ticket = (await first.JsonAsync("invite", "films", "--role", "blind")).GetProperty("ticket").GetString()!;
        (int code, _, string error) = await second.TryAsync(null, "join", ticket, "--on-demand");
        Assert.Equal((1, true), (code, error.Contains("can't ask for files", StringComparison.Ordinal)));
        await second.RunAsync(null, "join", ticket, "--name", "films"); // the ticket wasn't used up
        (code, _, error) = await second.TryAsync(null, "policy", "films", "on-demand");
        Assert.Equal((1, true), (code, error.Contains("can't ask for files", StringComparison.Ordinal)));
    }
}
