using System.CommandLine;

namespace Vault.Host;

/// <summary>vault rm VAULT PATH…: takes files and folders out of a vault; what they were stays in the history for a while.</summary>
static class RmCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> vault = Words.Vault(terminal);
        Argument<string[]> paths = new("path") { Description = "Files and folders in the vault", HelpName = "PATH", Arity = ArgumentArity.OneOrMore };
        Option<bool> recursive = new("--recursive", "-r") { Description = "Folders too, with all they hold" };
        Option<bool> json = Words.Json();
        TaughtCommand command = new("rm", "remove files and folders from a vault; the history keeps them for a while", "vault rm photos Pictures/blurred.jpg", "vault rm -r photos Pictures/2019", "vault get photos Pictures/2019 --at 1h") { vault, paths, recursive, json };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            EntriesRemoved removed = await commands.RemoveAsync(new RemoveEntries(line.GetRequiredValue(vault), line.GetRequiredValue(paths), line.GetValue(recursive)), stop);
            if (line.GetValue(json)) Listing.Json(terminal, removed, HostJson.Lines.EntriesRemoved);
            else
            {
                terminal.Output.WriteLine($"removed {Amounts.Count(removed.Entries, "entry")}");
                terminal.Output.WriteLine($"root {removed.Root}");
            }
            return ExitCode.Done;
        });
        return command;
    }
}
