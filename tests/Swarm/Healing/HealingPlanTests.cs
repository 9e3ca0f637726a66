using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Swarm.Tests;

public sealed class HealingPlanTests
{
    static readonly TimeSpan Patience = HealingLimits.FirstPatience;

    static BlockId Block(RandomSource random) => new(random.Bytes(BlockId.Size));

    /// <summary>Which of the devices would pull the block after it has been short for so long.</summary>
    static List<Holder> Acting(Holder[] devices, BlockId block, Holder[] holding, TimeSpan after, int target = 3, int minimum = 1, Func<Holder, bool>? live = null, Holder? freed = null, int coming = 0)
    {
        Placement placement = new(devices, target);
        List<Holder> acting = [];
        foreach (Holder self in devices.Except(holding))
        {
            HealingPlan plan = new(self, placement, minimum);
            foreach (TimeSpan at in (TimeSpan[])[TimeSpan.Zero, after])
            {
                plan.Begin();
                plan.Consider(new ShortBlock(block, holding.Select(one => one.Site).Distinct().Count(), holding.Select(one => one.Site).ToHashSet(), coming, live ?? (_ => true), self == freed), at);
                plan.End();
            }
            if (plan.TryTake(out _)) acting.Add(self);
        }
        return acting;
    }

    [Fact]
    public void As_many_act_as_copies_are_missing_and_the_next_only_when_they_dont() => Seed.Check(LongRun.Cases(50, 1000), random =>
    {
        Holder[] devices = [.. Enumerable.Range(1, 12).Select(number => PlacementTests.Device(number))];
        BlockId block = Block(random);
        Holder[] holding = devices[..(1 + random.Below(2))];
        int missing = 3 - holding.Length;
        Assert.Empty(Acting(devices, block, holding, Patience - TimeSpan.FromSeconds(1)));
        Assert.Equal(missing, Acting(devices, block, holding, Patience).Count);
        Assert.Equal(missing + 1, Acting(devices, block, holding, Patience + HealingLimits.RankPatience).Count);
        Assert.Equal(missing + 2, Acting(devices, block, holding, Patience + 2 * HealingLimits.RankPatience).Count);
    });

    [Fact]
    public void Who_isnt_there_is_passed_over() => Seed.Check(LongRun.Cases(50, 1000), random =>
    {
        Holder[] devices = [.. Enumerable.Range(1, 12).Select(number => PlacementTests.Device(number))];
        BlockId block = Block(random);
        Holder[] holding = devices[..1];
        Holder first = Acting(devices, block, holding, Patience, target: 2).Single();
        Holder second = Acting([.. devices], block, holding, Patience, target: 2, live: holder => holder != first).Single(device => device != first);
        Assert.NotEqual(first, second);
    });

    [Fact]
    public void A_site_gets_one_copy_however_many_devices_stand_there() => Seed.Check(LongRun.Cases(50, 1000), random =>
    {
        Holder[] crowd = [.. Enumerable.Range(1, 10).Select(number => PlacementTests.Device(number, site: 7))];
        Holder[] others = [.. Enumerable.Range(20, 4).Select(number => PlacementTests.Device(number))];
        BlockId block = Block(random);
        List<Holder> acting = Acting([.. crowd, .. others], block, [others[0]], Patience);
        Assert.Equal(2, acting.Count);
        Assert.Equal(2, acting.Select(device => device.Site).Distinct().Count());
        Assert.DoesNotContain(Acting([.. crowd, .. others], block, [crowd[0]], TimeSpan.FromHours(1)), device => crowd.Contains(device));
    });

    [Fact]
    public void Under_the_minimum_nobody_waits_for_what_may_be_coming()
    {
        Holder[] devices = [.. Enumerable.Range(1, 6).Select(number => PlacementTests.Device(number))];
        BlockId block = Block(RandomSource.Seeded(1));
        Assert.Empty(Acting(devices, block, devices[..1], Patience, coming: 5));
        Assert.Single(Acting(devices, block, devices[..1], HealingLimits.UrgentPatience, minimum: 2, coming: 5)); // as far as the minimum takes; the rest may come
        Assert.Equal(2, Acting(devices, block, devices[..1], HealingLimits.MirrorPatience, coming: 5).Take(2).Count());
    }

    [Fact]
    public void What_was_freed_comes_back_only_to_keep_the_minimum()
    {
        Holder[] devices = [PlacementTests.Device(1, 0), PlacementTests.Device(2, 0)];
        BlockId block = Block(RandomSource.Seeded(2));
        Assert.Empty(Acting(devices, block, devices[..1], TimeSpan.FromDays(1), freed: devices[1]));
        Assert.Single(Acting(devices, block, devices[..1], TimeSpan.FromMinutes(1), minimum: 2, freed: devices[1]));
    }

    [Fact]
    public void The_fewest_copies_go_first_and_what_is_whole_again_is_forgotten()
    {
        RandomSource random = RandomSource.Seeded(3);
        Holder self = PlacementTests.Device(1);
        HealingPlan plan = new(self, new Placement([self], target: 5), 1);
        BlockId[] blocks = [.. Enumerable.Range(0, 100).Select(_ => Block(random))];
        foreach (TimeSpan at in (TimeSpan[])[TimeSpan.Zero, Patience])
        {
            plan.Begin();
            for (int i = 0; i < blocks.Length; i++)
                plan.Consider(new ShortBlock(blocks[i], 1 + i % 4, Enumerable.Range(2, 1 + i % 4).Select(number => PlacementTests.Device(number).Site).ToHashSet(), 0, _ => true), at);
            plan.End();
        }
        List<int> copies = [];
        while (plan.TryTake(out BlockId id)) copies.Add(1 + Array.IndexOf(blocks, id) % 4);
        Assert.Equal(100, copies.Count);
        Assert.Equal(copies.Order(), copies);
        plan.Begin();
        plan.End();
        Assert.Equal(0, plan.Waiting);
    }
}
