using System.CommandLine;

namespace Vault.Host;

/// <summary>vault add VAULT PATH…: files, folders and standard input into a vault.</summary>
static class AddCommand
{
    /// <summary>What stands for standard input.</summary>
    const string Input = "-";

    public static Command Create(Terminal terminal)
    {
        Argument<string> vault = Words.Vault(terminal);
        Argument<string[]> paths = new("path") { Description = "Files and folders, or - for standard input", HelpName = "PATH", Arity = ArgumentArity.OneOrMore };
        Option<string?> place = new("--as") { Description = "Where it goes in the vault; a folder's contents go below it, '.' is the top", HelpName = "PREFIX" };
        Option<string[]> tags = new("--tag") { Description = "Mark what is added; may be repeated", HelpName = "T", DefaultValueFactory = _ => [] };
        Option<bool> strict = new("--strict") { Description = "Fail (exit code 1) when anything had to be skipped" };
        Option<bool> json = Words.Json();
        TaughtCommand command = new("add", "put files and folders into a vault",
            "vault add photos ~/Pictures", "vault add photos ~/Pictures/2026 --as holidays", "vault add notes todo.txt --as lists/todo.txt", "pg_dump shop | vault add backups - --as shop.sql")
        { vault, paths, place, tags, strict, json };
        command.Validators.Add(line =>
        {
            string[] named = line.GetValue(paths) ?? [];
            if (!named.Contains(Input)) return;
            if (named.Length > 1) line.AddError("- (standard input) can't be mixed with other paths");
            else if (string.IsNullOrEmpty(line.GetValue(place))) line.AddError("standard input has no name: say where it goes with --as PATH");
        });
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            string named = line.GetRequiredValue(vault);
            string[] sources = line.GetRequiredValue(paths), marks = line.GetValue(tags) ?? [];
            using ProgressLine? progress = ProgressLine.For(terminal, "adding");
            FilesAdded added = sources is [Input]
                ? await commands.PutAsync(new PutFile(named, line.GetValue(place)!) { Tags = marks }, terminal.OpenInput(), progress, stop)
                : await commands.AddAsync(new AddFiles(named, [.. sources.Select(MachinePath.From)], line.GetValue(place)) { Tags = marks }, progress, stop);
            progress?.Dispose();
            if (line.GetValue(json)) Listing.Json(terminal, added, HostJson.Lines.FilesAdded);
            else Tell(added, terminal);
            Listing.Problems(terminal, "skipped", added.Problems, added.Skipped);
            return line.GetValue(strict) && added.Skipped > 0 ? ExitCode.Failed : ExitCode.Done;
        });
        return command;
    }

    static void Tell(FilesAdded added, Terminal terminal)
    {
        string unchanged = added.Unchanged > 0 ? $" ({Amounts.Count(added.Unchanged, "entry")} unchanged)" : ""; // folders and links count too
        terminal.Output.WriteLine($"{Amounts.Count(added.Files, "file")}, {Amounts.Size(added.Bytes)}{unchanged}; {Amounts.Count(added.NewBlocks, "new block")}, {Amounts.Size(added.NewBytes)} added to the store");
        terminal.Output.WriteLine($"root {added.Root}");
    }
}
