using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace Vault.Catalog.Tests;

/// <summary>What a comparison costs by the size of the difference: 20,000 leaves by default, a million in a long run, which prints the figures.</summary>
public sealed class FiguresTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(0, 1100, 1)]
    [InlineData(1, 1200, 1)]
    [InlineData(10, 1200, 3)]
    [InlineData(100, 5000, 5)]
    [InlineData(1000, 40_000, 5)]
    [InlineData(10_000, 400_000, 5)]
    public void A_difference_costs_what_it_is_large(int difference, long mostBytes, int mostFlights)
    {
        int count = LongRun.Cases(20_000, 1_000_000);
        if (difference > count / 4) return; // there the whole list is the cheaper way, which is another figure
        int tries = LongRun.Enabled ? 1 : 3;
        for (int n = 0; n < tries; n++)
        {
            RandomSource random = RandomSource.Seeded((ulong)n);
            Leaf[] shared = random.Leaves(count);
            using Pair pair = new Pair(new MemorySet([.. shared, .. random.Leaves((difference + 1) / 2)]), new MemorySet([.. shared, .. random.Leaves(difference / 2)])).Begin();
            SyncTests.AssertInStep(pair);
            long bytes = Math.Max(pair.Primary.BytesSent - pair.Primary.RecordBytesSent, pair.Secondary.BytesSent - pair.Secondary.RecordBytesSent);
            int known = Math.Max(pair.Primary.LastOtherAt, pair.Secondary.LastOtherAt);
            output.WriteLine($"n={count} d={difference}: primary {pair.Primary.BytesSent - pair.Primary.RecordBytesSent} B, secondary {pair.Secondary.BytesSent - pair.Secondary.RecordBytesSent} B without records; "
                + $"known after {known / 2.0} round trips, records after {Math.Max(pair.Primary.LastRecordAt, pair.Secondary.LastRecordAt) / 2.0}, tags agreed after {pair.Flights / 2.0}");
            Assert.InRange(bytes, 1, mostBytes);
            Assert.InRange(known, 1, mostFlights);
        }
    }
}
