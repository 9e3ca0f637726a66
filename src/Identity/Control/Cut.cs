namespace Vault.Identity;

/// <summary>A line through everybody's records: for each device the last time on this side of it.</summary>
public sealed class Cut
{
    readonly (DeviceId Device, HybridTime Time)[] entries; // by device

    Cut((DeviceId, HybridTime)[] entries) => this.entries = entries;

    public static Cut Empty { get; } = new([]);

    /// <summary>Of a device that is named twice, the later time.</summary>
    public static Cut Of(IEnumerable<(DeviceId Device, HybridTime Time)> entries) =>
        new([.. entries.Where(entry => entry.Time != default).GroupBy(entry => entry.Device, entry => entry.Time).Select(group => (group.Key, group.Max())).OrderBy(entry => entry.Key)]);

    internal static Cut Sorted((DeviceId, HybridTime)[] entries) => new(entries);

    public int Count => entries.Length;

    public IReadOnlyList<(DeviceId Device, HybridTime Time)> Entries => entries;

    /// <summary>Zero for a device that the cut doesn't know.</summary>
    public HybridTime this[DeviceId device]
    {
        get
        {
            int low = 0, high = entries.Length - 1;
            while (low <= high)
            {
                int middle = (low + high) / 2;
                int order = entries[middle].Device.CompareTo(device);
                if (order == 0) return entries[middle].Time;
                if (order < 0) low = middle + 1;
                else high = middle - 1;
            }
            return default;
        }
    }

    public bool Covers(DeviceId device, HybridTime time) => time <= this[device];

    public Cut Join(Cut other) => other.Count == 0 ? this : Count == 0 ? other : Of(entries.Concat(other.entries));
}
