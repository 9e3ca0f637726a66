using Vault.Host.Simulation;
using Vault.Primitives;
using Vault.Store;
using Vault.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace Vault.Simulation.Tests.Worlds;

/// <summary>Catalogs, chat and gossip of many devices, in all weathers. A long run tries a thousand seeds.</summary>
public sealed class WorldTests(ITestOutputHelper output)
{
    /// <summary>Small and bad: everything that may go wrong does, many times.</summary>
    static Plan Small => new()
    {
        Devices = 12, Duration = TimeSpan.FromMinutes(10), Settling = TimeSpan.FromMinutes(5), MessagesPerHour = 400, EditsPerHour = 400,
        CrashesPerDeviceHour = 4, PartitionsPerHour = 10, PartitionLength = TimeSpan.FromMinutes(2), RestoresPerHour = 10, DiskFaultsPerHour = 40,
    };

    [Fact]
    public void Where_nothing_goes_wrong_everything_arrives_at_once()
    {
        Outcome outcome = Run(Small.Calm() with { Settling = TimeSpan.FromMinutes(1) });
        Assert.Empty(outcome.Violations);
        Assert.True(outcome.Messages > 20 && outcome.Changes > 20, outcome.ToString());
        Assert.True(outcome.Percentile99 < TimeSpan.FromSeconds(1), outcome.ToString());
        Assert.True(outcome.Agreed < TimeSpan.FromSeconds(2), outcome.ToString());
    }

    [Fact]
    public void Whatever_goes_wrong_nothing_is_lost_and_all_agree_in_the_end()
    {
        for (ulong seed = 1; seed <= (ulong)LongRun.Cases(3, 1000); seed++) AssertKept(Small with { Seed = seed });
    }

    [Fact]
    public void A_hundred_devices_with_loss_partitions_and_restarts_lose_nothing()
    {
        Outcome outcome = AssertKept(new Plan
        {
            Devices = 100, Duration = TimeSpan.FromMinutes(LongRun.Cases(3, 360)), Settling = TimeSpan.FromMinutes(3), MessagesPerHour = 1000, EditsPerHour = 500,
            CrashesPerDeviceHour = 4, PartitionsPerHour = 40, PartitionLength = TimeSpan.FromMinutes(1), RestoresPerHour = 20, Conditions = new Plan().Conditions with { LossPerMillion = 50_000 },
        });
        Assert.True(outcome is { Crashes: > 5, Partitions: > 0 }, outcome.ToString());
    }

    [Fact]
    public void Who_shows_different_people_different_histories_is_known_to_all_by_the_same_proof()
    {
        int seeds = LongRun.Cases(1, 200), forked = 0;
        for (int seed = 1; seed <= seeds; seed++)
            if (AssertKept(Small with { Seed = (ulong)seed, TwoFacedPercent = 30 }).Forks > 0) forked++; // now and then nobody is two-faced, or they said nothing
        Assert.True(forked > seeds / 2, $"{forked} of {seeds}");
    }

    [Fact]
    public void One_seed_gives_one_run_byte_for_byte_and_another_seed_another()
    {
        Hash32[] digests = [.. new ulong[] { 7, 7, 8 }.Select(seed => Run(Small with { Seed = seed, Devices = 6, Settling = TimeSpan.FromMinutes(2) }).Digest)];
        Assert.Equal(digests[0], digests[1]);
        Assert.NotEqual(digests[0], digests[2]);
    }

    [Fact]
    public void A_disk_that_forgets_what_it_promised_breaks_promises_that_are_noticed()
    {
        using World world = new(Small.Calm() with { Devices = 3 });
        Device device = world.Devices[0];
        MemoryDatabase? copy = null;
        world.Network.After(TimeSpan.FromMinutes(2), () => copy = device.Disk.Copy());
        world.Network.After(TimeSpan.FromMinutes(9), () =>
        {
            device.Crash();
            device.Disk.Restore(copy!);
            device.Start();
        });
        Outcome outcome = world.Run();
        Assert.Contains(outcome.Violations, violation => violation.Promise == Invariants.NothingSaidIsLost);
        Assert.Contains(outcome.Violations, violation => violation.Promise == Invariants.NoEditIsLost);
    }

    Outcome AssertKept(Plan plan)
    {
        Outcome outcome = Run(plan);
        Assert.True(outcome.Violations.Count == 0, $"seed {plan.Seed}: {outcome}");
        Assert.NotNull(outcome.Agreed);
        return outcome;
    }

    Outcome Run(Plan plan)
    {
        using World world = new(plan);
        Outcome outcome = world.Run();
        output.WriteLine($"seed {plan.Seed}: {outcome}");
        return outcome;
    }
}
