using Vault.Host.Simulation;
using Vault.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace Vault.Simulation.Tests.Worlds;

/// <summary>Copies of a vault's blocks while devices go, come back, lie and make room.</summary>
public sealed class CopiesTests(ITestOutputHelper output)
{
    static Plan Small => new Plan
    {
        Devices = 12, Dials = 11, BlindPercent = 0, Talks = false, Blocks = 400, Duration = TimeSpan.FromMinutes(10), Settling = TimeSpan.FromMinutes(25),
        RestoresPerHour = 0, CrashesPerDeviceHour = 2, PartitionsPerHour = 6, PartitionLength = TimeSpan.FromMinutes(1),
    };

    [Fact]
    public void What_devices_held_that_are_gone_for_good_is_held_by_others_when_their_grace_is_over()
    {
        for (ulong seed = 1; seed <= (ulong)LongRun.Cases(1, 200); seed++)
        {
            CopiesOutcome copies = AssertKept((Small with { Seed = seed, LosePercent = 10, Duration = TimeSpan.FromMinutes(5) }).Calm());
            Assert.Equal(0, copies.UnderTarget);
            Assert.InRange(copies.HealedAfter!.Value, TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(20));
            Assert.InRange(copies.MovedAgainstLeast!.Value, 1, 1.1);
        }
    }

    [Fact]
    public void Devices_that_come_and_go_and_partitions_make_no_copies_that_nobody_needs()
    {
        for (ulong seed = 1; seed <= (ulong)LongRun.Cases(1, 200); seed++)
        {
            CopiesOutcome copies = AssertKept(Small with { Seed = seed, MinimumCopies = 1, CrashesPerDeviceHour = 4, Settling = TimeSpan.FromMinutes(5) });
            Assert.True(copies.MovedShare < 0.05, copies.ToString());
        }
    }

    [Fact]
    public void Whoever_lies_floods_repeats_or_withholds_no_block_is_lost_and_none_freed_that_others_need()
    {
        for (ulong seed = 1; seed <= (ulong)LongRun.Cases(1, 200); seed++)
        {
            CopiesOutcome copies = AssertKept(Small with { Seed = seed, Devices = 15, Dials = 14, HostilePercent = 47, FreesPerHour = 240, CrashesPerDeviceHour = 1, Duration = TimeSpan.FromMinutes(6), Settling = TimeSpan.FromMinutes(18) });
            Assert.True(copies.Freed > 0, copies.ToString());
        }
    }

    [Fact]
    public void A_device_that_forgets_its_blocks_is_noticed()
    {
        using World world = new(Small.Calm() with { Devices = 4, Dials = 3, Duration = TimeSpan.FromMinutes(1), Settling = TimeSpan.FromMinutes(1) });
        // Behind everybody's back, as no part of the program does it: all that three of four hold.
        world.Network.After(TimeSpan.FromSeconds(100), () =>
        {
            foreach (Device device in world.Devices.Skip(1))
                foreach (int number in device.Held!.All.Take(100).ToList())
                    if (device.Held.Drop(number)) world.Keeping!.Went(device, number);
        });
        Assert.Contains(world.Run().Violations, violation => violation.Promise == Invariants.FreeingIsSafe);
    }

    CopiesOutcome AssertKept(Plan plan)
    {
        using World world = new(plan);
        Outcome outcome = world.Run();
        output.WriteLine($"seed {plan.Seed}: {outcome}");
        Assert.True(outcome.Violations.Count == 0, $"seed {plan.Seed}: {outcome}");
        return outcome.Copies!;
    }
}
