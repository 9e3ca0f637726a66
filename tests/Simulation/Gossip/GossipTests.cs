using Vault.Libp2p.Gossipsub;
using Vault.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace Vault.Simulation.Tests.Gossip;

/// <summary>A thousand routers. By default each kind of weather once and briefly; a long run tries many seeds and more messages.</summary>
public sealed class GossipTests(ITestOutputHelper output)
{
    static readonly Conditions Lossy = new() { LossPerMillion = 200_000 };

    static Plan Default => new() { Messages = LongRun.Cases(10, 100) };

    [Fact]
    public void Without_loss_every_message_reaches_everyone_and_99_of_100_within_a_second() => ForSeeds(Default, outcome =>
    {
        Assert.Equal(0, outcome.Missing);
        Assert.True(outcome.Percentile99 <= TimeSpan.FromSeconds(1), outcome.ToString());
        Assert.True(outcome.DuplicatesPerMessage < 12, outcome.ToString());
    });

    [Fact]
    public void With_a_fifth_of_all_frames_lost_every_message_reaches_everyone() =>
        ForSeeds(Default with { Conditions = Lossy }, outcome => Assert.Equal(0, outcome.Missing));

    [Fact]
    public void With_a_fifth_of_the_members_hostile_every_message_reaches_every_honest_one() =>
        ForSeeds(Default with { HostilePercent = 20 }, outcome => Assert.Equal(0, outcome.Missing));

    void ForSeeds(Plan plan, Action<Outcome> check)
    {
        for (ulong seed = 1; seed <= (ulong)LongRun.Cases(1, 10); seed++)
        {
            using Swarm swarm = new(plan with { Seed = seed });
            Outcome outcome = swarm.Run();
            output.WriteLine($"seed {seed}: {outcome}");
            check(outcome);
        }
    }
}
