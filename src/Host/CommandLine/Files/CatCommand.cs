using System.CommandLine;

namespace Vault.Host;

/// <summary>vault cat VAULT PATH…: the content of files on standard output.</summary>
static class CatCommand
{
    /// <summary>Large enough that the calls cost nothing beside the reading.</summary>
    const int BufferSize = 256 << 10;

    public static Command Create(Terminal terminal)
    {
        Argument<string> vault = Words.Vault(terminal);
        Argument<string[]> paths = new("path") { Description = "Files in the vault", HelpName = "PATH", Arity = ArgumentArity.OneOrMore };
        Option<DateTimeOffset?> at = Words.At(terminal);
        TaughtCommand command = new("cat", "print the content of files", "vault cat notes lists/todo.txt", "vault cat backups shop.sql --at 2026-05-01 | psql shop") { vault, paths, at };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            await terminal.Output.FlushAsync(stop);
            foreach (string path in line.GetRequiredValue(paths))
            {
                await using FileContent file = await commands.OpenAsync(new ReadFile(line.GetRequiredValue(vault), path, line.GetValue(at)), stop);
                await file.Content.CopyToAsync(terminal.Content, BufferSize, stop);
            }
            return ExitCode.Done;
        });
        return command;
    }
}
