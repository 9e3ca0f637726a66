using System.CommandLine;

namespace Vault.Host;

/// <summary>vault resolve VAULT PATH --keep …: says which version of a conflict holds; every machine follows.</summary>
static class ResolveCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> vault = Words.Vault(terminal);
        Argument<string> path = Words.Path("The file in conflict");
        Option<string> keep = new("--keep") { Description = "winner, both, or a version's mark as vault conflicts shows it", HelpName = "WHICH", Required = true };
        Option<bool> json = Words.Json();
        TaughtCommand command = new("resolve", "settle a conflict", "vault resolve photos Pictures/plan.txt --keep winner", "vault resolve photos Pictures/plan.txt --keep 3f2a91c4", "vault resolve photos Pictures/plan.txt --keep both") { vault, path, keep, json };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            ConflictResolved resolved = await commands.ResolveAsync(new ResolveConflict(line.GetRequiredValue(vault), line.GetRequiredValue(path), line.GetRequiredValue(keep)), stop);
            if (line.GetValue(json)) Listing.Json(terminal, resolved, HostJson.Lines.ConflictResolved);
            else
            {
                terminal.Output.WriteLine($"{terminal.Name(resolved.Path)}: kept {terminal.Name(resolved.Kept)}");
                terminal.Output.WriteLine($"root {resolved.Root}");
            }
            return ExitCode.Done;
        });
        return command;
    }
}
