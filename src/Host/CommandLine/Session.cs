using System.CommandLine;
using Vault.Primitives;

namespace Vault.Host;

/// <summary>From a command line to the commands it is about: those of the daemon that runs on its data folder, else the store opened in this process.</summary>
static class Session
{
    public static ICommands Open(ParseResult line, Terminal terminal)
    {
        if (RemoteCommands.TryOpen(CommandLine.FolderOf(line, terminal)) is { } remote) return remote;
        return new LocalCommands(Home(line, terminal), terminal.WriteNote);
    }

    public static Home Home(ParseResult line, Terminal terminal)
    {
        string program = $"vault {CommandLine.NameOf(line.CommandResult.Command)}";
        return new Home(CommandLine.FolderOf(line, terminal), program, new Passphrases(terminal, file: null).AskAsync, terminal.Time, RandomSource.System);
    }
}
