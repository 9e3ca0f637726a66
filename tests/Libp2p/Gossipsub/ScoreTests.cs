using System.Net;
using Vault.Libp2p.Gossipsub;
using Xunit;

namespace Vault.Libp2p.Tests.Gossipsub;

/// <summary>Each part of the score alone, against its formula in the specification.</summary>
public sealed class ScoreTests
{
    static readonly TopicScoreParameters Nothing = new() { TimeInMeshWeight = 0, FirstMessageDeliveriesWeight = 0, InvalidMessageDeliveriesWeight = 0 };

    static Rig With(TopicScoreParameters topic, double cap = 0, bool validated = false)
    {
        Rig rig = new(new Parameters { Score = new ScoreParameters { Topic = topic, TopicScoreCap = cap } });
        rig.Subscribe(validated: validated);
        return rig;
    }

    static Guest Member(Rig rig)
    {
        Guest guest = rig.Connect();
        rig.Graft(guest);
        return guest;
    }

    [Fact]
    public void P1_grows_with_time_in_the_mesh_up_to_its_cap()
    {
        Rig rig = With(Nothing with { TimeInMeshWeight = 0.5, TimeInMeshQuantum = TimeSpan.FromSeconds(2), TimeInMeshCap = 10 });
        Guest guest = Member(rig), outside = rig.Connect();
        rig.Beat(8);
        Assert.Equal(0.5 * 4, rig.Score(guest), 6);
        Assert.Equal(0, rig.Score(outside));
        rig.Beat(100);
        Assert.Equal(0.5 * 10, rig.Score(guest), 6);
    }

    [Fact]
    public void P2_counts_messages_that_the_peer_brought_first_up_to_its_cap_and_decays()
    {
        Rig rig = With(Nothing with { FirstMessageDeliveriesWeight = 2, FirstMessageDeliveriesCap = 3, FirstMessageDeliveriesDecay = 0.5 });
        Guest first = rig.Connect(), second = rig.Connect();
        for (byte i = 0; i < 5; i++)
        {
            Message message = first.Sign(Rig.Topic, i);
            rig.Receive(first, message);
            rig.Receive(second, message);
        }
        Assert.Equal(2 * 3, rig.Score(first), 6);
        Assert.Equal(0, rig.Score(second));
        rig.Beat();
        Assert.Equal(2 * 1.5, rig.Score(first), 6);
        rig.Beat(20);
        Assert.Equal(0, rig.Score(first));
    }

    [Fact]
    public void P3_punishes_a_mesh_peer_that_brings_too_little_once_it_is_active()
    {
        Rig rig = With(Nothing with
        {
            MeshMessageDeliveriesWeight = -1, MeshMessageDeliveriesThreshold = 3, MeshMessageDeliveriesDecay = 1,
            MeshMessageDeliveriesActivation = TimeSpan.FromSeconds(5),
        });
        Guest silent = Member(rig), busy = Member(rig);
        rig.Router.SetApplicationScore(silent.Id, 100); // keeps it in the mesh
        for (byte i = 0; i < 3; i++) rig.Receive(busy, busy.Sign(Rig.Topic, i));
        rig.Beat(5);
        Assert.Equal(100, rig.Score(silent));
        rig.Beat();
        Assert.Equal(100 - 9, rig.Score(silent), 6);
        Assert.Equal(0, rig.Score(busy));
        rig.Router.SetApplicationScore(silent.Id, 0);
        rig.Beat();
        Assert.False(rig.InMesh(silent));
        Assert.True(rig.InMesh(busy));
    }

    [Fact]
    public void P3_credits_near_first_deliveries_within_the_window_and_while_the_message_is_judged()
    {
        TopicScoreParameters topic = Nothing with
        {
            MeshMessageDeliveriesWeight = -1, MeshMessageDeliveriesThreshold = 1, MeshMessageDeliveriesDecay = 1,
            MeshMessageDeliveriesActivation = TimeSpan.FromSeconds(1), MeshMessageDeliveryWindow = TimeSpan.FromMilliseconds(10),
        };
        Rig rig = With(topic, validated: true);
        Guest first = Member(rig), meanwhile = Member(rig), within = Member(rig), late = Member(rig);
        Message message = first.Sign(Rig.Topic, 1);
        rig.Receive(first, message);
        rig.Wait(TimeSpan.FromMilliseconds(300));
        rig.Receive(meanwhile, message);
        rig.Judge(Verdict.Accept);
        rig.Wait(TimeSpan.FromMilliseconds(10));
        rig.Receive(within, message);
        rig.Wait(TimeSpan.FromMilliseconds(1));
        rig.Receive(late, message);
        foreach (Guest guest in new[] { first, meanwhile, within, late }) rig.Router.SetApplicationScore(guest.Id, 100); // keeps them in the mesh
        rig.Beat(2);
        Assert.All([first, meanwhile, within], guest => Assert.Equal(100, rig.Score(guest)));
        Assert.Equal(100 - 1, rig.Score(late), 6);
    }

    [Fact]
    public void P3b_keeps_the_deficit_of_a_peer_that_was_pruned_with_one()
    {
        Rig rig = With(Nothing with
        {
            MeshMessageDeliveriesThreshold = 2, MeshMessageDeliveriesActivation = TimeSpan.FromSeconds(1),
            MeshFailurePenaltyWeight = -1, MeshFailurePenaltyDecay = 0.5,
        });
        Guest guest = Member(rig);
        rig.Beat(2);
        Assert.Equal(0, rig.Score(guest));
        rig.Receive(guest, rpc => rpc.Prune.Add(new Prune(Rig.Topic, null, [])));
        Assert.Equal(-4, rig.Score(guest), 6);
        rig.Beat();
        Assert.Equal(-2, rig.Score(guest), 6);
    }

    [Fact]
    public void P4_is_the_square_of_the_invalid_messages_and_decays()
    {
        Rig rig = With(Nothing with { InvalidMessageDeliveriesWeight = -2, InvalidMessageDeliveriesDecay = 0.5 }, validated: true);
        Guest guest = rig.Connect();
        for (byte i = 0; i < 3; i++) rig.Receive(guest, guest.Sign(Rig.Topic, i));
        rig.Judge(Verdict.Reject);
        Assert.Equal(-2 * 9, rig.Score(guest), 6);
        rig.Beat();
        Assert.Equal(-2 * 2.25, rig.Score(guest), 6);
    }

    [Fact]
    public void P5_is_what_the_application_says()
    {
        Rig rig = With(Nothing);
        Guest guest = rig.Connect();
        rig.Router.SetApplicationScore(guest.Id, -7.5);
        Assert.Equal(-7.5, rig.Score(guest));
    }

    [Fact]
    public void P6_is_the_square_of_the_surplus_at_one_origin_and_ends_when_they_leave()
    {
        Rig rig = With(Nothing);
        List<Guest> crowd = [];
        for (byte i = 0; i < 13; i++) crowd.Add(rig.Connect(origin: Origin.Of(new IPAddress([203, 0, 113, i]))));
        Guest elsewhere = rig.Connect(origin: Origin.Of(new IPAddress([203, 0, 114, 1])));
        Assert.All(crowd, guest => Assert.Equal(-5 * 9, rig.Score(guest), 6));
        Assert.Equal(0, rig.Score(elsewhere));
        foreach (Guest guest in crowd[..3]) rig.Disconnect(guest);
        Assert.Equal(0, rig.Score(crowd[5]));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("10.1.2.3")]
    [InlineData("172.31.0.1")]
    [InlineData("192.168.1.1")]
    [InlineData("100.64.0.1")]
    [InlineData("169.254.0.1")]
    [InlineData("::1")]
    [InlineData("fe80::1")]
    [InlineData("fd00::1")]
    [InlineData("::ffff:10.0.0.1")]
    public void Private_addresses_have_no_origin(string address) => Assert.False(Origin.Of(IPAddress.Parse(address)).IsKnown);

    [Fact]
    public void Addresses_of_one_small_network_have_one_origin()
    {
        Assert.Equal(Origin.Of(IPAddress.Parse("198.51.100.1")), Origin.Of(IPAddress.Parse("::ffff:198.51.100.200")));
        Assert.NotEqual(Origin.Of(IPAddress.Parse("198.51.100.1")), Origin.Of(IPAddress.Parse("198.51.101.1")));
        Assert.Equal(Origin.Of(IPAddress.Parse("2001:db8:1:2::1")), Origin.Of(IPAddress.Parse("2001:db8:1:2:ffff::9")));
        Assert.NotEqual(Origin.Of(IPAddress.Parse("2001:db8:1:2::1")), Origin.Of(IPAddress.Parse("2001:db8:1:3::1")));
    }

    [Fact]
    public void P7_forgives_up_to_its_threshold_and_decays()
    {
        Rig rig = With(Nothing);
        rig.SetFilter(_ => false);
        Guest guest = rig.Connect();
        for (int i = 0; i < 4; i++) rig.Graft(guest);
        Assert.Equal(0, rig.Score(guest));
        for (int i = 0; i < 2; i++) rig.Graft(guest);
        Assert.Equal(-10 * 4, rig.Score(guest), 6);
        rig.Beat(8);
        Assert.Equal(0, rig.Score(guest));
    }

    [Fact]
    public void The_topics_together_add_no_more_than_the_cap()
    {
        Rig rig = With(Nothing with { FirstMessageDeliveriesWeight = 10 }, cap: 15);
        Guest guest = rig.Connect();
        for (byte i = 0; i < 5; i++) rig.Receive(guest, guest.Sign(Rig.Topic, i));
        Assert.Equal(15, rig.Score(guest));
    }

    [Fact]
    public void A_topics_own_parameters_and_weight_apply_to_it_alone()
    {
        ScoreParameters score = new()
        {
            TopicScoreCap = 0, Topic = Nothing,
            Topics = new Dictionary<string, TopicScoreParameters> { ["b"] = Nothing with { TopicWeight = 3, FirstMessageDeliveriesWeight = 1 } },
        };
        Rig rig = new(new Parameters { Score = score });
        rig.Subscribe("a");
        rig.Subscribe("b");
        Guest guest = rig.Connect();
        rig.Receive(guest, guest.Sign("a", 1), guest.Sign("b", 1));
        Assert.Equal(3, rig.Score(guest));
    }

    [Fact]
    public void A_bad_score_survives_a_reconnection_for_an_hour_and_a_good_one_does_not()
    {
        Rig rig = With(new TopicScoreParameters(), validated: true);
        Guest bad = rig.Connect(), good = rig.Connect();
        rig.Receive(bad, bad.Sign(Rig.Topic, 1));
        rig.Judge(Verdict.Reject);
        rig.Receive(good, good.Sign(Rig.Topic, 1));
        rig.Judge(Verdict.Accept);
        rig.Disconnect(bad);
        rig.Disconnect(good);
        rig.Beat(60);
        rig.Connect(bad);
        rig.Connect(good);
        Assert.Equal(-10, rig.Score(bad), 6);
        Assert.Equal(0, rig.Score(good));

        rig.Disconnect(bad);
        rig.Wait(TimeSpan.FromHours(1));
        rig.Beat();
        Assert.Null(rig.Router.ScoreOf(bad.Id));
    }

    [Fact]
    public void A_bad_record_is_not_shed_by_reconnecting_while_the_score_is_good()
    {
        Rig rig = With(new TopicScoreParameters(), validated: true);
        Guest guest = rig.Connect();
        rig.Receive(guest, guest.Sign(Rig.Topic, 1));
        rig.Judge(Verdict.Reject);
        rig.Router.SetApplicationScore(guest.Id, 50);
        rig.Disconnect(guest);
        rig.Connect(guest);
        rig.Router.SetApplicationScore(guest.Id, 0);
        Assert.Equal(-10, rig.Score(guest), 6);
    }

    [Fact]
    public void A_graylisted_peer_is_reported_once_and_nothing_it_sends_is_read()
    {
        Rig rig = With(Nothing);
        Guest guest = rig.Connect();
        rig.Router.SetApplicationScore(guest.Id, -81);
        for (byte i = 0; i < 3; i++) rig.Receive(guest, guest.Sign(Rig.Topic, i));
        Assert.Empty(rig.Delivered);
        Assert.Equal(0, rig.Router.Counters.Received);
        Assert.Equal(guest.Id, Assert.IsType<Output.Graylisted>(Assert.Single(rig.Others)).Peer);
        rig.Router.SetApplicationScore(guest.Id, 0);
        rig.Receive(guest, guest.Sign(Rig.Topic, 9));
        Assert.Single(rig.Delivered);
    }
}
