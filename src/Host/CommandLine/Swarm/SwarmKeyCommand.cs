using System.CommandLine;
using Vault.Primitives;

namespace Vault.Host;

/// <summary>vault swarm-key show, new, import FILE: the key that closes this device's network to outsiders.</summary>
static class SwarmKeyCommand
{
    /// <summary>Three lines of text.</summary>
    const int MaxFile = 256;

    public static Command Create(Terminal terminal) =>
        new("swarm-key", "the key that closes this device's network to outsiders") { Show(terminal), New(terminal), Import(terminal) };

    static TaughtCommand Show(Terminal terminal)
    {
        Option<bool> reveal = new("--reveal") { Description = "Print the key itself, as a file that every libp2p reads" };
        return Leaf(terminal, "show", "show its fingerprint, or the key", (commands, line, stop) => commands.SwarmKeyAsync(false, null, line.GetValue(reveal), stop), "vault swarm-key show", reveal);
    }

    static TaughtCommand New(Terminal terminal) =>
        Leaf(terminal, "new", "make a new one; the old one lets others in for another week", (commands, _, stop) => commands.SwarmKeyAsync(true, null, false, stop), "vault swarm-key new");

    static TaughtCommand Import(Terminal terminal)
    {
        Argument<string> file = new("file") { Description = "A swarm key file", HelpName = "FILE" };
        return Leaf(terminal, "import", "use the key in a file", (commands, line, stop) => commands.SwarmKeyAsync(false, Read(line.GetRequiredValue(file)), false, stop), "vault swarm-key import swarm.key", file);
    }

    static string Read(string path)
    {
        FileInfo file = new(path);
        if (!file.Exists) throw new ConfigException($"there is no file {path}");
        return file.Length <= MaxFile ? File.ReadAllText(path) : throw new ConfigException($"{path} is too long for a swarm key file");
    }

    static TaughtCommand Leaf(Terminal terminal, string name, string description, Func<ICommands, ParseResult, CancellationToken, Task<SwarmKeyShown>> run, string example, params IReadOnlyList<Symbol> symbols)
    {
        Option<bool> json = Words.Json();
        TaughtCommand command = new(name, description, example) { json };
        foreach (Symbol symbol in symbols)
            if (symbol is Argument argument) command.Arguments.Add(argument);
            else command.Options.Add((Option)symbol);
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            SwarmKeyShown shown = await run(commands, line, stop);
            if (line.GetValue(json)) Listing.Json(terminal, shown, ApiJson.Default.SwarmKeyShown);
            else if (shown.File is { } file) terminal.Output.Write(file);
            else
            {
                terminal.Output.WriteLine(shown.Fingerprint);
                foreach (string other in shown.Others) terminal.Output.WriteLine($"{other} (also let in)");
            }
            return ExitCode.Done;
        });
        return command;
    }
}
