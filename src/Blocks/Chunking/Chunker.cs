using System.Runtime.CompilerServices;

namespace Vault.Blocks;

/// <summary>
/// Content-defined chunking in the manner of FastCDC. The gear hash <c>h = 2h + gear[byte]</c> in 64 bits depends on the last
/// 64 bytes only; a chunk ends after the first byte, from Min on, whose hash is below the threshold in force, or at Max, or
/// with the data. An edit therefore moves only the cuts near it.
/// </summary>
public sealed class Chunker(GearTable gear, ChunkSizes sizes)
{
    /// <summary>Bytes on which one hash depends.</summary>
    const int Window = 64;

    /// <summary>How far each of the four lanes looks ahead at once: long enough to hide its warm-up, short enough to waste little past a cut.</summary>
    const int Stride = 2048;

    public ChunkSizes Sizes => sizes;

    /// <summary>
    /// The length of the chunk that begins at the first byte. Give it Max bytes, or all that is left of the file: it treats
    /// the end of <paramref name="data"/> as the end of the content.
    /// </summary>
    public int Cut(ReadOnlySpan<byte> data)
    {
        int end = Math.Min(data.Length, sizes.Max);
        if (end <= sizes.Min) return end;
        int normal = Math.Min(sizes.Normal, end);
        int at = Scan(data, sizes.Min, normal, sizes.RareCut);
        if (at < 0) at = Scan(data, normal, end, sizes.FrequentCut);
        return at < 0 ? end : at;
    }

    /// <summary>The first length in (from, to] at which the hash of the bytes before it is below the threshold; −1 if there is none.</summary>
    [SkipLocalsInit]
    unsafe int Scan(ReadOnlySpan<byte> data, int from, int to, ulong threshold)
    {
        fixed (byte* start = data)
        fixed (ulong* table = gear.Numbers)
        {
            int at = from;

            // One chain of hashes waits for itself at every byte. Since a hash needs only the 64 bytes before it, four
            // stretches are hashed side by side: the first cut of the earliest stretch that has one is the cut.
            for (; at + 4 * Stride <= to; at += 4 * Stride)
            {
                byte* p = start + at;
                ulong a = Warm(p, start, table), b = Warm(p + Stride, start, table), c = Warm(p + 2 * Stride, start, table), d = Warm(p + 3 * Stride, start, table);
                int second = 0, third = 0, fourth = 0;
                for (int i = 0; i < Stride; i++)
                {
                    a = 2 * a + table[p[i]];
                    b = 2 * b + table[p[i + Stride]];
                    c = 2 * c + table[p[i + 2 * Stride]];
                    d = 2 * d + table[p[i + 3 * Stride]];
                    if (a < threshold) return at + i + 1;
                    if (b < threshold && second == 0) second = i + 1;
                    if (c < threshold && third == 0) third = i + 1;
                    if (d < threshold && fourth == 0) fourth = i + 1;
                }
                if (second != 0) return at + Stride + second;
                if (third != 0) return at + 2 * Stride + third;
                if (fourth != 0) return at + 3 * Stride + fourth;
            }

            ulong hash = Warm(start + at, start, table);
            for (; at < to; at++)
            {
                hash = 2 * hash + table[start[at]];
                if (hash < threshold) return at + 1;
            }
            return -1;
        }
    }

    /// <summary>The hash as it stands before <paramref name="p"/>.</summary>
    static unsafe ulong Warm(byte* p, byte* start, ulong* table)
    {
        ulong hash = 0;
        for (byte* q = p - start > Window ? p - Window : start; q < p; q++) hash = 2 * hash + table[*q];
        return hash;
    }
}
