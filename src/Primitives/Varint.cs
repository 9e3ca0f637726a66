namespace Vault.Primitives;

/// <summary>Unsigned LEB128 as libp2p and multiformats use it: at most nine bytes (63 bits), and only the shortest form.</summary>
public static class Varint
{
    public const int MaxSize = 9;

    public static int SizeOf(ulong value) => value == 0 ? 1 : (64 - System.Numerics.BitOperations.LeadingZeroCount(value) + 6) / 7;

    /// <summary>Writes <paramref name="value"/> and returns how many bytes that took.</summary>
    public static int Write(Span<byte> destination, ulong value)
    {
        if (value >> 63 != 0) throw new ArgumentOutOfRangeException(nameof(value), "A varint holds at most 63 bits.");
        int at = 0;
        for (; value >= 0x80; value >>= 7) destination[at++] = (byte)(value | 0x80);
        destination[at++] = (byte)value;
        return at;
    }

    public static VarintResult Read(ReadOnlySpan<byte> source, out ulong value, out int length)
    {
        value = 0;
        for (length = 0; length < source.Length && length < MaxSize;)
        {
            byte b = source[length];
            value |= (ulong)(b & 0x7F) << (7 * length++);
            if (b < 0x80) return b == 0 && length > 1 ? VarintResult.Malformed : VarintResult.Done;
        }
        return length == MaxSize ? VarintResult.Malformed : VarintResult.Incomplete;
    }
}

public enum VarintResult
{
    Done,
    Incomplete,
    /// <summary>Longer than nine bytes, or not the shortest form.</summary>
    Malformed,
}
