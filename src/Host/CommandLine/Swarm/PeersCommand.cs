using System.CommandLine;
using System.Globalization;

namespace Vault.Host;

/// <summary>vault peers and vault dial MULTIADDR: the machines that are there, and one more.</summary>
static class PeersCommand
{
    public static Command Create(Terminal terminal)
    {
        Option<bool> json = Words.Json("Print a JSON object a line");
        TaughtCommand command = new("peers", "show the machines this one knows, and why one isn't connected", "vault peers") { json };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            IAsyncEnumerable<PeerListed> peers = commands.PeersAsync(stop);
            if (line.GetValue(json))
            {
                await Listing.JsonAsync(terminal, peers, ApiJson.Default.PeerListed);
                return ExitCode.Done;
            }
            List<string[]> rows = [];
            await foreach (PeerListed peer in peers)
                rows.Add([terminal.Name(peer.Name ?? peer.Peer), peer.Connected ? peer.Path ?? "" : "not connected", peer.RttMs is { } rtt ? rtt.ToString("0.0 ms", CultureInfo.InvariantCulture) : "",
                    peer.Connected ? $"{Amounts.Size((long)peer.InPerSecond)}/s in, {Amounts.Size((long)peer.OutPerSecond)}/s out" : "",
                    string.Join(", ", peer.Vaults.Select(vault => $"{terminal.Name(vault.Name)}{(vault.InStep ? " in step" : vault.Trouble is { } trouble ? ": " + trouble : "")}")), peer.Address ?? "", peer.Reason ?? ""]);
            Listing.Table(terminal, ["peer", "path", "round trip", "rate", "vaults", "address", "reason"], rows);
            return ExitCode.Done;
        });
        return command;
    }

    public static Command CreateDial(Terminal terminal)
    {
        Argument<string> address = new("address") { Description = "Where the machine listens", HelpName = "MULTIADDR" };
        Option<bool> json = Words.Json();
        TaughtCommand command = new("dial", "connect to a machine, and remember where it is", "vault dial /ip4/192.168.1.7/tcp/4171") { address, json };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            PeerDialed dialed = await commands.DialAsync(line.GetRequiredValue(address), stop);
            if (line.GetValue(json)) Listing.Json(terminal, dialed, ApiJson.Default.PeerDialed);
            else terminal.Output.WriteLine($"connected to {dialed.Peer}");
            return ExitCode.Done;
        });
        return command;
    }
}
