using System.Globalization;
using Vault.Host.Simulation;

namespace Vault.Host;

/// <summary>What a simulation showed, as it is told. Times of delivery and agreement are virtual.</summary>
/// <param name="Digest">Over all that arrived: the same for the same program, plan and seed.</param>
/// <param name="AgreedAfterSeconds">From the end of all trouble until all agreed; null if they didn't.</param>
sealed record SimulationTold(
    bool Ok, ulong Seed, int Nodes, double Hours, string Digest, double Seconds, long Events, long Frames, long Bytes, int Messages, int Changes,
    int Crashes, int Partitions, int DiskFaults, int Restored, int Forks,
    double DeliveryMedianSeconds, double Delivery99Seconds, double DeliveryLastSeconds, double? AgreedAfterSeconds, double BytesPerNodeHour, SimulatedCopies? Copies, IReadOnlyList<string> Broken)
{
    public static SimulationTold Of(Plan plan, Outcome outcome, TimeSpan took) => new(
        outcome.Violations.Count == 0, plan.Seed, plan.Devices, Math.Round(outcome.Now.TotalHours, 3), outcome.Digest.ToString(), Math.Round(took.TotalSeconds, 1), outcome.Events, outcome.Frames, outcome.Bytes,
        outcome.Messages, outcome.Changes, outcome.Crashes, outcome.Partitions, outcome.DiskFaults, outcome.Restores, outcome.Forks,
        Seconds3(outcome.Median), Seconds3(outcome.Percentile99), Seconds3(outcome.Last), outcome.Agreed is { } agreed ? Seconds3(agreed) : null,
        Math.Round(outcome.Bytes / Math.Max(outcome.Now.TotalHours, 1e-9) / plan.Devices), SimulatedCopies.Of(outcome.Copies), [.. outcome.Violations.Select(violation => $"{violation.At}: {violation.Promise} {violation.What}")]);

    public IEnumerable<IReadOnlyList<string>> Rows()
    {
        yield return ["promises", Ok ? "all kept" : "broken"];
        yield return ["simulated", Text($"{Hours} h of {Nodes} devices with seed {Seed}, in {Seconds} s")];
        yield return ["events", Text($"{Events}, {Frames} frames, {Amounts.Size(Bytes)}: {Amounts.Size((long)BytesPerNodeHour)} per device and hour")];
        yield return ["went wrong", Text($"{Crashes} crashes, {Partitions} partitions, {DiskFaults} disk faults, {Restored} restored backups, {Forks} forks of a history")];
        yield return ["chat", Text($"{Messages} messages; each arrived at another device after {DeliveryMedianSeconds} s (median), {Delivery99Seconds} s (99 of 100), {DeliveryLastSeconds} s (the last)")];
        yield return ["catalog", Text($"{Changes} changes")];
        yield return ["agreed", AgreedAfterSeconds is { } seconds ? Text($"{seconds} s after the end of all trouble") : "never"];
        if (Copies is { } copies)
        {
            yield return ["copies", Text($"{copies.Blocks} blocks, {copies.UnderTarget} with fewer than {copies.Target} copies, {copies.Lost} lost with all that held them; the fullest device has {copies.FullestAgainstFair} of its due")];
            yield return ["healing", Text($"{(copies.HealedAfterSeconds is { } healed ? Amounts.Duration(TimeSpan.FromSeconds(healed)) : "nothing to heal, or not healed")}; moved {copies.MovedAgainstLeast ?? 0} of the least after the loss, and before it {copies.MovedPercent} % of all copies; {Amounts.Size(copies.WastedBytes)} came twice; {copies.Freed} copies freed")];
        }
        yield return ["trace", Digest];
    }

    static double Seconds3(TimeSpan time) => Math.Round(time.TotalSeconds, 3);

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

/// <param name="HealedAfterSeconds">Virtual, from the loss for good; null if nothing was lost, or not everything came back.</param>
/// <param name="MovedAgainstLeast">Bytes moved after the loss, over those of the copies that were lost.</param>
/// <param name="MovedPercent">Bytes moved before it, of those of all copies there should be.</param>
sealed record SimulatedCopies(int Target, int Blocks, int UnderTarget, int Lost, double? HealedAfterSeconds, double? MovedAgainstLeast, double MovedPercent, long WastedBytes, long Freed, double FullestAgainstFair)
{
    public static SimulatedCopies? Of(CopiesOutcome? outcome) => outcome is null ? null : new(
        outcome.Target, outcome.Blocks, outcome.UnderTarget, outcome.Forever, outcome.HealedAfter?.TotalSeconds, outcome.MovedAgainstLeast is { } moved ? Math.Round(moved, 4) : null,
        Math.Round(outcome.MovedShare * 100, 3), outcome.Wasted, outcome.Freed, Math.Round(outcome.Imbalance, 3));
}
