using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Host.Tests;

/// <summary>vault daemon, by itself: its start, its end, and what it says.</summary>
public sealed class DaemonCommandTests
{
    [Fact]
    public async Task Systemd_is_told_when_it_is_ready_and_when_it_ends_and_its_signal_loses_nothing()
    {
        using TestFolder folder = new();
        string path = folder["notify"];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(folder["data"], notify: path);
        Assert.Equal("READY=1", await ToldAsync(socket));
        await daemon.RunAsync(null, "create", "photos");
        byte[] large = RandomSource.Seeded(1).Bytes(60_000_000);
        await daemon.RunAsync("small"u8.ToArray(), "add", "photos", "-", "--as", "small");
        Task<(int Code, byte[] Output, string Error)> adding = daemon.TryAsync(large, "add", "photos", "-", "--as", "large");
        Assert.Equal(0, await daemon.TerminateAsync()); // perhaps in the middle of it
        Assert.Equal("STOPPING=1", await ToldAsync(socket));
        bool done = (await adding).Code == 0;
        Assert.False(File.Exists(Path.Combine(daemon.Folder, "daemon.sock")));
        Assert.Equal(0, (await RunningDaemon.TryAsync(daemon.Folder, null, "verify")).Code);
        Assert.Equal("small"u8.ToArray(), (await RunningDaemon.TryAsync(daemon.Folder, null, "cat", "photos", "small")).Output);
        if (done) Assert.Equal(large, (await RunningDaemon.TryAsync(daemon.Folder, null, "cat", "photos", "large")).Output);
    }

    static async Task<string> ToldAsync(Socket socket)
    {
        byte[] said = new byte[200];
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(2));
        return Encoding.ASCII.GetString(said, 0, await socket.ReceiveAsync(said, patience.Token));
    }

    [Fact]
    public async Task Systemd_may_listen_where_no_file_is()
    {
        using TestFolder folder = new();
        string name = $"vault-{Environment.ProcessId}-notify";
        using Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint("\0" + name));
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(folder["data"], notify: "@" + name);
        Assert.Equal("READY=1", await ToldAsync(socket));
        Assert.Equal(0, await daemon.TerminateAsync());
        Assert.Equal("STOPPING=1", await ToldAsync(socket));
    }

    [FactWithSystemd]
    public async Task The_unit_says_nothing_that_systemd_does_not_know()
    {
        using TestFolder folder = new();
        Assert.Equal("", await VerifiedAsync(await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs/vault.service"))));
        Assert.Contains("Unknown key", await VerifiedAsync("[Service]\nExecStart=%h/vault/vault\nRestarts=no\n"), StringComparison.Ordinal);

        // What it complains of; it ends with 0 all the same when a key is unknown. The program of the unit is below the home.
        async Task<string> VerifiedAsync(string unit)
        {
            Directory.CreateDirectory(folder["home/vault"]);
            Directory.CreateDirectory(folder["run"]);
            File.Copy("/bin/true", folder["home/vault/vault"], overwrite: true);
            await File.WriteAllTextAsync(folder["vault.service"], unit);
            ProcessStartInfo start = new("systemd-analyze", ["verify", "--user", "--man=no", folder["vault.service"]]) { RedirectStandardOutput = true, RedirectStandardError = true };
            (start.Environment["HOME"], start.Environment["XDG_RUNTIME_DIR"]) = (folder["home"], folder["run"]);
            using Process run = Process.Start(start)!;
            Task<string> errors = run.StandardError.ReadToEndAsync();
            string output = await run.StandardOutput.ReadToEndAsync() + await errors;
            await run.WaitForExitAsync();
            return output;
        }
    }

    [Fact]
    public async Task Signals_that_come_while_it_ends_change_nothing()
    {
        using TestFolder folder = new();
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(folder["data"]);
        Assert.Equal(0, await daemon.TerminateAsync(again: true));
        Assert.Empty(await daemon.LastWordsAsync());
        Assert.False(File.Exists(Path.Combine(daemon.Folder, "daemon.sock")));
    }

    [Fact]
    public async Task A_file_that_breaks_off_in_the_middle_ends_with_a_sentence_and_a_code()
    {
        using TestFolder folder = new();
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(folder["data"]);
        await daemon.RunAsync(null, "create", "photos");
        byte[] content = RandomSource.Seeded(1).Bytes(20_000_000);
        await daemon.PutAsync("large", content);
        StoredBlocks.Damage(daemon.Folder, _ => 15_000_000);
        (int code, byte[] output, string error) = await daemon.TryAsync(null, "cat", "photos", "large");
        Assert.Equal(1, code);
        Assert.True(output.Length < content.Length && content.AsSpan().StartsWith(output));
        Assert.Contains("vault: error: the daemon broke off in the middle of the file\n", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_first_start_makes_what_it_needs_and_says_what_to_do_next()
    {
        using TestFolder folder = new();
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(folder["data"]);
        Assert.StartsWith("12D3Koo", daemon.Peer, StringComparison.Ordinal);
        Assert.StartsWith("/ip4/127.0.0.1/tcp/", daemon.Address, StringComparison.Ordinal);
        Assert.StartsWith("http://127.0.0.1:", daemon.Ready.GetProperty("api").GetString()!, StringComparison.Ordinal);
        Assert.Equal(daemon.Peer, (await daemon.JsonAsync("id")).GetProperty("peer").GetString());
        Assert.NotEmpty((await daemon.JsonAsync("swarm-key", "show")).GetProperty("fingerprint").GetString()!);
        JsonElement status = await daemon.JsonAsync("daemon", "status");
        Assert.Equal((daemon.ProcessId, daemon.Folder), (status.GetProperty("process").GetInt32(), status.GetProperty("data").GetString()));
        (int code, _, string error) = await daemon.TryAsync(null, "daemon", "run");
        Assert.Equal((1, true), (code, error.Contains($"in use by process {daemon.ProcessId}", StringComparison.Ordinal)));
        string peer = daemon.Peer;
        Assert.Equal(0, await daemon.StopAsync());
        Assert.Empty(await daemon.LastWordsAsync()); // quiet unless asked
        await using RunningDaemon again = await RunningDaemon.StartAsync(folder["data"]);
        Assert.Equal(peer, again.Peer);
    }

    [Fact]
    public async Task What_happens_is_said_a_line_each_when_asked_for()
    {
        using TestFolder folder = new();
        await using RunningDaemon first = await RunningDaemon.StartAsync(folder["first"], more: "--verbose"), second = await RunningDaemon.StartAsync(folder["second"]);
        await first.RunAsync(null, "create", "photos");
        await second.RunAsync(null, "join", (await first.JsonAsync("invite", "photos")).GetProperty("ticket").GetString()!);
        Assert.Equal(0, await first.StopAsync());
        string[] lines = (await first.LastWordsAsync()).TrimEnd().Split('\n');
        string[] logged = [.. lines.Where(line => line.Length > 24 && line[10] == 'T' && line[23] == 'Z')];
        Assert.Contains(logged, line => line.Contains(" connected peer=" + second.Peer, StringComparison.Ordinal));
        Assert.Contains(logged, line => line.Contains(" member vault=photos", StringComparison.Ordinal) && line.Contains($" peer={second.Peer} text=\"new device joined: ", StringComparison.Ordinal));
        Assert.Contains(logged, line => line.Contains(" changed vault=photos root=", StringComparison.Ordinal));
    }
}

[AttributeUsage(AttributeTargets.Method)]
sealed class FactWithSystemdAttribute : FactAttribute
{
    public FactWithSystemdAttribute() => Skip = File.Exists("/usr/bin/systemd-analyze") ? null : "there is no systemd-analyze on this machine";
}
