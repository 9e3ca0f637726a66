using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;

namespace Vault.Host;

/// <summary>
/// What is wrong with a command line, in the words of this program: the parser's own speak of symbols and expected types. What our
/// commands check themselves is passed on as they said it.
/// </summary>
static partial class UsageText
{
    public static string Of(ParseResult line)
    {
        Command command = line.CommandResult.Command;
        switch (line.UnmatchedTokens)
        {
            case [['-', _, ..] option, ..]: return $"unknown option '{option}'";
            case [{ } word, ..]: return command.Subcommands.Count > 0 ? $"unknown command '{word}'" : $"unexpected argument '{word}'";
        }
        ParseError error = line.Errors[0];
        string said = error.Message.TrimEnd('.');
        OptionResult? option_ = error.SymbolResult as OptionResult ?? error.SymbolResult?.Parent as OptionResult;
        if (said.StartsWith("Required command", StringComparison.Ordinal)) return $"say which: {string.Join(", ", command.Subcommands.Select(each => $"vault {CommandLine.NameOf(each)}"))}";
        if (said.StartsWith("Required argument", StringComparison.Ordinal)) return option_ is { Option: var bare } ? $"{bare.Name} needs {bare.HelpName ?? "a value"} after it" : $"{Missing(line, command)} is missing";
        if (said.StartsWith("Option ", StringComparison.Ordinal) && said.EndsWith("is required", StringComparison.Ordinal)) return $"{Needed(line, command)} is missing";
        if (said.Contains("expects a single argument", StringComparison.Ordinal) && option_ is { Option: var twice }) return $"{twice.Name} can be given once";
        string[] quoted = [.. Quoted().Matches(said).Select(match => match.Groups[1].Value)];
        if (said.StartsWith("Cannot parse argument", StringComparison.Ordinal)) return option_ is { Option: var typed } ? $"'{quoted[0]}' is no number, which {typed.Name} takes" : $"'{quoted[0]}' is no number";
        if (said.Contains("Must be one of", StringComparison.Ordinal)) return $"'{quoted[0]}' is none of {string.Join(", ", quoted[1..])}";
        return said;
    }

    static string Missing(ParseResult line, Command command) =>
        command.Arguments.FirstOrDefault(argument => argument.Arity.MinimumNumberOfValues > 0 && line.GetResult(argument) is not { Tokens.Count: > 0 }) is { } missing
            ? missing.HelpName ?? missing.Name.ToUpperInvariant() : "an argument";

    static string Needed(ParseResult line, Command command) =>
        command.Options.FirstOrDefault(option => option.Required && line.GetResult(option) is null or { Implicit: true }) is { } needed ? $"{needed.Name} {needed.HelpName}".TrimEnd() : "an option";

    [GeneratedRegex("'([^']*)'")]
    private static partial Regex Quoted();
}
