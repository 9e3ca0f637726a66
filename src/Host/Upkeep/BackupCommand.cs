using System.CommandLine;
using Vault.Blocks;

namespace Vault.Host;

/// <summary>vault backup DIR: a consistent copy of the store in a new folder.</summary>
static class BackupCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> target = new("dir") { Description = "A folder that doesn't exist yet", HelpName = "DIR" };
        Command command = new("backup", "copy the whole store, consistently, into a new folder") { target };
        command.SetAction(line =>
        {
            string folder = Path.GetFullPath(line.GetValue(target)!);
            using OpenedHere here = new(line, terminal);
            Backup.Run(here.Store, folder);
            terminal.Output.WriteLine($"copied to {folder}; it opens with --data {folder}");
            return ExitCode.Done;
        });
        return command;
    }
}
