using System.CommandLine;

namespace Vault.Host;

/// <summary>vault members VAULT and vault revoke VAULT DEVICE: who takes part, and who no longer does.</summary>
static class MembersCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> vault = Words.Vault(terminal);
        Option<bool> json = Words.Json("Print a JSON object a line");
        TaughtCommand command = new("members", "show the devices of a vault", "vault members photos") { vault, json };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            IAsyncEnumerable<MemberListed> members = commands.MembersAsync(line.GetRequiredValue(vault), stop);
            if (line.GetValue(json))
            {
                await Listing.JsonAsync(terminal, members, ApiJson.Default.MemberListed);
                return ExitCode.Done;
            }
            List<string[]> rows = [];
            List<string> flags = [];
            await foreach (MemberListed member in members)
            {
                string state = member.State + (member.Self ? ", this device" : "") + (member.Flags.Count > 0 ? ", flagged" : "");
                rows.Add([terminal.Name(member.Name ?? "-"), member.Role, state, member.Peer]);
                flags.AddRange(member.Flags.Select(flag => $"{member.Name ?? member.Peer} {flag}"));
            }
            Listing.Table(terminal, ["name", "role", "state", "peer"], rows);
            foreach (string flag in flags) terminal.WriteNote(flag);
            return ExitCode.Done;
        });
        return command;
    }

    public static Command CreateRevoke(Terminal terminal)
    {
        Argument<string> vault = Words.Vault(terminal), device = new("device") { Description = "Its name, its peer id, or the beginning of that", HelpName = "DEVICE" };
        Option<bool> json = Words.Json();
        TaughtCommand command = new("revoke", "put a device out of a vault: it gets nothing more, and nothing it says counts", "vault revoke photos 12D3KooW…") { vault, device, json };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            DeviceRevoked revoked = await commands.RevokeAsync(new RevokeDevice(line.GetRequiredValue(vault), line.GetRequiredValue(device)), stop);
            if (line.GetValue(json)) Listing.Json(terminal, revoked, ApiJson.Default.DeviceRevoked);
            else terminal.Output.WriteLine($"{terminal.Name(revoked.Name ?? revoked.Peer)} is out{(revoked.NewEpoch ? "; what is added from now on has new keys" : "")}. What it had read it may still have");
            return ExitCode.Done;
        });
        return command;
    }
}
