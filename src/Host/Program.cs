// Host: `vault` itself. It reads the command line, builds the parts by hand and connects them; it decides nothing that the
// projects below could decide. What it is not: a place for logic that a test would want without a process around it.
// Three layers: CommandLine/ reads what was typed and prints for people, Commands/ is all that can be asked of a store, as
// plain requests and results, and Home/ is the data folder with what is opened in it. Output/ knows terminals and pipes.
// Read next: CommandLine/CommandLine.cs (the commands there are, and where a new one is added), Commands/ICommands.cs, then
// the file of the command you came for. FaultReport.cs says what a person sees when something fails.

namespace Vault.Host;

static class Program
{
    static async Task<int> Main(string[] arguments)
    {
        // Scripts ask for the version at every start: answered before the parser's assembly is loaded.
        if (arguments is ["--version"])
        {
            Console.Out.WriteLine(VersionText.Line);
            return ExitCode.Done;
        }
        Terminal terminal = Terminal.OfProcess;
        return await Interruption.ObeyedAsync(stop => CommandLine.RunAsync(arguments, terminal, stop), Interruption.OfProcess(), terminal);
    }
}
