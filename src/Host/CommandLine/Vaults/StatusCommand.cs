using System.CommandLine;

namespace Vault.Host;

/// <summary>vault status [VAULT]: what the vaults hold and whether anything is to be seen to. Exit code 1 when something is, now.</summary>
static class StatusCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string?> vault = Words.VaultOrAll(terminal);
        Option<bool> json = Words.Json();
        TaughtCommand command = new("status", "show what vaults hold and how they are; exit code 1 when one is red", "vault status", "vault status photos", "vault status --json") { vault, json };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            StoreStatus status = await commands.StatusAsync(line.GetValue(vault), stop);
            if (line.GetValue(json)) Listing.Json(terminal, status, HostJson.Lines.StoreStatus);
            else Tell(status, terminal);
            return status.IsRed ? ExitCode.Failed : ExitCode.Done;
        });
        return command;
    }

    static string CopiesText(CopiesStatus copies)
    {
        string text = $"{copies.Proven ?? 0} of {copies.Target} proven";
        if (copies.OldestProofSeconds is { } oldest) text += $", the oldest proof {Amounts.Duration(TimeSpan.FromSeconds(oldest))} ago";
        if (copies.UnderTarget > 0) text += $"; {Amounts.Count(copies.UnderTarget, "block")} under the target";
        if (copies.HealingBytesPerSecond >= 1) text += $", healing at {Amounts.Size((long)copies.HealingBytesPerSecond)} a second";
        return copies.SecondsLeft is { } left ? $"{text}, {Amounts.Duration(TimeSpan.FromSeconds(left))} left" : text;
    }

    static void Tell(StoreStatus status, Terminal terminal)
    {
        if (status.MendedSince is { } since)
            terminal.WriteNote($"the store was mended on {since} and may have forgotten something it knew; vault doctor says more");
        if (status.Vaults.Count == 0) terminal.Output.WriteLine("no vaults yet; vault create NAME makes one");
        foreach (VaultStatus vault in status.Vaults)
        {
            string[] title = ["vault", vault.Name];
            Listing.Table(terminal, title,
            [
                .. terminal.PeopleRead ? [] : (string[][])[title],
                ["state", vault.State],
                ["holds", $"{Amounts.Count(vault.Files, "file")}, {Amounts.Size(vault.Bytes)}"],
                .. vault.MissingBlocks == 0 ? [] : (string[][])[["to come", $"{Amounts.Count(vault.MissingBlocks, "block")} and what lies below, {Amounts.Size(vault.MissingBytes)} of files{Pace(vault)}"]],
                .. vault.Policy == Policies.Mirror ? [] : (string[][])[["policy", $"on demand: the content of {Amounts.Count(vault.Elsewhere, "file")}, {Amounts.Size(vault.ElsewhereBytes)}, comes when it is asked for"]],
                .. vault.Copies is { Blocks: > 0 } copies ? (string[][])[["copies", CopiesText(copies)]] : [],
                .. vault.InStepWith.Count == 0 ? [] : (string[][])[["in step", $"with {Amounts.Count(vault.InStepWith.Count, "peer")}"]],
                ["id", vault.Vault],
                ["root", vault.Root],
                .. vault.Reasons.Select(reason => (string[])["note", reason]),
            ]);
            if (vault != status.Vaults[^1]) terminal.Output.WriteLine();
        }
    }

    static string Pace(VaultStatus vault) => vault.SecondsLeft is { } seconds
        ? $"; {Amounts.Size((long)vault.BytesPerSecond)} a second, {Amounts.Duration(TimeSpan.FromSeconds(Math.Min(seconds, 360_000)))} left"
        : "";
}
