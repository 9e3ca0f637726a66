namespace Vault.Identity;

/// <summary>
/// A hybrid time: milliseconds since 1970 in the upper 48 bits, a counter in the lower 16. It follows the wall clock where that
/// is right and stays causal where it isn't. Zero is no time at all and less than all others.
/// </summary>
public readonly record struct HybridTime(ulong Value) : IComparable<HybridTime>
{
    public const int Size = 8;
    const int CounterBits = 16;
    const long LastMoment = 253402300799999; // DateTimeOffset ends with the year 9999

    /// <summary>Later than everything: what has no end says this.</summary>
    public static HybridTime Never => new(ulong.MaxValue);

    /// <summary>The first of that millisecond.</summary>
    public static HybridTime At(DateTimeOffset moment) => new((ulong)Math.Max(0, moment.ToUnixTimeMilliseconds()) << CounterBits);

    public DateTimeOffset Moment => DateTimeOffset.FromUnixTimeMilliseconds(Math.Min((long)(Value >> CounterBits), LastMoment));

    public int CompareTo(HybridTime other) => Value.CompareTo(other.Value);

    public override string ToString() => this == Never ? "never" : Moment.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);

    public static bool operator <(HybridTime left, HybridTime right) => left.Value < right.Value;
    public static bool operator >(HybridTime left, HybridTime right) => left.Value > right.Value;
    public static bool operator <=(HybridTime left, HybridTime right) => left.Value <= right.Value;
    public static bool operator >=(HybridTime left, HybridTime right) => left.Value >= right.Value;
}
