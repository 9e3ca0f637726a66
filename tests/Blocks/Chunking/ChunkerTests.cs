using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Blocks.Tests;

public sealed class ChunkerTests
{
    static readonly GearTable gear = new(new byte[32]);

    /// <summary>The definition, byte by byte: no skipping, no lanes.</summary>
    static int SlowCut(ReadOnlySpan<byte> data, ChunkSizes sizes)
    {
        ulong hash = 0;
        for (int i = 0; i < data.Length && i < sizes.Max; i++)
        {
            hash = 2 * hash + gear.Numbers[data[i]];
            int length = i + 1;
            if (length > sizes.Min && hash < (length <= sizes.Normal ? sizes.RareCut : sizes.FrequentCut)) return length;
        }
        return Math.Min(data.Length, sizes.Max);
    }

    static List<int> Cuts(ReadOnlySpan<byte> data, ChunkSizes sizes)
    {
        Chunker chunker = new(gear, sizes);
        List<int> ends = [];
        for (int at = 0; at < data.Length; ends.Add(at)) at += chunker.Cut(data[at..]);
        return ends;
    }

    static void AssertLikeTheSlowOne(ReadOnlySpan<byte> data, ChunkSizes sizes)
    {
        int cut = new Chunker(gear, sizes).Cut(data), slow = SlowCut(data, sizes);
        Assert.True(cut == slow, $"cut at {cut} instead of {slow} of {data.Length} bytes, {sizes}");
    }

    [Fact]
    public void It_cuts_where_the_definition_says() => Seed.Check(LongRun.Cases(2000, 200_000), random =>
    {
        int min = 1 + random.Below(3000), normal = min + 4 + random.Below(20_000);
        ChunkSizes sizes = new(min, normal, normal + random.Below(40_000));
        byte[] data = random.BytesUpTo(sizes.Max + 5000);
        int kind = random.Below(4), period = 1 + random.Below(200);
        if (kind == 0) Array.Clear(data);
        if (kind == 1) for (int i = period; i < data.Length; i++) data[i] = data[i - period];
        if (kind == 2) for (int i = 0; i < data.Length; i++) data[i] &= 1; // few values
        AssertLikeTheSlowOne(data, sizes);
    });

    /// <summary>The clever one looks at four stretches of 2,048 bytes at once: sizes and thresholds on both sides of every border of those.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    public void It_cuts_where_the_definition_says_at_every_border(int min)
    {
        byte[] noise = Some.Noise(30_000, 5);
        foreach (int stretch in (int[])[0, 2048, 4 * 2048, 8 * 2048])
            for (int off = -1; off <= 1; off++)
            {
                int length = Math.Max(0, min + stretch + off);
                AssertLikeTheSlowOne(noise.AsSpan(0, length), new ChunkSizes(min, 1 << 20, 1 << 21)); // hardly any cut
                AssertLikeTheSlowOne(new byte[length], new ChunkSizes(min, 65, 1 << 14));
                for (int normal = Math.Max(Math.Max(4, min), length - 1); normal <= length + 1; normal++)
                    AssertLikeTheSlowOne(noise, new ChunkSizes(min, normal, Math.Max(normal, 20_000)));
                for (int max = Math.Max(4, length - 1); max <= length + 1; max++)
                    AssertLikeTheSlowOne(noise, new ChunkSizes(Math.Min(min, max), Math.Max(Math.Max(4, Math.Min(min, max)), max / 2), max));
            }
    }

    [Fact]
    public void Chunks_keep_to_their_sizes_and_lie_around_the_normal_one()
    {
        ChunkSizes sizes = new(64, 256, 1024);
        List<int> ends = Cuts(Some.Noise(1 << 20), sizes);
        int[] lengths = [.. ends.Zip(ends.Prepend(0), (end, start) => end - start)];
        Assert.All(lengths.SkipLast(1), length => Assert.InRange(length, sizes.Min + 1, sizes.Max));
        Assert.InRange(lengths.Average(), 200, 400);
    }

    [Fact]
    public void Sizes_that_make_no_sense_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new ChunkSizes(-1, 256, 1024));
        Assert.Throws<ArgumentException>(() => new ChunkSizes(300, 256, 1024));
        Assert.Throws<ArgumentException>(() => new ChunkSizes(0, 3, 1024));
        Assert.Throws<ArgumentException>(() => new ChunkSizes(64, 256, 255));
        Assert.Throws<ArgumentException>(() => new ChunkSizes(64, 256, Limits.MaxLeafContent + 1));
    }

    [Fact]
    public void Zeros_are_cut_at_the_largest_size()
    {
        ChunkSizes sizes = new(64, 256, 1024);
        Assert.Equal(1024, new Chunker(gear, sizes).Cut(new byte[5000]));
        Assert.Equal(700, new Chunker(gear, sizes).Cut(new byte[700]));
        Assert.Equal(0, new Chunker(gear, sizes).Cut([]));
    }

    [Fact]
    public void An_edit_moves_only_the_cuts_near_it() => Seed.Check(LongRun.Cases(50, 2000), random =>
    {
        ChunkSizes sizes = new(64, 256, 1024);
        byte[] before = random.Bytes(200_000);
        int at = random.Below(before.Length), removed = Math.Min(random.Below(300), before.Length - at);
        byte[] inserted = random.BytesUpTo(300);
        byte[] after = [.. before[..at], .. inserted, .. before[(at + removed)..]];
        int shift = after.Length - before.Length;

        HashSet<int> cuts = [.. Cuts(before, sizes)], cutsAfter = [.. Cuts(after, sizes)];
        Assert.Equal(cuts.Where(cut => cut < at), cutsAfter.Where(cut => cut < at)); // a cut looks at nothing behind it
        int[] tail = [.. cuts.Where(cut => cut > at + removed && !cutsAfter.Contains(cut + shift))];
        Assert.True(tail.Length == 0 || tail.Max() < at + removed + 40 * sizes.Normal, $"an edit at {at} moved a cut at {tail.DefaultIfEmpty().Max()}");
    });
}
