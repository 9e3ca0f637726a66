using System.CommandLine;
using Vault.Primitives;

namespace Vault.Host;

/// <summary>vault watch VAULT DIR: a folder and a vault kept in step, both ways; --list, --approve and --stop look after it.</summary>
static class WatchCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string?> vault = Words.VaultOrNone(terminal);
        Argument<string?> folder = new("dir") { Description = "The folder; made if it isn't there", HelpName = "DIR", Arity = ArgumentArity.ZeroOrOne };
        Option<bool> list = new("--list") { Description = "Show the folders that are watched, and how they are" };
        Option<string?> stop = new("--stop") { Description = "Watch DIR no longer; folder and vault stay as they are", HelpName = "DIR" };
        Option<string?> approve = new("--approve") { Description = "What is held back in DIR is meant: do it", HelpName = "DIR" };
        Option<int> brake = Words.Number("--brake", null, $"Hold back when more than N files, or a tenth of them, are deleted or replaced within ten minutes; 0 never (default {Catalog.FolderWatches.UsualBrake})", 0, int.MaxValue, -1);
        Option<bool> json = Words.Json();
        brake.DefaultValueFactory = null;
        TaughtCommand command = new("watch", "keep a folder and a vault in step, both ways",
            "vault watch photos ~/Pictures             # from now on, also after a restart of the daemon", "vault watch --list", "vault watch --approve ~/Pictures          # the many deletions that were held back are meant", "vault watch --stop ~/Pictures")
        { vault, folder, list, stop, approve, brake, json };
        command.Validators.Add(line =>
        {
            bool other = line.GetValue(list) || line.GetValue(stop) != null || line.GetValue(approve) != null;
            if (!other && line.GetValue(folder) is null) line.AddError(line.GetValue(vault) is null ? "name a vault and a folder, or --list" : "name the folder too");
            else if (other && line.GetValue(vault) != null) line.AddError("--list, --stop and --approve stand alone");
        });
        command.SetAction(async (line, cancel) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            if (line.GetValue(stop) is { } ended) Tell(await commands.EndWatchAsync(MachinePath.From(ended), cancel));
            else if (line.GetValue(approve) is { } meant) Approved(await commands.ApproveWatchAsync(MachinePath.From(meant), cancel));
            else if (line.GetValue(list) && line.GetValue(json)) await Listing.JsonAsync(terminal, commands.WatchesAsync(cancel), HostJson.Lines.WatchListed);
            else if (line.GetValue(list)) await ListAsync(commands, cancel);
            else
            {
                WatchFolder request = new(line.GetValue(vault)!, MachinePath.From(line.GetValue(folder)!), line.GetResult(brake) is null ? null : line.GetValue(brake));
                if (commands is LocalCommands here) await here.WatchHereAsync(request, Here, cancel);
                else Tell(await commands.WatchAsync(request, cancel));
            }
            return ExitCode.Done;

            void Tell(WatchListed one)
            {
                if (line.GetValue(json)) Listing.Json(terminal, one, HostJson.Lines.WatchListed);
                else terminal.Output.WriteLine(one.State == "ended" ? $"{terminal.Name(one.Folder)} is no longer kept in step with {one.Name}" : $"keeping {terminal.Name(one.Folder)} and {one.Name} in step; vault watch --list shows how it goes");
            }

            void Here(WatchListed one)
            {
                if (line.GetValue(json)) Listing.Json(terminal, one, HostJson.Lines.WatchListed);
                else terminal.Output.WriteLine($"keeping {terminal.Name(one.Folder)} and {one.Name} in step until this is interrupted; a daemon goes on with it when one runs");
                terminal.Output.Flush();
            }

            void Approved(WatchListed one)
            {
                if (line.GetValue(json)) Listing.Json(terminal, one, HostJson.Lines.WatchListed);
                else terminal.Output.WriteLine(one.Held.Count == 0 ? $"nothing is held back in {terminal.Name(one.Folder)}" : $"{Amounts.Count(one.Held.Sum(held => held.Changes), "change")} held back in {terminal.Name(one.Folder)} will be made now");
            }
        });
        return command;

        async Task ListAsync(ICommands commands, CancellationToken cancel)
        {
            bool any = false;
            await foreach (WatchListed one in commands.WatchesAsync(cancel))
            {
                any = true;
                Show(one);
            }
            if (!any) terminal.WriteNote("no folder is watched; vault watch VAULT DIR begins it");
        }

        void Show(WatchListed one)
        {
            terminal.Output.WriteLine($"{terminal.Name(one.Folder)}\t{one.Name}\t{one.State}{(one.Waiting > 0 ? $", {one.Waiting} waiting" : "")}");
            if (one.Why != null) terminal.Output.WriteLine($"  {one.Why}");
            foreach (WatchHeld held in one.Held)
            {
                terminal.Output.WriteLine($"  {held.Text}");
                if (held.Examples.Count > 0) terminal.Output.WriteLine($"  such as {string.Join(", ", held.Examples.Select(terminal.Name))}");
            }
            foreach (PathProblem problem in one.Problems) terminal.Output.WriteLine($"  {problem.Path}: {problem.Why}");
        }
    }
}
