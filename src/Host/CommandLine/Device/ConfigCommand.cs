using System.CommandLine;

namespace Vault.Host;

/// <summary>vault config: what config.yaml makes of the daemon, or what is wrong with it.</summary>
static class ConfigCommand
{
    public static Command Create(Terminal terminal)
    {
        Option<bool> json = Words.Json();
        TaughtCommand command = new("config", "check config.yaml in the data folder, and show what the daemon will start with", "vault config") { json };
        command.SetAction(line =>
        {
            string folder = Path.GetFullPath(CommandLine.FolderOf(line, terminal));
            Configuration settings = Configuration.Load(folder);
            SettingsShown shown = new(Path.Combine(folder, Configuration.FileName), [.. settings.Listen.Select(address => address.ToString())], $"127.0.0.1:{settings.Api}",
                [.. settings.Bootstrap.Select(address => address.ToString())], settings.Mdns, settings.Upload, settings.Download, settings.Traces?.ToString());
            if (line.GetValue(json)) Listing.Json(terminal, shown, HostJson.Lines.SettingsShown);
            else Listing.Table(terminal, ["", ""],
            [
                ["file", File.Exists(shown.File) ? shown.File : $"{shown.File} (not there: everything is as usual)"],
                ["listen", shown.Listen.Count == 0 ? "port 4171 of every network" : string.Join(", ", shown.Listen)],
                ["api", shown.Api],
                ["bootstrap", shown.Bootstrap.Count == 0 ? "nobody" : string.Join(", ", shown.Bootstrap)],
                ["mdns", shown.Mdns ? "true" : "false"],
                ["upload", ByteRate.Text(shown.Upload)],
                ["download", ByteRate.Text(shown.Download)],
                ["traces", shown.Traces ?? "nowhere"],
            ]);
            return ExitCode.Done;
        });
        return command;
    }
}

/// <param name="Upload">Bytes a second; null for no limit.</param>
sealed record SettingsShown(string File, IReadOnlyList<string> Listen, string Api, IReadOnlyList<string> Bootstrap, bool Mdns, long? Upload, long? Download, string? Traces);
