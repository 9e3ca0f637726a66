using System.CommandLine;
using Vault.Blocks;

namespace Vault.Host;

/// <summary>vault gc: deletes blocks that nothing has needed for the hold time, and gives their space back to the file system.</summary>
static class GcCommand
{
    public static Command Create(Terminal terminal)
    {
        Option<bool> json = Words.Json();
        Option<int> hold = Words.Number("--hold-hours", null, "Keep what nothing needs for this many hours", least: 0, most: int.MaxValue, usual: (int)Collection.DefaultHold.TotalHours);
        TaughtCommand command = new("gc", "delete blocks that nothing needs any more, and return their space", "vault gc", "vault gc --hold-hours 0") { hold, json };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            using ProgressLine? progress = ProgressLine.For(terminal, "collecting");
            CollectedSpace collected = await commands.CollectAsync(TimeSpan.FromHours(line.GetValue(hold)), progress, stop);
            progress?.Dispose();
            if (line.GetValue(json)) Listing.Json(terminal, collected, HostJson.Lines.CollectedSpace);
            else Tell(collected, terminal.Output);
            return ExitCode.Done;
        });
        return command;
    }

    static void Tell(CollectedSpace space, TextWriter output)
    {
        if (space.PinsInDoubt) output.WriteLine("this store was mended and may have forgotten what it needs: nothing is deleted until vault doctor --accept");
        output.WriteLine($"{Amounts.Count(space.Deleted, "block")} ({space.DeletedBytes} bytes) deleted, {space.BytesReturned} bytes returned to the file system");
        if (space.Waiting > 0) output.WriteLine($"{Amounts.Count(space.Waiting, "block")} not needed now, waiting for the hold time to pass");
        if (space.BytesHeld > 0) output.WriteLine($"{space.BytesHeld} dead bytes lie in files that are mostly in use");
        if (space.Hidden > 0) output.WriteLine($"{Amounts.Count(space.Hidden, "inner block")} damaged or missing: what lies below can't be told from garbage, so nothing of those vaults was deleted");
    }
}
