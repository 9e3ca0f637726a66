using System.CommandLine;

namespace Vault.Host;

/// <summary>vault rename VAULT NAME: another name on this device; the vault itself stays what it is.</summary>
static class RenameCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> vault = Words.Vault(terminal);
        Argument<string> name = new("name") { Description = "What this device calls it from now on", HelpName = "NAME" };
        TaughtCommand command = new("rename", "give a vault another name on this device", "vault rename photos pictures") { vault, name };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            VaultRenamed renamed = await commands.RenameAsync(new RenameVault(line.GetRequiredValue(vault), line.GetRequiredValue(name)), stop);
            terminal.Output.WriteLine($"{terminal.Name(renamed.Before)} is called {terminal.Name(renamed.Name)} now");
            return ExitCode.Done;
        });
        return command;
    }
}
