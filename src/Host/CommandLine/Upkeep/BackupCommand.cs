using System.CommandLine;

namespace Vault.Host;

/// <summary>vault backup DIR: a consistent copy of the store in a new folder.</summary>
static class BackupCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> target = new("dir") { Description = "A folder that doesn't exist yet", HelpName = "DIR" };
        TaughtCommand command = new("backup", "copy the whole store, consistently, into a new folder", "vault backup /mnt/disk/vault-2026-05", "vault key import recovery.txt --data /mnt/disk/vault-2026-05") { target };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            StoreCopied copied = await commands.BackupAsync(MachinePath.From(line.GetRequiredValue(target)), stop);
            string folder = terminal.Name(copied.Folder);
            terminal.Output.WriteLine($"copied to {folder}, without keys; after vault key import FILE --data {folder} it is read as this one is");
            return ExitCode.Done;
        });
        return command;
    }
}
