using System.CommandLine;

namespace Vault.Host;

/// <summary>vault limits: what the daemon may send and receive of files, changed while it runs.</summary>
static class LimitsCommand
{
    public static Command Create(Terminal terminal)
    {
        Option<string?> upload = new("--upload") { Description = "Send no more than this a second: 500 KiB, 2.5 MB, none", HelpName = "RATE" };
        Option<string?> download = new("--download") { Description = "Receive no more than this a second", HelpName = "RATE" };
        Option<bool> json = Words.Json();
        TaughtCommand command = new("limits", "show or change the bandwidth that the daemon uses, until it ends; config.yaml says how it starts", "vault limits", "vault limits --upload '500 KiB' --download none") { upload, download, json };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            LimitsShown limits = await commands.LimitsAsync(new SetLimits(line.GetValue(upload), line.GetValue(download)), stop);
            if (line.GetValue(json)) Listing.Json(terminal, limits, ApiJson.Default.LimitsShown);
            else Listing.Table(terminal, ["", ""], [["upload", ByteRate.Text(limits.Upload)], ["download", ByteRate.Text(limits.Download)]]);
            return ExitCode.Done;
        });
        return command;
    }
}
