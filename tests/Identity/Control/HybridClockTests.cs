using Vault.Tests.Support;
using Xunit;

namespace Vault.Identity.Tests;

public sealed class HybridClockTests
{
    readonly VirtualTime time = new();

    [Fact]
    public void A_time_is_later_than_all_before_it_even_in_one_millisecond()
    {
        HybridClock clock = new(time);
        HybridTime first = clock.Next(), second = clock.Next();
        Assert.Equal(HybridTime.At(time.GetUtcNow()), first);
        Assert.Equal(first.Value + 1, second.Value);
    }

    [Fact]
    public void What_was_witnessed_is_earlier_than_what_is_issued_next()
    {
        HybridClock clock = new(time);
        HybridTime seen = HybridTime.At(time.GetUtcNow() + TimeSpan.FromMinutes(9));
        Assert.True(clock.Witness(seen));
        Assert.True(clock.Next() > seen);
    }

    [Fact]
    public void A_time_far_ahead_is_not_followed()
    {
        HybridClock clock = new(time);
        HybridTime seen = HybridTime.At(time.GetUtcNow() + TimeSpan.FromMinutes(11));
        Assert.True(clock.IsTooFar(seen));
        Assert.False(clock.Witness(seen));
        Assert.True(clock.Next() < seen);
        Assert.True(clock.Next(after: seen) > seen);
    }

    [Fact]
    public void Nothing_comes_after_the_end_of_time() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new HybridClock(time).Next(HybridTime.Never));

    [Fact]
    public void A_time_shows_its_moment()
    {
        Assert.Equal("2030-01-01T00:00:00.000Z", new HybridClock(time).Now.ToString());
        Assert.Equal("never", HybridTime.Never.ToString());
        Assert.Equal(9999, HybridTime.Never.Moment.Year);
    }
}
