using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Vault.Libp2p.Tests.Namespaces;

/// <summary>A child process that speaks one JSON object per line, ours or js-libp2p's.</summary>
sealed class HostProcess : IAsyncDisposable
{
    /// <summary>Only a test that has failed waits for this long.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    readonly Process process;
    readonly Channel<JsonObject> lines = Channel.CreateUnbounded<JsonObject>();
    readonly Task reading;
    int requests;

    public HostProcess(string[] command)
    {
        process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        reading = ReadAsync();
    }

    readonly ConcurrentDictionary<string, byte> discovered = [];

    /// <summary>Peers that js-libp2p says it has found.</summary>
    public ICollection<string> Discovered => discovered.Keys;

    public string Id { get; private set; } = "";
    public string Address { get; private set; } = "";

    async Task ReadAsync()
    {
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (!line.StartsWith('{')) continue;
            JsonObject said = JsonNode.Parse(line)!.AsObject();
            if ((string?)said["event"] == "discovery") discovered.TryAdd((string)said["peer"]!, 0);
            lines.Writer.TryWrite(said);
        }
        lines.Writer.Complete();
    }

    public async Task ReadyAsync()
    {
        JsonObject ready = await WaitAsync(line => (string?)line["event"] == "ready");
        Id = (string)ready["peerId"]!;
        Address = (string)ready["addrs"]![0]!;
    }

    public async Task<JsonObject> AskAsync(string command, params (string Name, JsonNode Value)[] fields)
    {
        int id = ++requests;
        JsonObject request = new() { ["id"] = id, ["cmd"] = command };
        foreach ((string name, JsonNode value) in fields) request[name] = value;
        await process.StandardInput.WriteLineAsync(request.ToJsonString());
        await process.StandardInput.FlushAsync();
        return await WaitAsync(line => (int?)line["id"] == id);
    }

    async Task<JsonObject> WaitAsync(Func<JsonObject, bool> wanted)
    {
        using CancellationTokenSource patience = new(Patience, TimeProvider.System);
        while (true)
        {
            JsonObject line = await lines.Reader.ReadAsync(patience.Token);
            if (wanted(line)) return line;
        }
    }

    /// <summary>Asks whom the host is connected to until that is, or isn't, <paramref name="peer"/>.</summary>
    public Task UntilConnectedAsync(string peer, bool connected = true) =>
        UntilAsync(async () => (await AskAsync("peers"))["connections"]!.AsArray().Any(one => (string?)one!["peer"] == peer) == connected);

    public static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using CancellationTokenSource patience = new(Patience, TimeProvider.System);
        using PeriodicTimer pause = new(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        while (!await holds()) await pause.WaitForNextTickAsync(patience.Token);
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        await reading;
        process.Dispose();
    }
}
