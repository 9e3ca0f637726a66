using System.CommandLine;

namespace Vault.Host;

/// <summary>vault doctor: opens the store, mends what can be mended, and says how it is.</summary>
static class DoctorCommand
{
    public static Command Create(Terminal terminal)
    {
        Option<bool> accept = new("--accept") { Description = "After a mending: go on with what is here, and let vault gc delete again" };
        Option<bool> json = Words.Json();
        TaughtCommand command = new("doctor", "open the store, mend what can be mended, and say how it is", "vault doctor", "vault doctor --accept") { accept, json };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            using ProgressLine? progress = ProgressLine.For(terminal, "reading");
            StoreDiagnosis found = await commands.DoctorAsync(line.GetValue(accept), progress, stop);
            progress?.Dispose();
            if (line.GetValue(json)) Listing.Json(terminal, found, HostJson.Lines.StoreDiagnosis);
            else Tell(found, terminal);
            return found.Health.IsWell ? ExitCode.Done : ExitCode.Failed;
        });
        return command;
    }

    static void Tell(StoreDiagnosis found, Terminal terminal)
    {
        terminal.Output.WriteLine($"store: {terminal.Name(found.Data)}");
        if (found.Findings.Count == 0) terminal.Output.WriteLine("both databases opened without trouble");
        if (found.MendedSince is { } since) terminal.Output.WriteLine($"mended on {since}: it may have forgotten something it knew");
        terminal.Output.WriteLine($"blocks: {found.Blocks.Bytes} bytes in {found.Blocks.Files} files; meta: {found.Meta.Bytes} bytes in {found.Meta.Files} files");
        VerifyCommand.Tell(found.Health, terminal);
    }
}
