using System.CommandLine;
using Vault.Catalog;

namespace Vault.Host;

/// <summary>vault get VAULT [PATH]: files and folders out of a vault.</summary>
static class GetCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> vault = Words.Vault(terminal);
        Argument<string?> path = new("path") { Description = "A file or folder in the vault; all of it when left out", HelpName = "PATH", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> target = new("--out", "-o") { Description = "Make it OUT: that file, or a folder with the contents (else its own name, here)", HelpName = "OUT" };
        Option<DateTimeOffset?> at = Words.At(terminal);
        Option<bool> force = new("--force") { Description = "Overwrite files that were changed outside" };
        Option<bool> json = Words.Json();
        TaughtCommand command = new("get", "restore files and folders from a vault",
            "vault get photos", "vault get photos Pictures/2026 -o ~/restored", "vault get notes lists/todo.txt --at 3d -o todo-before.txt")
        { vault, path, target, at, force, json };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            string named = line.GetRequiredValue(vault);
            string? inside = line.GetValue(path);
            MachinePath place = MachinePath.From(line.GetValue(target) ?? LastName(inside) ?? await NameAsync(commands, named, stop));
            using ProgressLine? progress = ProgressLine.For(terminal, "restoring");
            FilesGotten gotten = await commands.GetAsync(new GetFiles(named, place, inside, line.GetValue(at), line.GetValue(force)), progress, stop);
            progress?.Dispose();
            if (line.GetValue(json)) Listing.Json(terminal, gotten, HostJson.Lines.FilesGotten);
            else terminal.Output.WriteLine($"{Amounts.Count(gotten.Files, "file")}, {Amounts.Size(gotten.Bytes)} in {terminal.Name(gotten.Out)}");
            Listing.Problems(terminal, "not restored:", gotten.Problems, gotten.Skipped);
            if (gotten.Skipped == 0) return ExitCode.Done;
            bool changed = gotten.Problems.Any(problem => problem.Is(SkipReason.WouldOverwrite));
            terminal.WriteError($"{Amounts.Count(gotten.Skipped, "entry")} not restored", changed ? "--force overwrites files that were changed outside" : null);
            return ExitCode.Failed;
        });
        return command;
    }

    // Below where one stands: 'Pictures/2026' becomes ./2026.
    static string? LastName(string? path) => path?.Trim('/').Split('/')[^1] is { Length: > 0 } last && last is not ("." or "..") ? last : null;

    // The whole vault goes into a folder of its name, however it was called on the line.
    static async Task<string> NameAsync(ICommands commands, string vault, CancellationToken stop) => (await commands.RootAsync(vault, stop)).Name;
}
