using System.CommandLine;
using Vault.Store;

namespace Vault.Host;

/// <summary>vault doctor: opens the store, mends what can be mended, and says how it is.</summary>
static class DoctorCommand
{
    public static Command Create(Terminal terminal)
    {
        Option<bool> accept = new("--accept") { Description = "After a mending: go on with what is here, and let vault gc delete again" };
        Command command = new("doctor", "open the store, mend what can be mended, and say how it is") { accept };
        command.SetAction(async (line, stop) =>
        {
            using OpenedHere here = new(line, terminal);
            terminal.Output.WriteLine($"store: {CommandLine.FolderOf(line, terminal)}");
            if (here.Opened.Findings.Count == 0) terminal.Output.WriteLine("both databases opened without trouble");
            if (line.GetValue(accept)) here.Opened.AcceptMending();
            if (here.Opened.MendedSince is { } since) terminal.Output.WriteLine($"mended on {since}: it may have forgotten something it knew");
            DatabaseFigures blocks = here.Opened.BlocksDatabase.Figures(), meta = here.Opened.Meta.Figures();
            terminal.Output.WriteLine($"blocks: {blocks.FileBytes} bytes in {blocks.Files} files; meta: {meta.FileBytes} bytes in {meta.Files} files");
            StoreHealth health = await StoreHealth.CheckAsync(here.Store, stop);
            health.Tell(terminal.Output);
            return health.IsWell ? ExitCode.Done : ExitCode.Failed;
        });
        return command;
    }
}
