using Vault.Host.Simulation;
using Vault.Primitives;
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
        // A mesh peer sends each message at most once, and a mesh has at most Dhi = 12 of them.
        Assert.True(outcome.WorstDuplicatesPerMessage < 12, outcome.ToString());
    });

    [Fact]
    public void With_a_fifth_of_all_frames_lost_every_message_reaches_everyone() =>
        ForSeeds(Default with { Conditions = Lossy }, outcome => Assert.Equal(0, outcome.Missing));

    [Fact]
    public void With_a_fifth_of_the_members_hostile_every_message_reaches_every_honest_one() =>
        ForSeeds(Default with { HostilePercent = 20 }, outcome =>
        {
            Assert.Equal(0, outcome.Missing);
            // Flooders are cut off again and again as they are forgiven; what they get through stays a small multiple of the traffic.
            Assert.True(outcome.DuplicatesPerMessage < 40, outcome.ToString());
        });

    // Harder than any stream: a lost frame takes announcements and grafts with it for good, so that a few members end up with three or
    // four honest neighbours that know of them. All of these in the mesh, and nobody telling the mesh what there is, lost one delivery
    // in fifty thousand here.
    [Fact]
    public void With_both_at_once_every_message_reaches_every_honest_one() =>
        ForSeeds(Default with { Members = LongRun.Cases(200, 1000), HostilePercent = 20, Conditions = Lossy }, outcome => Assert.Equal(0, outcome.Missing));

    [Fact]
    public void A_subnet_of_sybils_around_a_few_victims_gets_none_of_their_mesh_places()
    {
        using Swarm swarm = new(Default with { Members = 200, HostilePercent = 50, Messages = 5 });
        Outcome outcome = swarm.Run();
        output.WriteLine(outcome.ToString());
        Assert.Equal(0, outcome.Missing);
        foreach (Honest victim in swarm.Victims)
        {
            Assert.Contains(swarm.MembersNear(victim), member => member is Eclipser);
            Assert.DoesNotContain(victim.Router.MeshOf(Swarm.Topic), id => swarm.MemberOf(id) is Eclipser);
        }
    }

    [Fact]
    public void After_a_partition_heals_messages_cross_it_again()
    {
        Plan plan = Default with { Members = 100, Messages = 5, WarmUp = TimeSpan.FromSeconds(20) };
        using Swarm swarm = new(plan);
        swarm.Network.After(TimeSpan.FromSeconds(5), () => swarm.Network.Conditions = plan.Conditions with { IsCut = (a, b) => a < 50 != b < 50 });
        swarm.Network.After(TimeSpan.FromSeconds(15), () => swarm.Network.Conditions = plan.Conditions);
        Outcome outcome = swarm.Run();
        Assert.Equal(0, outcome.Missing);
    }

    [Fact]
    public void One_seed_gives_one_run_byte_for_byte_and_another_seed_another()
    {
        Plan plan = Default with { Members = 150, HostilePercent = 20, Messages = 5, Conditions = new Conditions { LossPerMillion = 50_000 } };
        Hash32[] digests = [.. new ulong[] { 7, 7, 8 }.Select(seed =>
        {
            using Swarm swarm = new(plan with { Seed = seed });
            return swarm.Run().Digest;
        })];
        Assert.Equal(digests[0], digests[1]);
        Assert.NotEqual(digests[0], digests[2]);
    }

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
