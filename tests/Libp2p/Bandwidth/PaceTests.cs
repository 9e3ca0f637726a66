using Vault.Libp2p.Bandwidth;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Libp2p.Tests.Bandwidth;

public class PaceTests
{
    const long Rate = 100_000;

    [Fact]
    public void Turns_come_one_after_the_other_at_the_rate_whoever_asks()
    {
        Pace pace = default;
        TimeSpan now = TimeSpan.FromSeconds(5);
        TimeSpan[] waits = [.. Enumerable.Range(0, 5).Select(_ => pace.Reserve(10_000, urgent: false, Rate, now))];
        // The first hundred milliseconds' worth may go at once after a silence.
        Assert.Equal([0, 0, 100, 200, 300], waits.Select(wait => (int)wait.TotalMilliseconds));
        Assert.Equal(400, (int)pace.Debt(now).TotalMilliseconds);
    }

    [Fact]
    public void Urgent_bytes_pass_bulk_that_waits_and_cost_it_as_much_time()
    {
        Pace pace = default;
        TimeSpan now = TimeSpan.FromSeconds(5);
        for (int i = 0; i < 10; i++) pace.Reserve(10_000, urgent: false, Rate, now);
        TimeSpan before = pace.Debt(now);
        Assert.Equal(TimeSpan.Zero, pace.Reserve(1000, urgent: true, Rate, now));
        Assert.Equal(before + TimeSpan.FromMilliseconds(10), pace.Debt(now));
    }

    [Fact]
    public void Bytes_given_back_are_there_for_the_next()
    {
        Pace pace = default;
        TimeSpan now = TimeSpan.FromSeconds(5);
        pace.Reserve(30_000, urgent: false, Rate, now);
        pace.GiveBack(25_000, urgent: false, Rate);
        Assert.Equal(TimeSpan.Zero, pace.Reserve(5000, urgent: false, Rate, now));
    }

    /// <summary>Whatever is asked in whatever order, no stretch of time moves more than the rate and one burst of each kind allow.</summary>
    [Fact]
    public void Over_any_stretch_of_time_no_more_moves_than_the_rate_allows() => Seed.Check(LongRun.Cases(300, 20_000), random =>
    {
        Pace pace = default;
        List<(double At, int Bytes)> moved = [];
        TimeSpan now = TimeSpan.FromSeconds(1);
        for (int i = 0; i < 200; i++)
        {
            int bytes = 1 + random.Below(5000);
            bool urgent = random.Below(4) == 0;
            TimeSpan wait = pace.Reserve(bytes, urgent, Rate, now);
            int used = random.Below(3) == 0 ? random.Below(bytes) : bytes;
            pace.GiveBack(bytes - used, urgent, Rate);
            moved.Add(((now + wait).TotalSeconds, used));
            // Nobody reserves again before its turn came, so few are ever waiting.
            now += random.Below(3) == 0 ? wait : TimeSpan.FromMilliseconds(random.Below(60));
        }
        moved.Sort();
        for (int from = 0; from < moved.Count; from += 7)
        {
            long sum = 0;
            for (int to = from; to < moved.Count; to++)
            {
                sum += moved[to].Bytes;
                double allowed = Rate * (moved[to].At - moved[from].At + 0.2) * 1.75 + 10_000;
                Assert.True(sum <= allowed, $"{sum} bytes in {moved[to].At - moved[from].At} s");
            }
        }
        double whole = moved.Sum(one => (double)one.Bytes) / Rate;
        Assert.True(whole <= (now + pace.Debt(now)).TotalSeconds, "more was moved than ever was allowed");
    });
}
