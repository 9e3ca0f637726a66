using System.CommandLine;

namespace Vault.Host;

/// <summary>vault conflicts VAULT: what was changed at two places at once, or came back after its deletion. Nothing is lost; someone has to say what holds.</summary>
static class ConflictsCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> vault = Words.Vault(terminal);
        Option<bool> json = Words.Json("Print one JSON object a line");
        TaughtCommand command = new("conflicts", "show files that were changed at two places at once", "vault conflicts photos", "vault resolve photos Pictures/plan.txt --keep winner") { vault, json };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            IAsyncEnumerable<ConflictListed> conflicts = commands.ConflictsAsync(line.GetRequiredValue(vault), stop);
            if (line.GetValue(json)) await Listing.JsonAsync(terminal, conflicts, HostJson.Lines.ConflictListed);
            else
                await foreach (ConflictListed conflict in conflicts) Tell(conflict, terminal);
            return ExitCode.Done;
        });
        return command;
    }

    static void Tell(ConflictListed conflict, Terminal terminal)
    {
        terminal.Output.WriteLine(terminal.Name(conflict.Path));
        if (conflict.Returned) terminal.Output.WriteLine("  had been deleted, and came back from a device that still had it: keep it, or remove it with vault rm");
        foreach (ConflictVersion version in conflict.Versions)
            terminal.Output.WriteLine($"  --keep {version.Keep}  {Amounts.Time(version.Time)}  by {version.By[..8]}  {(version.Kind == "file" ? Amounts.Size(version.Size) : version.Kind)}");
    }
}
