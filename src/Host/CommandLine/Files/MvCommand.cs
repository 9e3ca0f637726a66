using System.CommandLine;

namespace Vault.Host;

/// <summary>vault mv VAULT FROM TO: another path for a file or a folder; no content is stored again.</summary>
static class MvCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> vault = Words.Vault(terminal);
        Argument<string> from = new("from") { Description = "A file or folder in the vault", HelpName = "FROM" };
        Argument<string> to = new("to") { Description = "Its new path; an existing folder takes it in", HelpName = "TO" };
        Option<bool> force = new("--force") { Description = "Replace the file that is at the new path" };
        Option<bool> json = Words.Json();
        TaughtCommand command = new("mv", "move or rename a file or folder in a vault", "vault mv notes todo.txt lists/todo.txt", "vault mv photos Pictures/2026 Pictures/summer") { vault, from, to, force, json };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            EntriesMoved moved = await commands.MoveAsync(new MoveEntry(line.GetRequiredValue(vault), line.GetRequiredValue(from), line.GetRequiredValue(to), line.GetValue(force)), stop);
            if (line.GetValue(json)) Listing.Json(terminal, moved, HostJson.Lines.EntriesMoved);
            else
            {
                terminal.Output.WriteLine($"moved {Amounts.Count(moved.Entries, "entry")} to {terminal.Name(moved.To)}");
                terminal.Output.WriteLine($"root {moved.Root}");
            }
            return ExitCode.Done;
        });
        return command;
    }
}
