using System.CommandLine;
using System.Text.Json;
using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Host;

/// <summary>vault gc: deletes blocks that nothing has needed for the hold time, and gives their space back to the file system.</summary>
static class GcCommand
{
    public static Command Create(Terminal terminal)
    {
        Option<bool> json = new("--json") { Description = "Print one JSON object" };
        Option<int> hold = new("--hold-hours")
        {
            Description = "Keep what nothing needs for this many hours",
            HelpName = "N",
            DefaultValueFactory = _ => (int)Collection.DefaultHold.TotalHours,
        };
        hold.Validators.Add(value => { if (value.GetValue(hold) < 0) value.AddError("--hold-hours takes 0 or more"); });
        Command command = new("gc", "delete blocks that nothing needs any more, and return their space") { hold, json };
        command.SetAction(async (line, stop) =>
        {
            using OpenedHere here = new(line, terminal);
            CollectedSpace collected = await RunAsync(here, TimeSpan.FromHours(line.GetValue(hold)), stop);
            if (line.GetValue(json)) terminal.Output.WriteLine(JsonSerializer.Serialize(collected, HostJson.Default.CollectedSpace));
            else collected.Tell(terminal.Output);
            return ExitCode.Done;
        });
        return command;
    }

    static async Task<CollectedSpace> RunAsync(OpenedHere here, TimeSpan hold, CancellationToken stop)
    {
        Collection collection = new(here.Store, RandomSource.System);
        CollectedSpace sum = new(0, 0, 0, 0, 0, 0, false);
        foreach (VaultTag vault in here.Store.Vaults().ToList())
        {
            CollectionReport report = collection.Run(vault, hold, stop);
            sum = sum with { Deleted = sum.Deleted + report.Deleted, DeletedBytes = sum.DeletedBytes + report.DeletedBytes, Waiting = sum.Waiting + report.Waiting + report.Condemned, Hidden = sum.Hidden + report.Hidden, PinsInDoubt = report.PinsInDoubt };
        }
        SpaceReport space = await new SpaceReturn(here.Store, here.Opened.BlocksFolder).RunAsync(stop: stop);
        return sum with { BytesReturned = space.BytesReturned, BytesHeld = space.BytesHeld };
    }
}

/// <param name="Waiting">Blocks that nothing needs, still within the hold time.</param>
/// <param name="BytesReturned">What the file system got back.</param>
/// <param name="BytesHeld">Dead bytes in files that are mostly alive: not worth moving the rest.</param>
/// <param name="Hidden">Damaged inner blocks: the vaults that have them were left alone.</param>
/// <param name="PinsInDoubt">The store was mended and may have forgotten what it needs: nothing was deleted.</param>
sealed record CollectedSpace(long Deleted, long DeletedBytes, long Waiting, long BytesReturned, long BytesHeld, long Hidden, bool PinsInDoubt)
{
    public void Tell(TextWriter output)
    {
        if (PinsInDoubt) output.WriteLine("this store was mended and may have forgotten what it needs: nothing is deleted until vault doctor --accept");
        output.WriteLine($"{Deleted} blocks ({DeletedBytes} bytes) deleted, {BytesReturned} bytes returned to the file system");
        if (Waiting > 0) output.WriteLine($"{Waiting} blocks are not needed now and wait for the hold time to pass");
        if (BytesHeld > 0) output.WriteLine($"{BytesHeld} dead bytes lie in files that are mostly in use");
        if (Hidden > 0) output.WriteLine($"{Hidden} inner blocks are damaged or missing: what lies below them can't be told from garbage, so nothing of their vaults was deleted");
    }
}
