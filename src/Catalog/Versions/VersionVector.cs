using Vault.Identity;
using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>One device's part of a <see cref="VersionVector"/>: the time of the last version of it that was seen.</summary>
public readonly record struct VersionEntry(DeviceId Device, HybridTime Time);

/// <summary>
/// What whoever wrote a version had seen of the same path: for each device its last version, by the hybrid time it was written
/// at. The times are counters whose gaps mean nothing, so a device that lost its state can't issue one twice. Immutable.
/// </summary>
public sealed class VersionVector : IEquatable<VersionVector>
{
    /// <summary>Devices that wrote one path. 128 take 3 KiB of a record; a removed device's entry stays. More than stand side by side, so that any of them can be settled by anybody.</summary>
    public const int MaxCount = 128;

    internal const int EntrySize = DeviceId.Size + HybridTime.Size;

    readonly VersionEntry[] entries; // ascending by device, no time zero

    VersionVector(VersionEntry[] entries) => this.entries = entries;

    /// <summary>Nothing seen.</summary>
    public static VersionVector Empty { get; } = new([]);

    public static VersionVector Of(params ReadOnlySpan<VersionEntry> entries)
    {
        VersionEntry[] sorted = entries.ToArray();
        Array.Sort(sorted, (a, b) => a.Device.CompareTo(b.Device));
        for (int i = 0; i < sorted.Length; i++)
            if (sorted[i].Time == default || (i > 0 && sorted[i].Device == sorted[i - 1].Device))
                throw new ArgumentException("Each device comes once, with a time.", nameof(entries));
        return new VersionVector(sorted);
    }

    /// <summary>What all of them have seen together.</summary>
    public static VersionVector Join(IEnumerable<VersionVector> vectors) => vectors.Aggregate(Empty, (sum, vector) => sum.Join(vector));

    public int Count => entries.Length;

    public ReadOnlySpan<VersionEntry> Entries => entries;

    /// <summary>Zero for a device of which nothing was seen.</summary>
    public HybridTime this[DeviceId device]
    {
        get
        {
            foreach (ref readonly VersionEntry entry in entries.AsSpan())
                if (entry.Device >= device) return entry.Device == device ? entry.Time : default;
            return default;
        }
    }

    /// <summary>The latest time in it; what is written over it must be later.</summary>
    public HybridTime Latest
    {
        get
        {
            HybridTime latest = default;
            foreach (ref readonly VersionEntry entry in entries.AsSpan())
                if (entry.Time > latest) latest = entry.Time;
            return latest;
        }
    }

    /// <summary>Whether everything <paramref name="other"/> has seen was seen here too.</summary>
    public bool Covers(VersionVector other)
    {
        int at = 0;
        foreach (ref readonly VersionEntry entry in other.entries.AsSpan())
        {
            while (at < entries.Length && entries[at].Device < entry.Device) at++;
            if (at == entries.Length || entries[at].Device != entry.Device || entries[at].Time < entry.Time) return false;
            at++;
        }
        return true;
    }

    /// <summary>Covers it and has seen more: a version with this vector replaces one with the other.</summary>
    public bool Dominates(VersionVector other) => Covers(other) && !Equals(other);

    public VersionVector Join(VersionVector other)
    {
        if (Covers(other)) return this;
        if (other.Covers(this)) return other;
        VersionEntry[] joined = new VersionEntry[Count + other.Count];
        int count = 0, mine = 0, theirs = 0;
        while (mine < Count || theirs < other.Count)
        {
            int order = mine == Count ? 1 : theirs == other.Count ? -1 : entries[mine].Device.CompareTo(other.entries[theirs].Device);
            joined[count] = order <= 0 ? entries[mine] : other.entries[theirs];
            if (order == 0 && other.entries[theirs].Time > joined[count].Time) joined[count] = other.entries[theirs];
            if (order <= 0) mine++;
            if (order >= 0) theirs++;
            count++;
        }
        return new VersionVector(joined[..count]);
    }

    /// <summary>This vector after <paramref name="device"/> has written once more. The time must be later than all in it.</summary>
    public VersionVector With(DeviceId device, HybridTime time)
    {
        if (time <= Latest) throw new ArgumentOutOfRangeException(nameof(time), "A version is later than everything that was seen when it was written.");
        VersionVector next = Join(new VersionVector([new VersionEntry(device, time)]));
        next.RequireRoom();
        return next;
    }

    // Count (1), then of each device its id (16) and time (8).
    internal int EncodedSize => 1 + Count * EntrySize;

    void RequireRoom()
    {
        if (Count > MaxCount) throw new LimitExceededException($"{MaxCount} devices have changed this file, and one more can't", "add it under another name");
    }

    internal void Write(ByteWriter writer)
    {
        RequireRoom(); // what several versions have seen together may be more than one vector holds
        writer.Byte((byte)Count);
        Span<byte> device = stackalloc byte[DeviceId.Size];
        foreach (ref readonly VersionEntry entry in entries.AsSpan())
        {
            entry.Device.CopyTo(device);
            writer.Bytes(device).UInt64(entry.Time.Value);
        }
    }

    /// <summary>Null for bytes that <see cref="Write"/> wouldn't produce.</summary>
    internal static VersionVector? Read(ref ByteReader reader)
    {
        int count = reader.TakeByte();
        if (count is 0 or > MaxCount || reader.Rest.Length < count * EntrySize) return null;
        VersionEntry[] entries = new VersionEntry[count];
        for (int i = 0; i < count; i++)
        {
            entries[i] = new VersionEntry(new DeviceId(reader.Take(DeviceId.Size)), new HybridTime(reader.TakeUInt64()));
            if (entries[i].Time == default || (i > 0 && entries[i].Device <= entries[i - 1].Device)) return null;
        }
        return new VersionVector(entries);
    }

    public bool Equals(VersionVector? other) => other is not null && entries.AsSpan().SequenceEqual(other.entries);

    public override bool Equals(object? obj) => obj is VersionVector other && Equals(other);

    public override int GetHashCode()
    {
        HashCode hash = new();
        foreach (VersionEntry entry in entries) hash.Add(entry);
        return hash.ToHashCode();
    }

    public override string ToString() => string.Join(' ', entries.Select(entry => $"{entry.Device}@{entry.Time}"));
}
