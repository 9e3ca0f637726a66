using System.CommandLine;

namespace Vault.Host;

/// <summary>vault whatif VAULT --lose DEVICE…: what would be gone. Exit code 1 when anything would.</summary>
static class WhatifCommand
{
    const int MostShown = 50;

    public static Command Create(Terminal terminal)
    {
        Argument<string> vault = Words.Vault(terminal);
        Option<string[]> lose = new("--lose") { Description = "A device by its name or peer id, or the beginning of it; more than one may be given", HelpName = "DEVICE", Required = true, AllowMultipleArgumentsPerToken = true };
        Option<bool> json = Words.Json();
        TaughtCommand command = new("whatif", "show which files would be lost with some devices, and what it would take to heal the rest; exit code 1 when any would", "vault whatif photos --lose laptop nas") { vault, lose, json };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            LossShown loss = await commands.WhatIfAsync(new LoseDevices(line.GetRequiredValue(vault), line.GetRequiredValue(lose)), stop);
            if (line.GetValue(json)) Listing.Json(terminal, loss, ApiJson.Default.LossShown);
            else Tell(loss, terminal);
            return loss.IsLoss ? ExitCode.Failed : ExitCode.Done;
        });
        return command;
    }

    static void Tell(LossShown loss, Terminal terminal)
    {
        string without = string.Join(" and ", loss.Devices.Select(device => terminal.Name(device)));
        terminal.Output.WriteLine(loss.IsLoss ? $"without {without}, {Amounts.Count(loss.Lost.Count, "file")} would be lost, {Amounts.Size(loss.LostBytes)}:" : $"without {without}, nothing would be lost");
        foreach (FileLost file in loss.Lost.Take(MostShown)) terminal.Output.WriteLine($"  {terminal.Name(file.Path)}");
        if (loss.Lost.Count > MostShown) terminal.Output.WriteLine("  … vault whatif --json lists all");
        if (loss.HealBlocks > 0)
            terminal.Output.WriteLine($"{Amounts.Count(loss.HealBlocks, "copy")} would have to be made, {Amounts.Size(loss.HealBytes)}: at least {Amounts.Duration(TimeSpan.FromSeconds(loss.HealSeconds ?? 0))}");
    }
}
