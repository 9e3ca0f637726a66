using System.CommandLine;
using System.Globalization;
using Vault.Host.Simulation;

namespace Vault.Host;

/// <summary>vault sim: the swarm in one thread, for whoever wants to see what it does when much goes wrong.</summary>
static class SimCommand
{
    const int MostDevices = 10_000;
    const double MostHours = 24 * 366;

    /// <summary>Often enough to look alive.</summary>
    static readonly TimeSpan DrawEvery = TimeSpan.FromMilliseconds(200);

    public static Command Create(Terminal terminal)
    {
        Plan usual = new();
        Option<int> nodes = Words.Number("--nodes", "-n", "Devices of the vault", 2, MostDevices, usual.Devices);
        Option<double> hours = Decimal("--hours", "Virtual hours in which people write and things go wrong", 0.01, MostHours, 1);
        Option<int> messages = Words.Number("--messages", null, "Messages an hour, by all together", 0, 100_000, (int)usual.MessagesPerHour);
        Option<int> edits = Words.Number("--edits", null, "Changes of files an hour, by all together", 0, 100_000, (int)usual.EditsPerHour);
        Option<int> seed = Words.Number("--seed", null, "The same seed gives the same run", 0, int.MaxValue, 1);
        Option<double> loss = Decimal("--loss", "Of a hundred packets, how many are lost", 0, 50, usual.Conditions.LossPerMillion / 1e4);
        Option<int> hostile = Words.Number("--hostile", null, "Of a hundred devices, how many show different people different histories", 0, 50, 0);
        Option<int> blocks = Words.Number("--blocks", null, "Blocks of which copies are kept", 0, 10_000_000, 0);
        Option<int> copies = Words.Number("--copies", null, "Copies of each block that devices work towards", 1, 16, usual.Copies);
        Option<int> minimum = Words.Number("--min-copies", null, "Copies below which nobody waits for who is away", 1, 16, usual.MinimumCopies);
        Option<int> lose = Words.Number("--lose", null, "Of a hundred devices, how many are gone for good in the end", 0, 90, 0);
        Option<int> flap = Words.Number("--flap", null, "Of a hundred devices, how many come and go all the time", 0, 100, 0);
        Option<int> liars = Words.Number("--liars", null, "Of a hundred devices, how many do the others' copies harm: liars, flooders and others in turn", 0, 50, 0);
        Option<int> frees = Words.Number("--frees", null, "Times an hour that somebody frees some dozens of blocks", 0, 100_000, 0);
        Option<int> dials = Words.Number("--dials", null, "Peers that each device dials", 1, MostDevices, usual.Dials);
        Option<bool> silent = new("--silent") { Description = "Without catalogs and chat, for thousands of devices" };
        Option<double> settling = Decimal("--settling", "Virtual hours of quiet in the end", 0.01, MostHours, usual.Settling.TotalHours);
        Option<double> trouble = Decimal("--trouble", "How many times more goes wrong than usual", 0, 100, 1);
        Option<int> runs = Words.Number("--runs", null, "So many runs, with this seed and those after it", 1, 100_000, 1);
        Option<bool> calm = new("--calm") { Description = "No crashes, partitions, failing disks, restored backups or wrong clocks, and no loss" };
        Option<bool> json = Words.Json();
        TaughtCommand command = new("sim", "simulate a swarm in one thread and virtual time, and check that it keeps its promises", "vault sim", "vault sim --nodes 100 --hours 6 --loss 5 --seed 7", "vault sim --nodes 50 --hostile 10 --json", "vault sim --nodes 10 --hours 0.5 --trouble 5 --runs 100")
        {
            nodes, hours, settling, dials, messages, edits, blocks, copies, minimum, lose, flap, liars, frees, silent, seed, runs, loss, hostile, trouble, calm, json,
        };
        command.SetAction((line, stop) =>
        {
            Plan plan = (usual with
            {
                Devices = line.GetValue(nodes),
                Duration = TimeSpan.FromHours(line.GetValue(hours)),
                MessagesPerHour = line.GetValue(messages),
                EditsPerHour = line.GetValue(edits),
                Seed = (ulong)line.GetValue(seed),
                Settling = TimeSpan.FromHours(line.GetValue(settling)),
                Dials = line.GetValue(dials),
                Blocks = line.GetValue(blocks),
                Copies = line.GetValue(copies),
                MinimumCopies = Math.Min(line.GetValue(minimum), line.GetValue(copies)),
                LosePercent = line.GetValue(lose),
                FlapPercent = line.GetValue(flap),
                HostilePercent = line.GetValue(liars),
                FreesPerHour = line.GetValue(frees),
                Talks = !line.GetValue(silent),
                TwoFacedPercent = line.GetValue(hostile),
                Conditions = usual.Conditions with { LossPerMillion = (int)(line.GetValue(loss) * 1e4) },
            }).Times(line.GetValue(trouble));
            int code = ExitCode.Done;
            for (int run = 0; run < line.GetValue(runs) && code == ExitCode.Done; run++)
                code = Run((line.GetValue(calm) ? plan.Calm() : plan) with { Seed = plan.Seed + (ulong)run }, line.GetValue(json), terminal, stop);
            return Task.FromResult(code);
        });
        return command;
    }

    /// <summary>One run; several end with the first that breaks a promise.</summary>
    static int Run(Plan plan, bool json, Terminal terminal, CancellationToken stop)
    {
        bool draws = terminal.PeopleWatch && !terminal.IsDumb;
        long began = terminal.Time.GetTimestamp();
        TimeSpan drawn = TimeSpan.MinValue;
        using World world = new(plan);
        Outcome outcome = world.Run(Draw, stop);
        if (draws) terminal.Error.Write("\r\e[K");
        SimulationTold told = SimulationTold.Of(plan, outcome, terminal.Time.GetElapsedTime(began));
        if (json) Listing.Json(terminal, told, HostJson.Lines.SimulationTold);
        else Listing.Table(terminal, ["", ""], [.. told.Rows()]);
        foreach (Violation violation in outcome.Violations) terminal.WriteNote($"after {Amounts.Duration(violation.At)}: {violation.What}. Promised was: {violation.Promise}");
        return told.Ok ? ExitCode.Done : ExitCode.Failed;

        void Draw(World running)
        {
            TimeSpan now = terminal.Time.GetElapsedTime(began);
            if (!draws || now - drawn < DrawEvery) return;
            drawn = now;
            string text = string.Create(CultureInfo.InvariantCulture, $"{Amounts.Duration(running.Network.Now)} simulated in {Amounts.Duration(now)}  {running.Devices.Count(device => device.IsUp)} of {running.Devices.Count} up  {running.Network.Events / 1e6:F1} M events  {running.Invariants.Messages} messages  {running.Invariants.Changes} changes");
            terminal.Error.Write($"\r{text[..Math.Min(text.Length, terminal.Width - 1)]}\e[K");
        }
    }

    static Option<double> Decimal(string name, string description, double least, double most, double usual)
    {
        Option<double> option = new(name) { Description = description, HelpName = "N", DefaultValueFactory = _ => usual };
        option.CustomParser = result =>
        {
            if (double.TryParse(result.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number >= least && number <= most) return number;
            result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} takes {least} to {most}"));
            return usual;
        };
        return option;
    }
}
