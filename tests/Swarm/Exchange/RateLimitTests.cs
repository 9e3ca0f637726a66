using Vault.Tests.Support;
using Xunit;

namespace Vault.Swarm.Tests.Exchange;

public sealed class RateLimitTests
{
    const int Piece = 64 << 10;

    static async Task PassAsync(RateLimit limit, int pieces)
    {
        for (int i = 0; i < pieces; i++) await limit.TakeAsync(Piece, default);
    }

    [Theory]
    [InlineData(1 << 20, 1)]
    [InlineData(1 << 20, 7)]
    [InlineData(RateLimit.Least, 3)]
    public void However_many_share_it_together_they_get_the_rate(long rate, int sharers) => VirtualRun.Of(async time =>
    {
        using RateLimit limit = new(time) { BytesPerSecond = rate };
        const int pieces = 200;
        await Task.WhenAll(Enumerable.Range(0, sharers).Select(_ => PassAsync(limit, pieces)));
        double expected = (double)pieces * sharers * Piece / rate;
        Assert.InRange(time.Elapsed.TotalSeconds, expected - (double)Piece / rate - 0.1, expected + 0.1);
    });

    [Fact]
    public void A_rest_saves_up_no_more_than_a_short_burst() => VirtualRun.Of(async time =>
    {
        using RateLimit limit = new(time) { BytesPerSecond = 1 << 20 };
        await time.Pass(TimeSpan.FromMinutes(10));
        TimeSpan before = time.Elapsed;
        await PassAsync(limit, 160); // ten MiB
        Assert.InRange((time.Elapsed - before).TotalSeconds, 9.8, 10);
    });

    [Fact]
    public void A_new_limit_holds_at_once_for_those_who_wait_and_none_lets_all_pass() => VirtualRun.Of(async time =>
    {
        using RateLimit limit = new(time) { BytesPerSecond = RateLimit.Least };
        Task many = PassAsync(limit, 1000); // at this rate it would take a thousand seconds
        await time.Pass(TimeSpan.FromSeconds(10.5));
        limit.BytesPerSecond = 10 * RateLimit.Least;
        await time.Pass(TimeSpan.FromSeconds(10));
        Assert.False(many.IsCompleted);
        limit.BytesPerSecond = null;
        await many;
        Assert.InRange(time.Elapsed.TotalSeconds, 20.4, 20.6);
    });

    [Fact]
    public void Who_gives_up_waiting_holds_nobody_up() => VirtualRun.Of(async time =>
    {
        using RateLimit limit = new(time) { BytesPerSecond = RateLimit.Least };
        await PassAsync(limit, 2);
        using CancellationTokenSource stop = new();
        Task gone = limit.TakeAsync(Piece, stop.Token).AsTask(), stays = limit.TakeAsync(Piece, default).AsTask();
        stop.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        await stays;
        Assert.InRange(time.Elapsed.TotalSeconds, 1.9, 3.1);
    });
}
