using System.CommandLine;
using Vault.Primitives;

namespace Vault.Host;

/// <summary>vault leave VAULT: this device parts with a vault, its files and its keys.</summary>
static class LeaveCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> vault = Words.Vault(terminal);
        Option<bool> yes = new("--yes") { Description = "Don't ask" };
        TaughtCommand command = new("leave", "remove a vault from this device: its files, its history and its keys", "vault leave photos", "vault leave photos --yes") { vault, yes };
        command.SetAction(async (line, stop) =>
        {
            string named = line.GetRequiredValue(vault);
            if (!line.GetValue(yes) && !terminal.PeopleType)
                throw new ConfigException($"leaving deletes what this device has of '{named}', keys included", "say --yes to mean it");
            await using ICommands commands = Session.Open(line, terminal);
            if (!line.GetValue(yes) && !Confirm(terminal, named)) throw new ConfigException("nothing was changed", "only the vault's name, typed as on the command line, is taken for a yes");
            VaultLeft left = await commands.LeaveAsync(named, stop);
            terminal.Output.WriteLine($"left {terminal.Name(left.Name)}, vault {left.Vault}; vault gc returns the space");
            return ExitCode.Done;
        });
        return command;
    }

    static bool Confirm(Terminal terminal, string named)
    {
        terminal.Error.Write($"This deletes all that this device has of '{Harmless.Text(named)}', keys included. Type its name to go on: ");
        terminal.Error.Flush();
        using StreamReader typed = new(terminal.OpenInput());
        return typed.ReadLine()?.Trim() == named;
    }
}
