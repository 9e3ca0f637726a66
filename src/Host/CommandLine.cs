using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Vault.Host;

/// <summary>
/// From arguments to an exit code. A command is a file of its own with a static Create that returns the parser's Command; it
/// is listed in <see cref="Commands"/> and nowhere else. This is the place where the faults of a command end.
/// </summary>
static class CommandLine
{
    /// <summary>Accepted anywhere on the line; a command reads it with <see cref="FolderOf"/>.</summary>
    static readonly Option<string> data = new("--data") { Description = "Keep state in DIR", HelpName = "DIR", Recursive = true };

    /// <summary>Every command there is, in the order of the help page.</summary>
    static IReadOnlyList<Command> Commands(Terminal terminal) =>
    [
        VerifyCommand.Create(terminal),
        DoctorCommand.Create(terminal),
        GcCommand.Create(terminal),
        ExplainCommand.Create(terminal),
        BackupCommand.Create(terminal),
    ];

    public static string FolderOf(ParseResult line, Terminal terminal) => DataPath.Locate(line.GetValue(data), terminal.Variable);

    public static Task<int> RunAsync(string[] arguments, Terminal terminal) => RunAsync(arguments, terminal, Commands(terminal));

    public static async Task<int> RunAsync(string[] arguments, Terminal terminal, IReadOnlyList<Command> commands)
    {
        try
        {
            // No response files: "@photo.jpg" is the name of a file to add, not a file of arguments.
            ParseResult line = Grammar(terminal, commands).Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
            if (line.Errors.Count > 0) return RefuseUsage(line, terminal);
            return await line.InvokeAsync(new InvocationConfiguration { Output = terminal.Output, Error = terminal.Error, EnableDefaultExceptionHandler = false });
        }
        catch (Exception fault)
        {
            return FaultReport.Write(fault, terminal);
        }
    }

    static RootCommand Grammar(Terminal terminal, IReadOnlyList<Command> commands)
    {
        RootCommand root = [];
        Option<bool> version = new("--version");
        root.Options.Remove(root.Options.OfType<VersionOption>().Single());
        root.Options.Add(version);
        root.Options.Add(data);
        foreach (Command command in commands) root.Subcommands.Add(command);

        root.SetAction(line =>
        {
            if (line.GetValue(version)) terminal.Output.WriteLine(VersionText.Line);
            else HelpPage.Write(commands, FolderOf(line, terminal), terminal.Output);
        });
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpChoice(root, (SynchronousCommandLineAction)help.Action!);
        return root;
    }

    static int RefuseUsage(ParseResult line, Terminal terminal)
    {
        bool atRoot = line.CommandResult.Command is RootCommand;
        string message = line.UnmatchedTokens switch
        {
            [['-', ..] option, ..] => $"unknown option '{option}'",
            [{ } word, ..] => atRoot ? $"unknown command '{word}'" : $"unexpected argument '{word}'",
            _ => line.Errors[0].Message.TrimEnd('.'),
        };
        terminal.WriteError(message, atRoot ? "vault --help shows what there is" : $"vault {line.CommandResult.Command.Name} --help shows how it is used");
        return ExitCode.Usage;
    }

    // --help at the root is our page (the root's own action); after a command it is the parser's.
    sealed class HelpChoice(RootCommand root, SynchronousCommandLineAction ofParser) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult line) =>
            line.CommandResult.Command == root ? ((SynchronousCommandLineAction)root.Action!).Invoke(line) : ofParser.Invoke(line);
    }
}
