using System.CommandLine;

namespace Vault.Host;

/// <summary>The one page that `vault` and `vault --help` print. `vault COMMAND --help` is the parser's own.</summary>
static class HelpPage
{
    public static void Write(IReadOnlyList<CommandGroup> groups, string dataFolder, TextWriter output)
    {
        output.WriteLine("""
            vault keeps files alive on machines you already own: cut into blocks, encrypted here, stored once
            by hash. No cloud, and nobody to trust.

            Usage: vault [--data DIR] COMMAND [ARGUMENTS]

            Begin:
              vault create photos
              vault add photos ~/Pictures
              vault ls photos
              vault get photos Pictures/2026 -o ~/restored
            """);
        int width = groups.SelectMany(group => group.Commands).Max(command => command.Name.Length);
        foreach (CommandGroup group in groups)
        {
            output.WriteLine();
            output.WriteLine($"{group.Heading}:");
            foreach (Command command in group.Commands.Where(command => !command.Hidden)) output.WriteLine($"  {command.Name.PadRight(width)}  {command.Description}");
        }
        output.WriteLine($"""

            Options:
              --data DIR  keep state in DIR (else $VAULT_HOME, else the XDG data folder)
              --version   print the version
              --help      print this page; vault COMMAND --help explains one command, with examples

            State lives in {dataFolder}
            Exit codes: 0 done, 1 failed, 2 the command line was wrong.
            """);
    }
}
