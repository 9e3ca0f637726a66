using System.CommandLine;
using Vault.Primitives;

namespace Vault.Host;

/// <summary>vault demo: what the program is for, in half a minute, without touching anything of the user's.</summary>
static class DemoCommand
{
    public static Command Create(Terminal terminal)
    {
        TaughtCommand command = new("demo", "show with two devices in a temporary folder what vaults are for", "vault demo");
        command.SetAction(async (_, stop) =>
        {
            string folder = Directory.CreateTempSubdirectory("vault-demo-").FullName;
            try
            {
                terminal.Output.WriteLine($"Two devices on this machine, each with a daemon, in {folder}. Nothing of yours is touched.");
                await new Demo(folder, (who, what) => Tell(terminal, who, what), terminal.Time, RandomSource.System).RunAsync(stop);
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
            terminal.Output.WriteLine("The folder is deleted. With machines of your own: vault daemon run, vault create NAME, vault invite NAME --role write");
            return ExitCode.Done;
        });
        return command;
    }

    static void Tell(Terminal terminal, string who, string what)
    {
        lock (terminal.Output) // a daemon's remarks come from its own threads
        {
            terminal.Output.WriteLine($"{who,8}  {what}");
            terminal.Output.Flush();
        }
    }
}
