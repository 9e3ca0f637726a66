using System.CommandLine;
using Vault.Identity;

namespace Vault.Host;

/// <summary>vault free VAULT PATH and vault keep VAULT PATH: bytes leave this device when others have proven theirs, and come back.</summary>
static class FreeCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> vault = Words.Vault(terminal);
        Argument<string> path = Words.Path("A file or folder in the vault; . for all of it");
        Option<int?> min = new("--min")
        {
            Description = "Free what at least N other devices have proven; else as many as the vault wants copies",
            HelpName = "N",
            CustomParser = result =>
            {
                if (int.TryParse(result.Tokens[0].Value, out int number) && number is >= 1 and <= ControlLimits.MaxCopies) return number;
                result.AddError($"--min takes 1 to {ControlLimits.MaxCopies}");
                return null;
            },
        };
        Option<long?> to = OfferCommand.Size("--to", "Free the safest first, and no more than until the vault takes SIZE here");
        Option<bool> json = Words.Json();
        TaughtCommand command = new("free", "drop the bytes of files from this device, of what others have proven that they hold", "vault free photos Pictures/2019", "vault free photos . --to 20GB", "vault keep photos Pictures/2019") { vault, path, min, to, json };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            using ProgressLine? progress = ProgressLine.For(terminal, "freeing");
            FilesFreed freed = await commands.FreeAsync(new FreeFiles(line.GetRequiredValue(vault), line.GetRequiredValue(path), line.GetValue(min), line.GetValue(to)), progress, stop);
            progress?.Dispose();
            if (line.GetValue(json)) Listing.Json(terminal, freed, ApiJson.Default.FilesFreed);
            else Tell(freed, terminal);
            return freed.KeptFiles > 0 ? ExitCode.Failed : ExitCode.Done;
        });
        return command;
    }

    static void Tell(FilesFreed freed, Terminal terminal)
    {
        terminal.Output.WriteLine($"freed {Amounts.Count(freed.Freed, "file")}, {Amounts.Size(freed.FreedBytes)}");
        if (freed.KeptFiles == 0) return;
        string why = freed.Fewest is { } few ? $": of some blocks only {Amounts.Count(few, "copy")} elsewhere could be proven and locked, and {freed.Needed} must be" : ": something else here needs their blocks, or another device counts on them";
        terminal.Output.WriteLine($"{Amounts.Count(freed.KeptFiles, "file")} not freed, or not all of it{why}");
    }

    public static Command CreateKeep(Terminal terminal)
    {
        Argument<string> vault = Words.Vault(terminal);
        Argument<string> path = Words.Path("A file or folder in the vault; . for all of it");
        Option<bool> json = Words.Json();
        TaughtCommand command = new("keep", "bring the bytes of freed files here again", "vault keep photos Pictures/2019") { vault, path, json };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            FilesKept kept = await commands.KeepAsync(new FindCopies(line.GetRequiredValue(vault), line.GetRequiredValue(path)), stop);
            if (line.GetValue(json)) Listing.Json(terminal, kept, ApiJson.Default.FilesKept);
            else terminal.Output.WriteLine(kept.Coming == 0 ? $"{Amounts.Count(kept.Files, "file")} kept here" : $"{Amounts.Count(kept.Files, "file")} to be kept here, {kept.Coming} of them are on their way: vault status shows how far");
            return ExitCode.Done;
        });
        return command;
    }
}
