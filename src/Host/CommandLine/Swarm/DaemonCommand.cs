using System.CommandLine;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Vault.Catalog;
using Vault.Libp2p.Gossipsub;
using Vault.Primitives;

namespace Vault.Host;

/// <summary>vault daemon run, status, stop: the store in company.</summary>
static class DaemonCommand
{
    public static Command Create(Terminal terminal) =>
        new("daemon", "run in the background what keeps vaults in step with other machines") { Run(terminal), Status(terminal), Stop(terminal) };

    static TaughtCommand Run(Terminal terminal)
    {
        Option<string?> api = new("--api") { Description = "Where the HTTP API listens on this machine: 127.0.0.1:PORT", HelpName = "ADDR:PORT" };
        Option<string[]> listen = new("--listen") { Description = "Listen here for other machines, instead of on port 4171", HelpName = "MULTIADDR" };
        Option<string[]> bootstrap = new("--bootstrap") { Description = "A machine to connect to", HelpName = "MULTIADDR" };
        Option<bool> noMdns = new("--no-mdns") { Description = "Don't look for machines on the local network, and don't be found" };
        Option<string?> upload = new("--upload") { Description = "Send no more of files than this a second: 500 KiB, 2.5 MB, none (vault limits changes it while it runs)", HelpName = "RATE" };
        Option<string?> download = new("--download") { Description = "The same of receiving", HelpName = "RATE" };
        Option<string[]> topic = new("--topic") { Description = "Join this gossip topic too, of no vault, to try the network with other libp2p programs", HelpName = "NAME" };
        Option<bool> verbose = new("--verbose") { Description = "Say what happens, a line each: time, kind, and what it is about as name=value" };
        Option<bool> json = Words.Json("Print one line of JSON when it is ready");
        TaughtCommand command = new("run", "run in the foreground until interrupted; what isn't said here is taken from config.yaml in the data folder", "vault daemon run", "vault daemon run --listen /ip4/0.0.0.0/tcp/4001")
        { api, listen, bootstrap, noMdns, upload, download, topic, verbose, json };
        command.SetAction(async (line, stop) =>
        {
            PathText.Check();
            Configuration settings = Settings(Configuration.Load(CommandLine.FolderOf(line, terminal)), line.GetValue(listen) ?? [], line.GetValue(api), line.GetValue(bootstrap) ?? [], line.GetValue(noMdns),
                line.GetValue(upload), line.GetValue(download));
            using (Home home = Session.Home(line, terminal))
            {
                await home.EnterAsync(make: true, stop);
                using IDisposable? traces = settings.Traces is { } collector ? Traces.Export(collector) : null;
                await using Daemon daemon = await Daemon.StartAsync(home, new DaemonOptions(settings, Topics(line.GetValue(topic))), terminal.WriteNote, stop);
                await using ApiServer server = await ApiServer.StartAsync(home.FullPath, new LocalCommands(home, terminal.WriteNote, daemon), daemon, settings.Api, home.Random, home.Time, stop);
                daemon.Api = server.Address;
                await using DaemonLog? log = line.GetValue(verbose) ? DaemonLog.Begin(daemon.Events, terminal) : null;
                if (line.GetValue(json)) Listing.Json(terminal, new DaemonReady(daemon.Id.ToString(), daemon.Listening, server.Address), ApiJson.Default.DaemonReady);
                else Greet(terminal, home, daemon);
                terminal.Output.Flush();
                Notify("READY=1");
                using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(stop, daemon.Stopping);
                await Task.Delay(Timeout.InfiniteTimeSpan, home.Time, either.Token).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
                Notify("STOPPING=1");
            }
            return ExitCode.Done;
        });
        return command;
    }

    static void Greet(Terminal terminal, Home home, Daemon daemon)
    {
        Listing.Table(terminal, ["", ""],
        [
            ["peer", daemon.Id.ToString()],
            .. daemon.Listening.Select(address => (string[])["listens on", address]),
            ["API", daemon.Api],
            ["data", home.FullPath],
        ]);
        terminal.Output.WriteLine(home.Ring.Entries.Count == 0
            ? "Next, in another terminal: vault create NAME, or vault join TICKET"
            : $"{Amounts.Count(home.Ring.Entries.Count, "vault")}; in another terminal: vault status, vault peers, vault invite VAULT --role write");
    }

    static TaughtCommand Status(Terminal terminal)
    {
        Option<bool> json = Words.Json();
        TaughtCommand command = new("status", "say whether a daemon runs here, and what it does", "vault daemon status") { json };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            DaemonStatus status = await commands.DaemonStatusAsync(stop);
            if (line.GetValue(json))
            {
                Listing.Json(terminal, status, ApiJson.Default.DaemonStatus);
                return ExitCode.Done;
            }
            Listing.Table(terminal, ["", ""],
            [
                ["peer", status.Peer],
                .. status.Listen.Select(address => (string[])["listens on", address]),
                ["API", status.Api],
                ["process", $"{status.Process}, since {status.Since:u}"],
                ["peers", Amounts.Count(status.Peers, "connected peer")],
                .. status.Vaults.Select(vault => (string[])[$"vault {vault.Name}", vault.Fault
                    ?? (vault.MissingBlocks > 0 ? $"{Amounts.Count(vault.MissingBlocks, "block")} to come, {Amounts.Size((long)vault.BytesPerSecond)} a second" : $"in step with {Amounts.Count(vault.InStepWith.Count, "peer")}")]),
            ]);
            return ExitCode.Done;
        });
        return command;
    }

    static TaughtCommand Stop(Terminal terminal)
    {
        TaughtCommand command = new("stop", "end the daemon that runs here", "vault daemon stop");
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            await commands.StopDaemonAsync(stop);
            return ExitCode.Done;
        });
        return command;
    }

    static IReadOnlyList<string> Topics(string[]? names) => [.. (names ?? []).Select(name => Encoding.UTF8.GetByteCount(name) is > 0 and <= Limits.TopicSize
        ? name
        : throw new ConfigException("that is no name of a topic", $"a topic has at most {Limits.TopicSize} bytes"))];

    /// <summary>What stands on the line counts before what stands in config.yaml.</summary>
    static Configuration Settings(Configuration file, string[] listen, string? api, string[] bootstrap, bool noMdns, string? upload, string? download) => file with
    {
        Listen = listen.Length > 0 ? [.. listen.Select(Configuration.Address)] : file.Listen,
        Api = api is null ? file.Api : Configuration.ApiPort(api),
        Bootstrap = bootstrap.Length > 0 ? [.. bootstrap.Select(Configuration.Address)] : file.Bootstrap,
        Mdns = file.Mdns && !noMdns,
        Upload = upload is null ? file.Upload : ByteRate.Parse(upload),
        Download = download is null ? file.Download : ByteRate.Parse(download),
    };

    /// <summary>systemd waits for this with Type=notify; elsewhere the variable isn't set.</summary>
    static void Notify(string state)
    {
        if (Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is not { Length: > 0 } path) return;
        try
        {
            using Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.SendTo(Encoding.ASCII.GetBytes(state), new UnixDomainSocketEndPoint(path[0] == '@' ? "\0" + path[1..] : path));
        }
        catch (SocketException)
        {
            // Who asked to be told isn't listening.
        }
    }
}
