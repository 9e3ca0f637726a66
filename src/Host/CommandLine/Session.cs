using System.CommandLine;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Host;

/// <summary>From a command line to the commands it is about: those of the daemon that runs on its data folder, else the store opened in this process.</summary>
static class Session
{
    public static ICommands Open(ParseResult line, Terminal terminal)
    {
        if (RemoteCommands.TryOpen(CommandLine.FolderOf(line, terminal)) is { } remote) return remote;
        return new LocalCommands(Home(line, terminal), terminal.WriteNote);
    }

    public static Home Home(ParseResult line, Terminal terminal) => Home(line, terminal, new Passphrases(terminal, file: null).AskAsync);

    static Home Home(ParseResult line, Terminal terminal, AskPassphrase ask)
    {
        string program = $"vault {CommandLine.NameOf(line.CommandResult.Command)}";
        return new Home(CommandLine.FolderOf(line, terminal), program, ask, terminal.Time, RandomSource.System);
    }

    /// <summary>The same for a program that stays: with no daemon the store is opened for each thing alone, and a passphrase is asked for once.</summary>
    public static ChatLink Link(ParseResult line, Terminal terminal)
    {
        SecretBytes? known = null;
        string folder = CommandLine.FolderOf(line, terminal);
        return new ChatLink(() => RemoteCommands.TryOpen(folder), () => new LocalCommands(Home(line, terminal, AskOnceAsync), _ => { }), () => DataFolder.LastTaken(folder), terminal.Time);

        async Task<SecretBytes> AskOnceAsync(PassphraseQuestion question, CancellationToken stop)
        {
            known ??= await new Passphrases(terminal, file: null).AskAsync(question, stop);
            return SecretBytes.Copy(known.Span);
        }
    }
}
