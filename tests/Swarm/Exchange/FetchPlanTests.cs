using Vault.Blocks;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Swarm.Tests.Exchange;

public sealed class FetchPlanTests
{
    static readonly TimeSpan Long = TimeSpan.FromMinutes(10), Lan = TimeSpan.FromMilliseconds(1);

    [Fact]
    public void Among_sources_of_every_manner_whatever_an_honest_one_holds_comes_and_the_rest_is_said_to_be_nowhere() => Seed.Check(LongRun.Cases(60, 2000), random =>
    {
        PlanWorld world = new(random) { Losses = random.Below(2) * 10 };
        BlockId[] blocks = [.. Enumerable.Range(0, 1 + random.Below(1500)).Select(_ => world.NewBlock(30 + random.Below(1 << (5 + random.Below(16)))))];
        double least = blocks.Sum(block => (double)world.Sizes[block]) / (Long / 2).TotalSeconds; // a slower one couldn't send all it alone may have in the time there is
        int count = 1 + random.Below(7);
        for (int i = 0; i < count; i++)
        {
            int share = random.Below(101);
            Manner manner = i == 0 ? Manner.Honest : (Manner)random.Below(5);
            world.After(TimeSpan.FromSeconds(random.Below(10)), () =>
                world.Add(manner, blocks.Where(_ => random.Below(100) < share), Math.Max(least, 1e4 * (1 + random.Below(10_000))), TimeSpan.FromMilliseconds(random.Below(300))));
        }
        for (int at = 0; at < blocks.Length;)
        {
            BlockId[] some = blocks[at..Math.Min(blocks.Length, at += 1 + random.Below(700))];
            world.After(TimeSpan.FromSeconds(random.Below(20)), () => world.Want(some, (FetchPriority)random.Below(3)));
        }
        world.Run(Long);
        HashSet<BlockId> obtainable = [.. world.Sources.Where(source => source.Manner == Manner.Honest).SelectMany(source => source.Holds)];
        Assert.Empty(obtainable.Except(world.Durable));
        Assert.Equal(blocks.Except(world.Durable).Order(), world.Nobody.Except(world.Durable).Order());
        Assert.Equal(blocks.Length - world.Durable.Count, world.Plan.Count);
    });

    [Fact]
    public void Two_honest_sources_of_unlike_speed_finish_together_and_waste_little()
    {
        PlanWorld world = new(RandomSource.Seeded(1));
        BlockId[] blocks = [.. Enumerable.Range(0, 2000).Select(_ => world.NewBlock(256 << 10))];
        world.Add(Manner.Honest, blocks, 50e6, Lan);
        world.Add(Manner.Honest, blocks, 5e6, Lan);
        world.Want(blocks);
        world.Run(Long);
        double least = 2000.0 * (256 << 10) / 55e6;
        Assert.InRange(world.DoneAt.TotalSeconds, least, least * 1.15 + 1); // a round takes up to a second
        Assert.InRange(world.WastedBytes, 0, 8 << 20);
    }

    [Fact]
    public void One_source_alone_is_kept_busy_over_a_long_line_and_nothing_is_sent_twice()
    {
        PlanWorld world = new(RandomSource.Seeded(1));
        BlockId[] blocks = [.. Enumerable.Range(0, 4000).Select(_ => world.NewBlock(256 << 10))];
        world.Add(Manner.Honest, blocks, 100e6, TimeSpan.FromMilliseconds(100));
        world.Want(blocks);
        world.Run(Long);
        double least = 4000.0 * (256 << 10) / 100e6;
        Assert.InRange(world.DoneAt.TotalSeconds, least, least * 1.1 + 2);
        Assert.Equal(0, world.WastedBytes);
    }

    [Fact]
    public void Small_blocks_are_asked_for_by_the_hundred()
    {
        PlanWorld world = new(RandomSource.Seeded(1));
        BlockId[] blocks = [.. Enumerable.Range(0, 60_000).Select(_ => world.NewBlock(1 << 10))];
        world.Add(Manner.Honest, blocks, 100e6, TimeSpan.FromMilliseconds(20));
        world.Want(blocks);
        world.Run(Long);
        Assert.Equal(60_000, world.Durable.Count);
        Assert.InRange(world.Messages, 60_000 / 512, 300);
        Assert.InRange(world.DoneAt.TotalSeconds, 0.6, 3.0); // in questions of one block each it would be twenty minutes
    }

    [Theory]
    [InlineData(FetchPriority.Wanted)]
    [InlineData(FetchPriority.Healing)]
    public void What_somebody_waits_for_goes_before_everything_that_isn_t_in_flight_yet(FetchPriority rest)
    {
        PlanWorld world = new(RandomSource.Seeded(1));
        BlockId[] bulk = [.. Enumerable.Range(0, 3000).Select(_ => world.NewBlock(256 << 10))];
        BlockId awaited = world.NewBlock(256 << 10);
        world.Add(Manner.Honest, [.. bulk, awaited], 10e6, Lan);
        world.Want(bulk, rest);
        TimeSpan when = default;
        world.After(TimeSpan.FromSeconds(10), () => world.Want([awaited], FetchPriority.Awaited));
        for (int i = 10; i < 40; i++) world.After(TimeSpan.FromSeconds(i), () => when = world.Durable.Contains(awaited) && when == default ? world.Now : when);
        world.Run(Long);
        Assert.InRange(when.TotalSeconds, 10.0, 13.0);
    }

    [Fact]
    public void A_silent_source_is_dropped_and_what_it_owed_comes_from_others()
    {
        PlanWorld world = new(RandomSource.Seeded(1));
        BlockId[] blocks = [.. Enumerable.Range(0, 30).Select(_ => world.NewBlock(1000))];
        WorldSource silent = world.Add(Manner.Silent, blocks, 1, Lan);
        world.Want(blocks);
        world.After(TimeSpan.FromSeconds(1), () => world.Add(Manner.Honest, blocks, 1e6, Lan));
        world.Run(Long);
        Assert.Equal(30, world.Durable.Count);
        Assert.InRange(world.DoneAt, TimeSpan.Zero, TimeSpan.FromSeconds(10)); // long before the silence is up
        Assert.Equal(30u, silent.Next);
    }

    [Fact]
    public void Blocks_that_nobody_has_are_asked_for_again_after_a_minute_and_when_a_source_joins()
    {
        PlanWorld world = new(RandomSource.Seeded(1));
        BlockId first = world.NewBlock(1000), second = world.NewBlock(1000);
        WorldSource source = world.Add(Manner.Honest, [], 1e6, Lan);
        world.Want([first, second]);
        world.After(TimeSpan.FromSeconds(5), () => source.Holds.Add(first));
        world.After(TimeSpan.FromSeconds(10), () => world.Add(Manner.Honest, [second], 1e6, Lan));
        world.After(TimeSpan.FromSeconds(20), () => Assert.Equal([second], world.Durable));
        world.Run(Long);
        Assert.Equal(2, world.Durable.Count);
        Assert.InRange(world.DoneAt, TimeSpan.FromSeconds(59), TimeSpan.FromSeconds(65));
    }

    [Fact]
    public void There_is_a_limit_to_what_is_wanted_at_once_and_to_sources()
    {
        FetchPlan plan = new();
        RandomSource random = RandomSource.Seeded(1);
        BlockId[] ids = [.. Enumerable.Range(0, ExchangeLimits.Wants + 10).Select(_ => new BlockId(random.Bytes(32)))];
        Assert.Equal(ExchangeLimits.Wants, plan.Want(ids, FetchPriority.Wanted, 0, default));
        for (int i = 0; i < ExchangeLimits.Sources; i++) Assert.Equal(i, plan.AddSource(default));
        Assert.Null(plan.AddSource(default));
    }
}
