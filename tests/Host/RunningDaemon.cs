using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Vault.Primitives;

namespace Vault.Host.Tests;

/// <summary>The real program as a daemon on a data folder of its own, and the commands typed beside it.</summary>
sealed class RunningDaemon : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    readonly Process process;
    readonly Task<string> output, errors; // read all along: a full pipe would stop the daemon
    readonly Lazy<HttpClient> api;

    RunningDaemon(Process process, string folder, JsonElement ready)
    {
        (this.process, Folder, Ready) = (process, folder, ready);
        (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        api = new Lazy<HttpClient>(() => new HttpClient
        {
            BaseAddress = new Uri(Ready.GetProperty("api").GetString()!),
            DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", File.ReadAllText(Path.Combine(Folder, "api.token")).Trim()) },
        });
    }

    public string Folder { get; }

    /// <summary>What it printed when it was ready.</summary>
    public JsonElement Ready { get; }

    /// <summary>Where it listens for others.</summary>
    public int Port => int.Parse(Ready.GetProperty("listen")[0].GetString()!.Split('/')[4], System.Globalization.CultureInfo.InvariantCulture);

    public int ProcessId => process.Id;

    public string Address => Ready.GetProperty("listen")[0].GetString()!;

    public string Peer => Ready.GetProperty("peer").GetString()!;

    /// <param name="port">Where it listens; zero for any.</param>
    /// <param name="skew">By how many seconds its clock is wrong.</param>
    /// <param name="notify">The socket of somebody who wants to be told, as systemd does.</param>
    /// <param name="more">Further arguments.</param>
    public static async Task<RunningDaemon> StartAsync(string folder, int port = 0, int skew = 0, string? notify = null, params string[] more)
    {
        ProcessStartInfo start = Info(folder, ["daemon", "run", "--listen", $"/ip4/127.0.0.1/tcp/{port}", "--no-mdns", "--api", "127.0.0.1:0", "--json", .. more], skew);
        if (notify != null) start.Environment["NOTIFY_SOCKET"] = notify;
        Process process = Process.Start(start)!;
        using CancellationTokenSource patience = new(Patience);
        if (await process.StandardOutput.ReadLineAsync(patience.Token) is not { } line) throw new InvalidOperationException(await process.StandardError.ReadToEndAsync(patience.Token));
        return new RunningDaemon(process, folder, JsonDocument.Parse(line).RootElement);
    }

    /// <summary>
    /// A command on this daemon's folder: exit code, output, errors. In the process of the test: thousands of starts cost most of what these tests
    /// take, and that the program starts is what the transcripts show.
    /// </summary>
    public async Task<(int Code, byte[] Output, string Error)> TryAsync(byte[]? input, params string[] arguments)
    {
        MemoryStream content = new();
        StringWriter errors = new();
        Terminal terminal = new(new StreamWriter(content, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)), TextWriter.Synchronized(errors), Environment.GetEnvironmentVariable)
        {
            Content = content,
            OpenInput = () => new MemoryStream(input ?? []),
        };
        int code = await CommandLine.RunAsync(["--data", Folder, .. arguments], terminal).WaitAsync(Patience);
        await terminal.Output.FlushAsync();
        return (code, content.ToArray(), errors.ToString());
    }

    /// <summary>A command that goes on until somebody ends it.</summary>
    public static Process Begin(string folder, params string[] arguments) => Process.Start(Info(folder, arguments))!;

    /// <summary>The real program on a folder where perhaps no daemon runs: exit code, output, errors.</summary>
    public static async Task<(int Code, byte[] Output, string Error)> TryAsync(string folder, byte[]? input, params string[] arguments)
    {
        using Process run = Process.Start(Info(folder, arguments))!;
        using CancellationTokenSource patience = new(Patience);
        MemoryStream output = new();
        Task copied = run.StandardOutput.BaseStream.CopyToAsync(output, patience.Token);
        Task<string> error = run.StandardError.ReadToEndAsync(patience.Token);
        if (input is not null) await run.StandardInput.BaseStream.WriteAsync(input, patience.Token);
        run.StandardInput.Close();
        await run.WaitForExitAsync(patience.Token);
        await copied;
        return (run.ExitCode, output.ToArray(), await error);
    }

    /// <summary>The output of a command that must succeed.</summary>
    public async Task<byte[]> RunAsync(byte[]? input, params string[] arguments)
    {
        (int code, byte[] output, string error) = await TryAsync(input, arguments);
        return code == 0 ? output : throw new InvalidOperationException($"vault {string.Join(' ', arguments)}: {code} {error}");
    }

    public async Task<string> TextAsync(params string[] arguments) => Encoding.UTF8.GetString(await RunAsync(null, arguments)).TrimEnd();

    public async Task<JsonElement> JsonAsync(params string[] arguments) => JsonDocument.Parse(await RunAsync(null, [.. arguments, "--json"])).RootElement;

    /// <summary>What it tells programs that watch, by name and labels.</summary>
    public async Task<Dictionary<string, double>> MetricsAsync()
    {
        using HttpResponseMessage answer = await api.Value.GetAsync("/metrics");
        string? form = answer.Content.Headers.ContentType?.MediaType;
        return form == "application/openmetrics-text" ? OpenMetricsText.Parse(await answer.Content.ReadAsByteArrayAsync()) : throw new InvalidOperationException($"metrics came as {form}");
    }

    /// <summary>What happens from now on, as the server-sent events of the API.</summary>
    public async Task<StreamReader> EventsAsync()
    {
        StreamReader events = new(await api.Value.GetStreamAsync("/api/v1/events"));
        await events.ReadLineAsync(); // a comment: it listens
        return events;
    }

    /// <summary>A call of the API, as a program makes it.</summary>
    public async Task<JsonElement> AskAsync(string call, object? request = null)
    {
        using HttpResponseMessage answer = await api.Value.PostAsync($"/api/v1/{call}", new StringContent(JsonSerializer.Serialize(request ?? new { }), Encoding.UTF8, "application/json"));
        return await DataAsync(answer);
    }

    /// <summary>Puts a file into the vault that is called photos.</summary>
    public async Task PutAsync(string path, byte[] content)
    {
        using HttpResponseMessage answer = await api.Value.PutAsync($"/api/v1/vaults/photos/files/{path}", new ByteArrayContent(content));
        await DataAsync(answer);
    }

    static async Task<JsonElement> DataAsync(HttpResponseMessage answer)
    {
        JsonElement envelope = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync()).RootElement;
        return envelope.GetProperty("status").GetString() == "success" ? envelope.GetProperty("data") : throw new InvalidOperationException($"{answer.RequestMessage?.RequestUri}: {envelope}");
    }

    /// <summary>What it says is the matter with another, vault by vault.</summary>
    public async Task<IEnumerable<string>> TroublesAsync(string peer) => (await AskAsync("peers")).EnumerateArray().Where(one => one.GetProperty("peer").GetString() == peer)
        .SelectMany(one => one.GetProperty("vaults").EnumerateArray()).Select(vault => vault.TryGetProperty("trouble", out JsonElement trouble) ? trouble.GetString() ?? "" : "");

    /// <summary>A ticket for the vault that is called photos.</summary>
    public async Task<string> InviteAsync(string role = "write") => (await AskAsync("invite", new { vault = "photos", role, expires = "1.00:00:00" })).GetProperty("ticket").GetString()!;

    /// <summary>Joins it, and calls it so.</summary>
    public Task JoinAsync(string ticket) => AskAsync("join", new { ticket, name = "photos" });

    public async Task<bool> IsWellAsync() => (await AskAsync("verify")).Deserialize(ApiJson.Default.StoreHealth)!.IsWell;

    /// <summary>How its only vault stands.</summary>
    public async Task<JsonElement> VaultAsync() => (await AskAsync("daemon")).GetProperty("vaults")[0];

    /// <summary>What a daemon has left in its folder, once it has ended.</summary>
    public static async Task<Home> OpenAsync(string folder)
    {
        Home home = new(folder, "test", (_, _) => throw new InvalidOperationException("These keys have no passphrase."), TimeProvider.System, RandomSource.System);
        await home.EnterAsync(make: false, CancellationToken.None);
        return home;
    }

    /// <summary>The same root, and nothing missing at any of these.</summary>
    public static Task InStepAsync(params RunningDaemon[] all) => UntilAsync(async () =>
    {
        JsonElement[] vaults = await Task.WhenAll(all.Select(daemon => daemon.VaultAsync()));
        return vaults.Select(vault => vault.GetProperty("root").GetString()).Distinct().Count() == 1
            && vaults.All(vault => vault.GetProperty("missingBlocks").GetInt64() == 0 && !vault.GetProperty("searching").GetBoolean());
    });

    /// <summary>Asks again and again until it holds: what goes on between two processes has no event that a third could wait for.</summary>
    /// <param name="patience">For what takes longer than most.</param>
    public static async Task UntilAsync(Func<Task<bool>> holds, TimeSpan? patience = null)
    {
        using CancellationTokenSource over = new(patience ?? Patience);
        while (!await holds()) await Task.Delay(50, over.Token);
    }

    /// <summary>As systemd ends a service.</summary>
    /// <param name="again">Both signals, in turn, for as long as it is there.</param>
    public async Task<int> TerminateAsync(bool again = false)
    {
        using Process kill = Process.Start("bash", ["-c", again ? "while kill -TERM $0 && kill -INT $0; do :; done 2>/dev/null" : "kill -TERM $0", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        using CancellationTokenSource patience = new(Patience);
        await process.WaitForExitAsync(patience.Token);
        return process.ExitCode;
    }

    /// <summary>Takes another's swarm key as its own, and connects to it.</summary>
    public async Task MeetAsync(RunningDaemon other)
    {
        string file = Path.Combine(Folder, "theirs");
        await File.WriteAllBytesAsync(file, await other.RunAsync(null, "swarm-key", "show", "--reveal"));
        await RunAsync(null, "swarm-key", "import", file);
        await RunAsync(null, "dial", other.Address);
    }

    /// <summary>As the power would.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    public async Task<int> StopAsync()
    {
        await RunAsync(null, "daemon", "stop");
        using CancellationTokenSource patience = new(Patience);
        await process.WaitForExitAsync(patience.Token);
        return process.ExitCode;
    }

    /// <summary>Ends it, and gives what it told whoever watched it.</summary>
    public async Task<string> LastWordsAsync()
    {
        if (!process.HasExited) await KillAsync();
        return await errors;
    }

    static ProcessStartInfo Info(string folder, string[] arguments, int skew = 0)
    {
        ProcessStartInfo start = new(Transcript.Program, ["--data", folder, .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_ROOT"] = Transcript.RuntimeRoot;
        if (skew == 0) return start;
        start.Environment["LD_PRELOAD"] = Vault.Tests.Faults.Shim.Clock;
        start.Environment["CLOCK_SKEW"] = skew.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return start;
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) await KillAsync();
        await Task.WhenAll(output, errors);
        if (api.IsValueCreated) api.Value.Dispose();
        process.Dispose();
    }
}
