using Vault.Primitives;

namespace Vault.Host.Simulation;

/// <summary>What a run showed.</summary>
sealed class Outcome
{
    public Outcome(World world)
    {
        Network network = world.Network;
        (Digest, Now, Events, Frames, Bytes) = (network.Digest, network.Now, network.Events, network.FramesSent, network.BytesSent);
        (Messages, Changes, Violations, Agreed) = (world.Invariants.Messages, world.Invariants.Changes, world.Invariants.Violations, world.Agreed);
        (Crashes, Partitions, Restores, DiskFaults) = (world.Mishaps.Crashes, world.Mishaps.Partitions, world.Mishaps.Restores, world.Mishaps.DiskFaults);
        Device first = world.Honest[0];
        Forks = first.IsUp && world.Talks ? first.Chat.Forks.Count : 0;
        if (world.Keeping is { } keeping) Copies = new CopiesOutcome(keeping, world.Mishaps.Forever);
        Signatures = world.Signatures;
        List<TimeSpan> deliveries = world.Invariants.Deliveries;
        deliveries.Sort();
        if (deliveries.Count > 0) (Median, Percentile99, Last) = (deliveries[deliveries.Count / 2], deliveries[(int)(deliveries.Count * 99L / 100)], deliveries[^1]);
    }

    public Hash32 Digest { get; }
    public TimeSpan Now { get; }
    public long Events { get; }
    public long Frames { get; }
    public long Bytes { get; }

    /// <summary>Acknowledged to those who said and made them.</summary>
    public int Messages { get; }
    public int Changes { get; }

    public int Crashes { get; }
    public int Partitions { get; }
    public int Restores { get; }
    public int DiskFaults { get; }
    public int Forks { get; }

    /// <summary>What became of the vault's copies; null where none were kept.</summary>
    public CopiesOutcome? Copies { get; }

    /// <summary>Checks of signatures that were asked for, and those that were made; the others had been made before.</summary>
    public (long Asked, long Made) Signatures { get; }

    /// <summary>From saying to arriving at another device, over all pairs, outages and partitions included.</summary>
    public TimeSpan Median { get; }
    public TimeSpan Percentile99 { get; }
    public TimeSpan Last { get; }

    /// <summary>After the end of all trouble, until all had one root and the same feeds; null if they didn't.</summary>
    public TimeSpan? Agreed { get; }

    public IReadOnlyList<Violation> Violations { get; }

    public override string ToString() =>
        $"{Copies} {Now}, {Events} events, {Frames} frames, {Bytes / 1e6:F1} MB, {Messages} messages, {Changes} changes, {Crashes} crashes, {Partitions} partitions, {Restores} put back, {DiskFaults} disk faults, {Forks} forks, "
        + $"delivered in {Median.TotalMilliseconds:F0} ms (99 %: {Percentile99.TotalSeconds:F1} s, last: {Last.TotalSeconds:F1} s), agreed after {Agreed?.TotalSeconds ?? -1:F0} s, digest {Digest}"
        + string.Concat(Violations.Select(violation => $"\n{violation.At} {violation.Promise} {violation.What}"));
}

/// <summary>What became of copies.</summary>
sealed class CopiesOutcome(Keeping keeping, int forever)
{
    public int Target { get; } = keeping.Target;
    public int Blocks { get; } = keeping.Shelf.Count;
    public int UnderTarget { get; } = keeping.UnderTarget;

    /// <summary>Blocks of which all copies were lost at once.</summary>
    public int Forever { get; } = forever;

    /// <summary>From a loss for good until every block that was left had its copies; null if there was none, or it never came to that.</summary>
    public TimeSpan? HealedAfter { get; } = keeping.HealedAfter;
    public double? MovedAgainstLeast { get; } = keeping.MovedAgainstLeast;

    /// <summary>Of all copies there should be, what was moved although nothing was lost for good.</summary>
    public double MovedShare { get; } = keeping.MovedShare;

    public long Wasted { get; } = keeping.Wasted;
    public long Freed { get; } = keeping.Freed;
    public double Imbalance { get; } = keeping.Imbalance;

    public override string ToString() => System.FormattableString.Invariant(
        $"{Blocks} blocks, {UnderTarget} under {Target} copies, {Forever} lost, healed after {HealedAfter?.TotalSeconds ?? -1:F0} s with {MovedAgainstLeast ?? 0:F3} of the least, {MovedShare:P2} moved besides, {Wasted} bytes wasted, {Freed} freed, fullest {Imbalance:F2};");
}
