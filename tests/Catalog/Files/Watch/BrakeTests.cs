using Xunit;

namespace Vault.Catalog.Tests;

public sealed class BrakeTests
{
    static readonly DateTimeOffset noon = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    static VaultPath Path(int i) => Node.Path($"f{i}");

    [Theory]
    [InlineData(10_000, 50)]
    [InlineData(300, 30)]
    [InlineData(20, 10)]
    public void It_lets_pass_fifty_or_a_tenth_but_ten_always(int entries, int limit)
    {
        Brake brake = new(Brake.UsualMost);
        Assert.True(brake.Admits(limit, entries, noon));
        Assert.False(brake.Admits(limit + 1, entries, noon));
    }

    [Fact]
    public void What_comes_one_by_one_within_ten_minutes_counts_together_and_one_file_once()
    {
        Brake brake = new(Brake.UsualMost);
        for (int i = 0; i < 100; i++) brake.Pass(Path(i % 50), noon);
        Assert.False(brake.Admits(1, 10_000, noon.AddMinutes(9)));
        Assert.True(brake.Admits(50, 10_000, noon.AddMinutes(10)));
    }

    [Fact]
    public void A_clock_that_is_set_back_holds_nothing_for_ever()
    {
        Brake brake = new(Brake.UsualMost);
        for (int i = 0; i < 50; i++) brake.Pass(Path(i), noon);
        Assert.True(brake.Admits(50, 10_000, noon.AddYears(-1)));
    }

    [Fact]
    public void Once_it_holds_it_holds_until_it_is_approved_or_nothing_is_left_to_hold()
    {
        Brake brake = new(Brake.UsualMost);
        brake.Hold(Path(1));
        brake.Hold(Path(2));
        Assert.False(brake.Admits(1, 10_000, noon.AddDays(1)));
        brake.Release(Path(1));
        Assert.False(brake.TryEnd());
        brake.Release(Path(2));
        Assert.True(brake.TryEnd());
        Assert.True(brake.Admits(1, 10_000, noon.AddDays(1)));
        brake.Hold(Path(3));
        brake.Approve();
        Assert.Equal((false, 0), (brake.IsHolding, brake.Held));
    }

    [Fact]
    public void Without_a_number_it_holds_nothing() => Assert.True(new Brake(null).Admits(int.MaxValue, 1, noon));
}
