using System.CommandLine;

namespace Vault.Host;

/// <summary>vault log VAULT [PATH]: the versions this machine has seen, newest first.</summary>
static class LogCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> vault = Words.Vault(terminal);
        Argument<string?> path = new("path") { Description = "A file or folder in the vault; all of it when left out", HelpName = "PATH", Arity = ArgumentArity.ZeroOrOne };
        Option<int> limit = Words.Number("--limit", "-n", "So many of the latest", least: 1, most: int.MaxValue, usual: 1000);
        Option<bool> json = Words.Json("Print one JSON object a line");
        TaughtCommand command = new("log", "show the versions of files, newest first", "vault log notes lists/todo.txt", "vault log photos -n 20") { vault, path, limit, json };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            IAsyncEnumerable<VersionListed> versions = commands.LogAsync(new ShowLog(line.GetRequiredValue(vault), line.GetValue(path), line.GetValue(limit)), stop);
            if (line.GetValue(json)) await Listing.JsonAsync(terminal, versions, HostJson.Lines.VersionListed);
            else
                await foreach (VersionListed version in versions) terminal.Output.WriteLine(Line(version, terminal));
            return ExitCode.Done;
        });
        return command;
    }

    static string Line(VersionListed version, Terminal terminal)
    {
        string what = version.Kind == "file" ? Amounts.Size(version.Size) : version.Kind;
        return $"{Amounts.Time(version.Time)}  {version.By[..8]}  {what,10}  {terminal.Name(version.Path)}{(version.Current ? "  (current)" : "")}";
    }
}
