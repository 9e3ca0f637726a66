using System.CommandLine;

namespace Vault.Host;

/// <summary>vault root VAULT: 64 hex digits that are the same wherever the vault is the same. Nothing else is printed.</summary>
static class RootCommandOfVault
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> vault = Words.Vault(terminal);
        TaughtCommand command = new("root", "print the 64 digits that two machines compare to know they hold the same", "vault root photos") { vault };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            terminal.Output.WriteLine((await commands.RootAsync(line.GetRequiredValue(vault), stop)).Root);
            return ExitCode.Done;
        });
        return command;
    }
}
