using System.CommandLine;
using Vault.Primitives;

namespace Vault.Host;

/// <summary>From a command line to the commands it is about: the store of its data folder, opened in this process.</summary>
static class Session
{
    public static ICommands Open(ParseResult line, Terminal terminal)
    {
        string program = $"vault {CommandLine.NameOf(line.CommandResult.Command)}";
        Home home = new(CommandLine.FolderOf(line, terminal), program, new Passphrases(terminal, file: null).AskAsync, terminal.Time, RandomSource.System);
        return new LocalCommands(home, terminal.WriteNote);
    }
}
