using System.CommandLine;

namespace Vault.Host;

/// <summary>vault list: the vaults of this device.</summary>
static class ListCommand
{
    /// <summary>As much of an id as people compare; the whole is in --json and in status.</summary>
    const int IdShown = 16;

    public static Command Create(Terminal terminal)
    {
        Option<bool> json = Words.Json("Print one JSON object a line");
        TaughtCommand command = new("list", "show the vaults of this device", "vault list", "vault list --json") { json };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            IReadOnlyList<VaultListed> vaults = await commands.ListVaultsAsync(stop);
            if (line.GetValue(json))
                foreach (VaultListed vault in vaults) Listing.Json(terminal, vault, HostJson.Lines.VaultListed);
            else if (vaults.Count == 0 && terminal.PeopleRead) terminal.Output.WriteLine("no vaults yet; vault create NAME makes one");
            else Listing.Table(terminal, ["name", "id", "keys"], [.. vaults.Select(vault => Row(vault, terminal.PeopleRead))]);
            return ExitCode.Done;
        });
        return command;
    }

    static string[] Row(VaultListed vault, bool people) =>
        [vault.Name, people ? vault.Vault[..IdShown] + "…" : vault.Vault, vault.CanRead ? vault.Exported ? "exported" : "not exported" : "blind"];
}
