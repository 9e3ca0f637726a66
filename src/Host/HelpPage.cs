using System.CommandLine;

namespace Vault.Host;

/// <summary>The one page that `vault` and `vault --help` print. `vault COMMAND --help` is the parser's own.</summary>
static class HelpPage
{
    public static void Write(IEnumerable<Command> commands, string dataFolder, TextWriter output)
    {
        output.WriteLine("""
            vault keeps files alive on machines you already own: cut into blocks, encrypted here, stored once
            by hash, copied to your other machines. No cloud, and nobody to trust.

            Usage: vault [--data DIR] COMMAND [ARGUMENTS]

            Commands:
            """);
        List<Command> shown = [.. commands.Where(command => !command.Hidden)];
        if (shown.Count == 0) output.WriteLine("  (none yet: this version has the parts of the block store, but no command that uses them)");
        int width = shown.Select(command => command.Name.Length).DefaultIfEmpty().Max();
        foreach (Command command in shown) output.WriteLine($"  {command.Name.PadRight(width)}  {command.Description}");
        output.WriteLine($"""

            Options:
              --data DIR  keep state in DIR (else $VAULT_HOME, else the XDG data folder)
              --version   print the version
              --help      print this page; vault COMMAND --help explains one command

            State lives in {dataFolder}
            Exit codes: 0 done, 1 failed, 2 the command line was wrong.
            """);
    }
}
