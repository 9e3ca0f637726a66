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
        Forks = first.IsUp ? first.Chat.Forks.Count : 0;
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

    /// <summary>From saying to arriving at another device, over all pairs, outages and partitions included.</summary>
    public TimeSpan Median { get; }
    public TimeSpan Percentile99 { get; }
    public TimeSpan Last { get; }

    /// <summary>After the end of all trouble, until all had one root and the same feeds; null if they didn't.</summary>
    public TimeSpan? Agreed { get; }

    public IReadOnlyList<Violation> Violations { get; }

    public override string ToString() =>
        $"{Now}, {Events} events, {Frames} frames, {Bytes / 1e6:F1} MB, {Messages} messages, {Changes} changes, {Crashes} crashes, {Partitions} partitions, {Restores} put back, {DiskFaults} disk faults, {Forks} forks, "
        + $"delivered in {Median.TotalMilliseconds:F0} ms (99 %: {Percentile99.TotalSeconds:F1} s, last: {Last.TotalSeconds:F1} s), agreed after {Agreed?.TotalSeconds ?? -1:F0} s, digest {Digest}"
        + string.Concat(Violations.Select(violation => $"\n{violation.At} {violation.Promise} {violation.What}"));
}
