using System.CommandLine;

namespace Vault.Host;

/// <summary>vault members VAULT, vault revoke and vault retire VAULT DEVICE: who takes part, and who no longer does.</summary>
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
        Argument<string> vault = Words.Vault(terminal), device = Device();
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

    public static Command CreateRetire(Terminal terminal)
    {
        Argument<string> vault = Words.Vault(terminal), device = Device();
        Option<bool> json = Words.Json();
        TaughtCommand command = new("retire", "say that a device is gone for good, sold or broken: nobody waits for it, and what it wrote stays", "vault retire photos old-laptop") { vault, device, json };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            DeviceRetired retired = await commands.RetireAsync(new RetireDevice(line.GetRequiredValue(vault), line.GetRequiredValue(device)), stop);
            if (line.GetValue(json)) Listing.Json(terminal, retired, ApiJson.Default.DeviceRetired);
            else terminal.Output.WriteLine($"{terminal.Name(retired.Name ?? retired.Peer)} is retired; its copies don't count any more. If somebody else may have its keys, revoke it instead");
            return ExitCode.Done;
        });
        return command;
    }

    static Argument<string> Device() => new("device") { Description = "Its name, its peer id, or the beginning of that", HelpName = "DEVICE" };
}
