using Vault.Tests.Support;
using Xunit;

namespace Vault.Primitives.Tests;

public class RandomSourceTests
{
    // Sebastiano Vigna's splitmix64.c, seed 1234567.
    [Fact]
    public void A_seeded_source_is_SplitMix64()
    {
        RandomSource random = RandomSource.Seeded(1234567);
        Assert.Equal(6457827717110365317UL, random.NextUInt64());
        Assert.Equal(3203168211198807973UL, random.NextUInt64());
        Assert.Equal(9817491932198370423UL, random.NextUInt64());
    }

    [Fact]
    public void A_bound_is_never_reached_and_every_number_below_it_is()
    {
        RandomSource random = RandomSource.Seeded(1);
        int[] seen = new int[7];
        for (int i = 0; i < 7000; i++) seen[random.Below(7)]++;
        Assert.All(seen, count => Assert.InRange(count, 850, 1150));
        Assert.Equal(0, random.Below(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => random.Below(0));
    }

    [Fact]
    public void The_systems_source_fills_every_byte()
    {
        byte[] seen = new byte[64];
        byte[] draw = new byte[64];
        for (int i = 0; i < 20; i++)
        {
            RandomSource.System.Fill(draw);
            for (int at = 0; at < seen.Length; at++) seen[at] |= draw[at];
        }
        Assert.All(seen, b => Assert.NotEqual(0, b));
    }
}
