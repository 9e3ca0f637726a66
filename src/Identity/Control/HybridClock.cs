namespace Vault.Identity;

/// <summary>Issues hybrid times, each later than all that were issued or witnessed, even where the wall clock goes back. For any thread.</summary>
public sealed class HybridClock(TimeProvider time)
{
    /// <summary>How far ahead of this clock a time may lie and still be believed. What is further ahead waits outside the catalog.</summary>
    public static TimeSpan MaxAhead { get; } = TimeSpan.FromMinutes(10);

    readonly Lock gate = new();
    ulong last;

    /// <summary>What the wall clock says, without issuing it.</summary>
    public HybridTime Now => HybridTime.At(time.GetUtcNow());

    /// <param name="after">Something that the new time must be later than, whether it was witnessed or not.</param>
    public HybridTime Next(HybridTime after = default)
    {
        lock (gate)
        {
            ulong before = Math.Max(last, after.Value);
            if (before == ulong.MaxValue) throw new ArgumentOutOfRangeException(nameof(after), "Nothing is later than the end of time.");
            last = Math.Max(before + 1, Now.Value);
            return new HybridTime(last);
        }
    }

    /// <summary>Takes note of a time that somebody else issued. False, and no note, when it is too far ahead: a wrong clock elsewhere must not carry this one away.</summary>
    public bool Witness(HybridTime seen)
    {
        if (IsTooFar(seen)) return false;
        lock (gate) last = Math.Max(last, seen.Value);
        return true;
    }

    public bool IsTooFar(HybridTime seen) => seen > HybridTime.At(time.GetUtcNow() + MaxAhead);
}
