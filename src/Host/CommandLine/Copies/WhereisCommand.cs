using System.CommandLine;

namespace Vault.Host;

/// <summary>vault whereis VAULT [PATH]: which devices hold a file, and whether they have proven it.</summary>
static class WhereisCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> vault = Words.Vault(terminal);
        Argument<string?> path = new("path") { Description = "A file or folder in the vault; everything when left out", HelpName = "PATH", Arity = ArgumentArity.ZeroOrOne };
        Option<bool> json = Words.Json();
        TaughtCommand command = new("whereis", "show which devices hold a file or folder, and when they proved it", "vault whereis photos Pictures/sea.jpg", "vault whereis photos") { vault, path, json };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            CopiesFound found = await commands.WhereIsAsync(new FindCopies(line.GetRequiredValue(vault), line.GetValue(path)), stop);
            if (line.GetValue(json)) Listing.Json(terminal, found, ApiJson.Default.CopiesFound);
            else Tell(found, terminal);
            return ExitCode.Done;
        });
        return command;
    }

    static void Tell(CopiesFound found, Terminal terminal)
    {
        terminal.Output.WriteLine($"{Amounts.Count(found.Files, "file")}, {Amounts.Size(found.Bytes)}, {Amounts.Count(found.Blocks, "block")}: {found.Proven} of {found.Target} copies proven"
            + (found.UnderTarget == 0 ? "" : $", {Amounts.Count(found.UnderTarget, "block")} under the target"));
        Listing.Table(terminal, ["device", "blocks", "state", "last proof", "reach"],
        [.. found.Holders.Select(holder => (string[])[
            holder.Self ? "this device" : terminal.Name(holder.Name ?? holder.Peer), $"{holder.Blocks} of {found.Blocks}", holder.State,
            holder.Self ? "" : holder.ProvenSecondsAgo is { } proven ? $"{Amounts.Duration(TimeSpan.FromSeconds(proven))} ago" : "none",
            holder.Self || holder.Connected ? "connected" : holder.HeardSecondsAgo is { } heard ? $"away for {Amounts.Duration(TimeSpan.FromSeconds(heard))}" : "never met"])]);
    }
}
