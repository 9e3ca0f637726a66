using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Host.Tests;

/// <summary>The HTTP API of a daemon, as programs of others meet it.</summary>
public sealed class ApiTests
{
    [Fact]
    public async Task Over_the_network_nobody_gets_anything_without_the_token_and_no_web_page_with_it()
    {
        using TestFolder folder = new();
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(folder["first"]);
        await daemon.RunAsync(null, "create", "photos");
        string token = (await File.ReadAllTextAsync(Path.Combine(daemon.Folder, "api.token"))).Trim();
        using HttpClient client = new() { BaseAddress = new Uri(daemon.Ready.GetProperty("api").GetString()!) };

        async Task<(HttpStatusCode, string)> AskAsync(string? bearer, Action<HttpRequestMessage>? change = null)
        {
            using HttpRequestMessage request = new(HttpMethod.Post, "/api/v1/vaults") { Content = new StringContent("{}", Encoding.UTF8, "application/json") };
            if (bearer is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
            change?.Invoke(request);
            using HttpResponseMessage response = await client.SendAsync(request);
            return (response.StatusCode, await response.Content.ReadAsStringAsync());
        }

        (HttpStatusCode code, string text) = await AskAsync(token);
        Assert.Equal(HttpStatusCode.OK, code);
        Assert.StartsWith("{\"status\":\"success\"", text, StringComparison.Ordinal);
        Assert.Contains("photos", text, StringComparison.Ordinal);
        foreach ((HttpStatusCode refused, string says) in new[]
        {
            await AskAsync(null), await AskAsync("wrong"), await AskAsync(token, request => request.Headers.Host = "vault.example"),
            await AskAsync(token, request => request.Headers.Add("Origin", "http://elsewhere.example")),
        })
        {
            Assert.Equal(HttpStatusCode.Forbidden, refused);
            Assert.StartsWith("{\"status\":\"error\"", says, StringComparison.Ordinal);
            Assert.DoesNotContain("photos", says, StringComparison.Ordinal);
        }
    }

    /// <summary>
    /// At every address there is: a program without the token, a page whose name has come to lead here (it is of one origin with us, as the
    /// browser sees it), a page elsewhere that sends what needs no leave, and one that asks for leave first.
    /// </summary>
    [Fact]
    public async Task No_address_gives_anything_without_the_token_nor_to_a_web_page_that_would_have_it()
    {
        using TestFolder folder = new();
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(folder["first"]);
        await daemon.RunAsync(null, "create", "photos");
        await daemon.RunAsync("x"u8.ToArray(), "add", "photos", "-", "--as", "note");
        using HttpClient client = await ClientAsync(daemon), stranger = new() { BaseAddress = client.BaseAddress };
        JsonElement document = JsonDocument.Parse(await client.GetStringAsync("/api/v1/openapi.json")).RootElement;
        List<(HttpMethod Method, string Path)> all = [(HttpMethod.Get, "/metrics"), (HttpMethod.Get, "/api/v1/events"), (HttpMethod.Get, "/api/v1/openapi.json"), (HttpMethod.Get, "/"), (HttpMethod.Get, "/api/v1/nothing")];
        foreach (JsonProperty path in document.GetProperty("paths").EnumerateObject())
            all.AddRange(path.Value.EnumerateObject().Select(method => (HttpMethod.Parse(method.Name), path.Name.Replace("{vault}", "photos", StringComparison.Ordinal).Replace("{path}", "note", StringComparison.Ordinal))));
        Assert.True(all.Count > 40);

        foreach ((HttpMethod method, string path) in all)
        {
            await IsRefusedAsync(stranger, method, path, _ => { });
            await IsRefusedAsync(client, method, path, request => request.Headers.Host = $"elsewhere.example:{client.BaseAddress!.Port}");
            await IsRefusedAsync(client, method, path, request => request.Headers.Host = "127.0.0.1.elsewhere.example");
            await IsRefusedAsync(client, method, path, request => request.Headers.Add("Origin", "null")); // of a page in a sandbox, or a file
            await IsRefusedAsync(client, method, path, request => request.Headers.Add("Origin", "http://localhost:1")); // another program's page
        }
        await IsRefusedAsync(stranger, HttpMethod.Options, "/api/v1/stop", request =>
        {
            request.Headers.Add("Origin", "http://elsewhere.example");
            request.Headers.Add("Access-Control-Request-Method", "POST");
            request.Headers.Add("Access-Control-Request-Headers", "authorization");
        });
        Assert.Equal("note", await daemon.TextAsync("ls", "photos")); // nobody has ended it, nor put anything in

        static async Task IsRefusedAsync(HttpClient by, HttpMethod method, string path, Action<HttpRequestMessage> change)
        {
            using HttpRequestMessage request = new(method, path);
            if (method != HttpMethod.Get && method != HttpMethod.Head) request.Content = new StringContent("{}", Encoding.UTF8, "text/plain");
            change(request);
            using HttpResponseMessage response = await by.SendAsync(request);
            Assert.True(response.StatusCode == HttpStatusCode.Forbidden, $"{method} {path}: {response.StatusCode}");
            Assert.DoesNotContain("photos", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            Assert.DoesNotContain(response.Headers, header => header.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase));
        }
    }

    [Fact]
    public async Task A_file_has_an_address_and_any_part_of_it_can_be_had()
    {
        using TestFolder folder = new();
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(folder["first"]);
        await daemon.RunAsync(null, "create", "photos");
        byte[] film = RandomSource.Seeded(5).Bytes(3_000_000);
        using HttpClient client = await ClientAsync(daemon);
        const string address = "/api/v1/vaults/photos/files/2026/a%20film.mkv";

        using (HttpResponseMessage stored = await client.PutAsync(address, new ByteArrayContent(film))) Assert.Equal(HttpStatusCode.OK, stored.StatusCode);
        Assert.Contains("2026/a film.mkv", await daemon.TextAsync("ls", "photos", "2026"));
        using HttpResponseMessage whole = await client.GetAsync(address);
        Assert.Equal(film, await whole.Content.ReadAsByteArrayAsync());
        Assert.Equal((HttpStatusCode.OK, "bytes", "nosniff"), (whole.StatusCode, Assert.Single(whole.Headers.AcceptRanges), Assert.Single(whole.Headers.GetValues("X-Content-Type-Options"))));

        RandomSource random = RandomSource.Seeded(6);
        for (int i = 0; i < 20; i++)
        {
            int from = random.Below(film.Length), to = from + random.Below(film.Length - from);
            (HttpStatusCode code, byte[] part, string? range) = await PartAsync($"bytes={from}-{to}");
            Assert.Equal((HttpStatusCode.PartialContent, $"bytes {from}-{to}/{film.Length}"), (code, range));
            Assert.Equal(film[from..(to + 1)], part);
        }
        Assert.Equal(film[^500..], (await PartAsync("bytes=-500")).Part);
        Assert.Equal(film[2_999_000..], (await PartAsync("bytes=2999000-")).Part);
        Assert.Equal(film[2_999_000..], (await PartAsync("bytes=2999000-99999999")).Part);
        Assert.Equal((HttpStatusCode.RequestedRangeNotSatisfiable, $"bytes */{film.Length}"), await PartAsync("bytes=3000000-") is var beyond ? (beyond.Code, beyond.Range) : default);
        Assert.Equal(film, (await PartAsync("bytes=0-9,20-29")).Part);
        Assert.Equal(film[..10], (await PartAsync("bytes=0-9", request => request.Headers.IfRange = new RangeConditionHeaderValue(whole.Headers.ETag!))).Part);
        Assert.Equal(film, (await PartAsync("bytes=0-9", request => request.Headers.IfRange = new RangeConditionHeaderValue("\"another\""))).Part);
        Assert.Equal(HttpStatusCode.NotModified, (await PartAsync(null, request => request.Headers.IfNoneMatch.Add(whole.Headers.ETag!))).Code);
        using HttpRequestMessage head = new(HttpMethod.Head, address);
        using HttpResponseMessage told = await client.SendAsync(head);
        Assert.Equal((HttpStatusCode.OK, film.Length), (told.StatusCode, told.Content.Headers.ContentLength));

        using HttpResponseMessage absent = await client.GetAsync("/api/v1/vaults/photos/files/nothing");
        Assert.Equal((HttpStatusCode.BadRequest, "error"), (absent.StatusCode, JsonDocument.Parse(await absent.Content.ReadAsByteArrayAsync()).RootElement.GetProperty("status").GetString()));

        async Task<(HttpStatusCode Code, byte[] Part, string? Range)> PartAsync(string? range, Action<HttpRequestMessage>? change = null)
        {
            using HttpRequestMessage request = new(HttpMethod.Get, address);
            if (range is not null) request.Headers.TryAddWithoutValidation("Range", range);
            change?.Invoke(request);
            using HttpResponseMessage response = await client.SendAsync(request);
            return (response.StatusCode, await response.Content.ReadAsByteArrayAsync(), response.Content.Headers.ContentRange?.ToString());
        }
    }

    [Fact]
    public async Task Who_listens_is_told_of_changes_messages_and_devices_on_both_sides()
    {
        using TestFolder folder = new();
        await using RunningDaemon first = await RunningDaemon.StartAsync(folder["first"]), second = await RunningDaemon.StartAsync(folder["second"]);
        await first.RunAsync(null, "create", "photos");
        using HttpClient client = await ClientAsync(first);
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(2));
        using StreamReader events = new(await client.GetStreamAsync("/api/v1/events", patience.Token));
        List<string> heard = [];
        Assert.StartsWith(": ", await events.ReadLineAsync(patience.Token), StringComparison.Ordinal);

        string ticket = (await first.JsonAsync("invite", "photos", "--role", "write")).GetProperty("ticket").GetString()!;
        await second.RunAsync(null, "join", ticket);
        JsonElement member = await NextAsync("member", _ => true);
        Assert.Equal((second.Peer, "photos"), (member.GetProperty("peer").GetString(), member.GetProperty("name").GetString()));
        await second.RunAsync("hello"u8.ToArray(), "add", "photos", "-", "--as", "note");
        await RunningDaemon.InStepAsync(first, second); // the second may have added before it had all that the first has
        string root = await first.TextAsync("root", "photos");
        await NextAsync("changed", happened => happened.GetProperty("root").GetString() == root);
        await second.RunAsync(null, "chat", "send", "photos", "are you there?");
        JsonElement said = await NextAsync("message", _ => true);
        Assert.Equal(("are you there?", second.Peer), (said.GetProperty("message").GetProperty("text").GetString(), said.GetProperty("message").GetProperty("device").GetString()));
        await second.StopAsync();
        Assert.Equal(second.Peer, (await NextAsync("disconnected", _ => true)).GetProperty("peer").GetString());
        Assert.Equal(0, await first.StopAsync()); // though somebody listens

        async Task<JsonElement> NextAsync(string kind, Func<JsonElement, bool> which)
        {
            for (string? name = null; await NextLineAsync() is { } line;)
            {
                if (line.StartsWith("event: ", StringComparison.Ordinal)) name = line[7..];
                if (!line.StartsWith("data: ", StringComparison.Ordinal) || name != kind) continue;
                JsonElement happened = JsonDocument.Parse(line[6..]).RootElement;
                if (which(happened)) return happened;
            }
            throw new InvalidOperationException($"no {kind} came");

            async Task<string?> NextLineAsync()
            {
                try
                {
                    string? line = await events.ReadLineAsync(patience.Token);
                    heard.Add(line ?? "the end");
                    return line;
                }
                catch (Exception fault) when (fault is OperationCanceledException or IOException)
                {
                    throw new InvalidOperationException($"no {kind} came that was waited for, only: {string.Join('\n', heard)}", fault);
                }
            }
        }
    }

    /// <summary>
    /// Every call of the document with requests made of its schema and then bent: each is answered by an envelope, none by a bug, none
    /// by anything that looks like a stack, and the daemon is well afterwards.
    /// </summary>
    [Fact]
    public async Task No_request_that_the_document_allows_or_nearly_allows_makes_it_fail()
    {
        using TestFolder folder = new();
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(folder["first"]);
        await daemon.RunAsync(null, "create", "photos");
        await daemon.RunAsync("x"u8.ToArray(), "add", "photos", "-", "--as", "a/b");
        using HttpClient client = await ClientAsync(daemon);
        JsonElement document = JsonDocument.Parse(await client.GetStringAsync("/api/v1/openapi.json")).RootElement;
        Assert.Equal("3.1.0", document.GetProperty("openapi").GetString());
        (string Path, JsonElement Schema)[] calls = [.. document.GetProperty("paths").EnumerateObject().Where(path => path.Value.TryGetProperty("post", out _) && !harmful.Contains(path.Name))
            .Select(path => (path.Name, path.Value.GetProperty("post").GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("schema")))];
        Assert.True(calls.Length > 20);
        int answered = 0, succeeded = 0;
        Seed.Check(LongRun.Cases(400, 20_000), random => TryAsync(random).GetAwaiter().GetResult());
        Assert.InRange(succeeded, 1, answered - 1);
        Assert.Contains("photos", await daemon.TextAsync("list"));

        async Task TryAsync(RandomSource random)
        {
            (string path, JsonElement schema) = calls[random.Below(calls.Length)];
            string body = random.Below(10) switch { 0 => Encoding.UTF8.GetString(random.BytesUpTo(60)), 1 => "null", 2 => "[]", _ => Made(schema, random, 0) };
            if (random.Below(4) == 0 && body.Length > 0) body = body.Remove(random.Below(body.Length), 1);
            using HttpResponseMessage response = await client.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));
            string text = await response.Content.ReadAsStringAsync();
            JsonElement answer = JsonDocument.Parse(text).RootElement;
            answered++;
            if (answer.GetProperty("status").GetString() == "success") succeeded++;
            else
            {
                if (answer.GetProperty("error").GetProperty("kind").GetString() == "bug") Assert.Fail($"{path} {body}: {await daemon.LastWordsAsync()}");
                Assert.DoesNotContain("Exception", text, StringComparison.Ordinal);
                Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
            }
        }
    }

    /// <summary>They end the daemon, or do to the machine of the test what they say.</summary>
    static readonly HashSet<string> harmful = ["/api/v1/stop", "/api/v1/get", "/api/v1/backup", "/api/v1/add", "/api/v1/leave", "/api/v1/rename", "/api/v1/chat/verify"];

    static string Made(JsonElement schema, RandomSource random, int depth)
    {
        if (depth > 4 || schema.ValueKind != JsonValueKind.Object || random.Below(20) == 0) return random.Below(3) switch { 0 => "null", 1 => "-1", _ => "{}" };
        string type = !schema.TryGetProperty("type", out JsonElement named) ? "string"
            : named.ValueKind == JsonValueKind.Array ? named[random.Below(named.GetArrayLength())].GetString()! : named.GetString()!;
        switch (type)
        {
            case "object":
                if (!schema.TryGetProperty("properties", out JsonElement properties)) return "{}";
                return "{" + string.Join(',', properties.EnumerateObject().Where(_ => random.Below(5) > 0).Select(one => $"\"{one.Name}\":{Made(one.Value, random, depth + 1)}")) + "}";
            case "array":
                return "[" + string.Join(',', Enumerable.Range(0, random.Below(4)).Select(_ => schema.TryGetProperty("items", out JsonElement items) ? Made(items, random, depth + 1) : "1")) + "]";
            case "integer" or "number":
                return random.Below(4) switch { 0 => "0", 1 => "-5", 2 => "99999999999999999999", _ => random.Below(1000).ToString(System.Globalization.CultureInfo.InvariantCulture) };
            case "boolean":
                return random.Below(2) == 0 ? "true" : "false";
            case "null":
                return "null";
            default:
                string[] words = ["photos", "a/b", "a", "", "..", "/etc/passwd", "2026-01-01T00:00:00Z", "00:05:00", "-1.00:00:00", "write", "general", "text", "\u0000", "\ud800", new string('x', 5000), "bafkreigmkd53pnkjad65xq4mbvnywtydedk3tg2rpvxdxuqiahw5smiliy", "/ip4/127.0.0.1/tcp/1"];
                return JsonSerializer.Serialize(words[random.Below(words.Length)]);
        }
    }

    static async Task<HttpClient> ClientAsync(RunningDaemon daemon)
    {
        HttpClient client = new() { BaseAddress = new Uri(daemon.Ready.GetProperty("api").GetString()!) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(System.IO.Path.Combine(daemon.Folder, "api.token"))).Trim());
        return client;
    }
}
