// Host: `vault` itself. It reads the command line, builds the parts by hand and connects them; it decides nothing that the
// projects below could decide. What it is not: a place for logic that a test would want without a process around it.
// Read next: CommandLine.cs (the commands there are, and where a new one is added), then the file of the command you came
// for. DataPath.cs says where state lives, FaultReport.cs what a person sees when something fails.

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
        return await CommandLine.RunAsync(arguments, Terminal.OfProcess);
    }
}
