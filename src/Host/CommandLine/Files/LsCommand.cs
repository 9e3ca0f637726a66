using System.CommandLine;

namespace Vault.Host;

/// <summary>vault ls VAULT [PREFIX]: what a vault holds, one line for each entry.</summary>
static class LsCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> vault = Words.Vault(terminal);
        Argument<string?> prefix = new("prefix") { Description = "A file or folder in the vault; everything when left out", HelpName = "PREFIX", Arity = ArgumentArity.ZeroOrOne };
        Option<bool> direct = new("--direct", "-d") { Description = "Only what lies in the folder itself" };
        Option<bool> full = new("--long", "-l") { Description = "With permissions, size and time" };
        Option<DateTimeOffset?> at = Words.At(terminal);
        Option<bool> json = Words.Json("Print one JSON object a line");
        TaughtCommand command = new("ls", "list files and folders of a vault", "vault ls photos", "vault ls photos Pictures --direct -l", "vault ls photos --at 2d", "vault ls photos --json | jq -r .path") { vault, prefix, direct, full, at, json };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            IAsyncEnumerable<EntryListed> entries = commands.ListAsync(new ListEntries(line.GetRequiredValue(vault), line.GetValue(prefix), line.GetValue(direct), line.GetValue(at)), stop);
            if (line.GetValue(json)) await Listing.JsonAsync(terminal, entries, HostJson.Lines.EntryListed);
            else await TellAsync(entries, line.GetValue(full), terminal);
            return ExitCode.Done;
        });
        return command;
    }

    static async Task TellAsync(IAsyncEnumerable<EntryListed> entries, bool full, Terminal terminal)
    {
        await foreach (EntryListed entry in entries) terminal.Output.WriteLine(full ? Long(entry, terminal) : Short(entry, terminal));
    }

    static string Short(EntryListed entry, Terminal terminal) => terminal.Name(entry.Path) + (entry.Kind == "dir" ? "/" : "") + Mark(entry);

    static string Long(EntryListed entry, Terminal terminal)
    {
        char kind = entry.Kind switch { "dir" => 'd', "symlink" => 'l', _ => '-' };
        string time = entry.Mtime is { } mtime ? Amounts.Time(mtime) : "";
        string target = entry.Target is { } to ? $" -> {terminal.Name(to)}" : "";
        return $"{kind}{entry.Mode,4} {(entry.Kind == "file" ? Amounts.Size(entry.Size) : ""),10}  {time,-19}  {Short(entry, terminal)}{target}";
    }

    static string Mark(EntryListed entry) => entry switch { { Damaged: true } => "  (damaged)", { Conflict: true } => "  (conflict)", _ => "" };
}
