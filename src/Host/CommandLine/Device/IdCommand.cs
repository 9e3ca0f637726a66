using System.CommandLine;

namespace Vault.Host;

/// <summary>vault id: who this device is. The identity is made on first use.</summary>
static class IdCommand
{
    public static Command Create(Terminal terminal)
    {
        Option<bool> json = Words.Json();
        TaughtCommand command = new("id", "show who this device is", "vault id", "vault id --json") { json };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            DeviceIdentity identity = await commands.IdAsync(stop);
            if (line.GetValue(json)) Listing.Json(terminal, identity, HostJson.Lines.DeviceIdentity);
            else terminal.Output.WriteLine(identity.Peer);
            return ExitCode.Done;
        });
        return command;
    }
}
