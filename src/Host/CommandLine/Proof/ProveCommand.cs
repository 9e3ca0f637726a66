using System.CommandLine;

namespace Vault.Host;

/// <summary>vault prove VAULT PATH: a file that shows, to whoever has a vault's root and no vault, that a record is in it.</summary>
static class ProveCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> vault = Words.Vault(terminal);
        Argument<string> path = Words.Path();
        TaughtCommand command = new("prove", "write a proof that a file is in a vault, or check one") { vault, path };
        command.SetAction(int (_) => throw new NotSupportedException());
        return command;
    }
}
