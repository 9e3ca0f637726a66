using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Vault.Host;

/// <summary>
/// From arguments to an exit code. A command is a file of its own with a static Create that returns the parser's Command; it
/// is listed in <see cref="Groups"/> and nowhere else. This is the place where the faults of a command end.
/// </summary>
static class CommandLine
{
    /// <summary>Accepted anywhere on the line; a command reads it with <see cref="FolderOf"/>.</summary>
    sealed class DataOption : Option<string>
    {
        public DataOption() : base("--data") => (Description, HelpName, Recursive) = ("Keep state in DIR", "DIR", true);
    }

    /// <summary>Every command there is, in the order of the help page.</summary>
    static IReadOnlyList<CommandGroup> Groups(Terminal terminal) =>
    [
        new("Vaults", [CreateCommand.Create(terminal), ListCommand.Create(terminal), StatusCommand.Create(terminal), RenameCommand.Create(terminal), PolicyCommand.Create(terminal), LeaveCommand.Create(terminal)]),
        new("Files", [AddCommand.Create(terminal), GetCommand.Create(terminal), CatCommand.Create(terminal), LsCommand.Create(terminal), RmCommand.Create(terminal), MvCommand.Create(terminal), WatchCommand.Create(terminal)]),
        new("History", [LogCommand.Create(terminal), ConflictsCommand.Create(terminal), ResolveCommand.Create(terminal)]),
        new("Chat", [ChatCommand.Create(terminal)]),
        new("Proof", [RootCommandOfVault.Create(terminal), ProveCommand.Create(terminal)]),
        new("Other machines", [DaemonCommand.Create(terminal), InviteCommand.Create(terminal), JoinCommand.Create(terminal), MembersCommand.Create(terminal), MembersCommand.CreateRevoke(terminal), MembersCommand.CreateRetire(terminal), PeersCommand.Create(terminal), PeersCommand.CreateDial(terminal), LimitsCommand.Create(terminal), SwarmKeyCommand.Create(terminal), DemoCommand.Create(terminal)]),
        new("Copies", [OfferCommand.Create(terminal), WhereisCommand.Create(terminal), FreeCommand.Create(terminal), FreeCommand.CreateKeep(terminal), WhatifCommand.Create(terminal)]),
        new("This device", [IdCommand.Create(terminal), KeyCommand.Create(terminal), ConfigCommand.Create(terminal), CompletionCommand.Create(terminal)]),
        new("Upkeep", [VerifyCommand.Create(terminal), DoctorCommand.Create(terminal), GcCommand.Create(terminal), ExplainCommand.Create(terminal), BackupCommand.Create(terminal)]),
        new("Simulation", [SimCommand.Create(terminal)]),
    ];

    public static string FolderOf(ParseResult line, Terminal terminal) => DataPath.Locate(line.GetValue(line.RootCommandResult.Command.Options.OfType<DataOption>().Single()), terminal.Variable);

    /// <summary>The words that call a command, without the program's own.</summary>
    public static string NameOf(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault(parent => parent is not RootCommand) is { } parent ? $"{NameOf(parent)} {command.Name}" : command.Name;

    public static Task<int> RunAsync(string[] arguments, Terminal terminal, CancellationToken stop = default) => RunAsync(arguments, terminal, Groups(terminal), stop);

    public static async Task<int> RunAsync(string[] arguments, Terminal terminal, IReadOnlyList<CommandGroup> groups, CancellationToken stop = default)
    {
        try
        {
            // No response files: "@photo.jpg" is the name of a file to add, not a file of arguments.
            RootCommand grammar = Grammar(terminal, groups);
            ParseResult line = grammar.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
            bool completing = grammar.Directives.OfType<SuggestDirective>().Any(suggest => line.GetResult(suggest) != null);
            // Who asks how a command is used doesn't know its arguments yet.
            bool asking = line.UnmatchedTokens.Count == 0 && line.GetResult(grammar.Options.OfType<HelpOption>().Single()) is { Implicit: false };
            if (line.Errors.Count > 0 && !completing && !asking) return RefuseUsage(line, terminal);
            InvocationConfiguration invocation = new() { Output = terminal.Output, Error = terminal.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
            int code = await line.InvokeAsync(invocation, stop);
            await terminal.Output.FlushAsync(CancellationToken.None); // what an interrupted command has said counts too
            return code;
        }
        catch (Exception fault)
        {
            return FaultReport.Write(fault, terminal);
        }
    }

    static RootCommand Grammar(Terminal terminal, IReadOnlyList<CommandGroup> groups)
    {
        RootCommand root = [];
        Option<bool> version = new("--version");
        root.Options.Remove(root.Options.OfType<VersionOption>().Single());
        root.Options.Add(version);
        root.Options.Add(new DataOption());
        foreach (Command command in groups.SelectMany(group => group.Commands)) root.Subcommands.Add(command);
        TakeNoValues(root);

        root.SetAction(line =>
        {
            if (line.GetValue(version)) terminal.Output.WriteLine(VersionText.Line);
            else HelpPage.Write(groups, FolderOf(line, terminal), terminal.Output);
        });
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Aliases.Clear(); // the parser's own take /h for help, which here is a file to add
        help.Aliases.Add("-h");
        help.Action = new HelpChoice(root, (SynchronousCommandLineAction)help.Action!, terminal);
        return root;
    }

    // The parser lets "true" or "false" follow a switch as its value; here that is the name of a vault or a file.
    static void TakeNoValues(Command command)
    {
        foreach (Option<bool> option in command.Options.OfType<Option<bool>>()) option.Arity = ArgumentArity.Zero;
        foreach (Command below in command.Subcommands) TakeNoValues(below);
    }

    static int RefuseUsage(ParseResult line, Terminal terminal)
    {
        Command command = line.CommandResult.Command;
        bool atRoot = command is RootCommand;
        terminal.WriteError(UsageText.Of(line), atRoot ? "vault --help shows what there is" : $"vault {NameOf(command)} --help shows how it is used");
        return ExitCode.Usage;
    }

    // --help at the root is our page (the root's own action); after a command it is the parser's, and then our examples.
    sealed class HelpChoice(RootCommand root, SynchronousCommandLineAction ofParser, Terminal terminal) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult line)
        {
            if (line.CommandResult.Command == root) return ((SynchronousCommandLineAction)root.Action!).Invoke(line);
            int code = ofParser.Invoke(line);
            if (line.CommandResult.Command is TaughtCommand taught) taught.WriteExamples(terminal.Output);
            return code;
        }
    }
}

/// <summary>Commands that stand together on the help page.</summary>
sealed record CommandGroup(string Heading, IReadOnlyList<Command> Commands);
