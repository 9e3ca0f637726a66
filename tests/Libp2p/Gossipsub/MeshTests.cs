using Vault.Libp2p.Gossipsub;
using Xunit;

namespace Vault.Libp2p.Tests.Gossipsub;

public sealed class MeshTests
{
    static readonly TimeSpan Slack = TimeSpan.FromSeconds(2);

    static bool WasGrafted(Rig rig, Guest guest) => rig.Sent(guest).Exists(rpc => rpc.Graft.Contains(Rig.Topic));

    static List<Prune> Prunes(Rig rig, Guest guest) => [.. rig.Sent(guest).SelectMany(rpc => rpc.Prune)];

    [Fact]
    public void The_first_frame_to_a_peer_announces_all_our_topics()
    {
        Rig rig = new();
        rig.Subscribe("a");
        rig.Subscribe("b");
        Guest guest = rig.Connect();
        Assert.Equal([new("a", true), new("b", true)], Assert.Single(rig.Sent(guest)).Subscriptions);
    }

    [Fact]
    public void A_stream_that_was_replaced_gets_all_announcements_again()
    {
        Rig rig = new();
        rig.Subscribe("a");
        Guest guest = rig.Connect();
        rig.ForgetSent();
        rig.Connect(guest);
        Assert.Equal([new("a", true)], Assert.Single(rig.Sent(guest)).Subscriptions);
    }

    [Fact]
    public void A_stream_that_was_replaced_leaves_standing_what_the_peer_announced_on_its_own()
    {
        Rig rig = new();
        rig.Subscribe();
        Guest guest = rig.ConnectSubscribers(1).Single();
        rig.Connect(guest);
        Assert.Equal([guest.Id], rig.Router.PeersOf(Rig.Topic));
        rig.Beat();
        Assert.True(rig.InMesh(guest));
        Assert.Equal(1, rig.Publish(1).Recipients);

        rig.Receive(guest, rpc => rpc.Subscriptions.Add(new Subscription(Rig.Topic, false)));
        Assert.Empty(rig.Router.PeersOf(Rig.Topic));
    }

    [Fact]
    public void What_a_peer_no_longer_announces_on_a_new_stream_of_its_own_has_ended()
    {
        Rig rig = new();
        rig.Subscribe("a");
        rig.Subscribe("b");
        Guest guest = rig.ConnectSubscribers(1, "a").Single();
        rig.Receive(guest, rpc => rpc.Subscriptions.Add(new Subscription("b", true)));
        rig.Beat();
        Assert.Equal([guest.Id], rig.Router.MeshOf("a"));

        rig.Router.Renew(guest.Id);
        rig.Receive(guest, rpc => rpc.Subscriptions.Add(new Subscription("b", true)));
        Assert.Empty(rig.Router.PeersOf("a"));
        Assert.Empty(rig.Router.MeshOf("a"));
        Assert.Equal([guest.Id], rig.Router.MeshOf("b")); // it never left
        rig.Receive(guest, rpc => rpc.Subscriptions.Add(new Subscription("a", true)));
        Assert.Equal([guest.Id], rig.Router.PeersOf("b")); // only the first frame says everything
    }

    [Fact]
    public void A_peer_that_says_nothing_on_a_new_stream_has_nothing_to_announce()
    {
        Rig rig = new();
        rig.Subscribe();
        Guest guest = rig.ConnectSubscribers(1).Single();
        rig.Router.Renew(guest.Id);
        rig.Beat(2);
        Assert.Equal([guest.Id], rig.Router.PeersOf(Rig.Topic));
        rig.Beat();
        Assert.Empty(rig.Router.PeersOf(Rig.Topic));
    }

    [Fact]
    public void A_peer_that_was_gone_has_to_announce_its_topics_again()
    {
        Rig rig = new();
        Guest guest = rig.ConnectSubscribers(1).Single();
        rig.Disconnect(guest);
        rig.Connect(guest);
        Assert.Empty(rig.Router.PeersOf(Rig.Topic));
    }

    [Fact]
    public void Joining_grafts_D_of_the_peers_of_the_topic()
    {
        Rig rig = new();
        List<Guest> guests = rig.ConnectSubscribers(20);
        rig.Subscribe();
        List<Guest> mesh = guests.FindAll(rig.InMesh);
        Assert.Equal(6, mesh.Count);
        Assert.All(guests, guest => Assert.Equal(mesh.Contains(guest), WasGrafted(rig, guest)));
    }

    [Fact]
    public void Floodsub_peers_are_never_grafted_and_cannot_graft()
    {
        Rig rig = new();
        Guest guest = rig.ConnectSubscribers(1, protocol: Protocol.Floodsub).Single();
        rig.Subscribe();
        rig.Graft(guest);
        rig.Beat();
        Assert.False(rig.InMesh(guest));
    }

    [Fact]
    public void A_mesh_below_Dlo_is_filled_to_D_at_the_heartbeat()
    {
        Rig rig = new();
        rig.Subscribe();
        rig.ConnectSubscribers(20);
        Assert.Empty(rig.Router.MeshOf(Rig.Topic));
        rig.Beat();
        Assert.Equal(6, rig.Router.MeshOf(Rig.Topic).Count);
    }

    [Fact]
    public void A_mesh_above_Dhi_is_pruned_to_D_and_the_pruned_are_told_for_how_long()
    {
        Rig rig = new();
        rig.Subscribe();
        List<Guest> guests = rig.ConnectSubscribers(13, outbound: true);
        foreach (Guest guest in guests) rig.Graft(guest);
        Assert.Equal(13, rig.Router.MeshOf(Rig.Topic).Count);
        rig.ForgetSent();
        rig.Beat();
        Assert.Equal(6, rig.Router.MeshOf(Rig.Topic).Count);
        foreach (Guest guest in guests.Where(guest => !rig.InMesh(guest)))
            Assert.Equal(TimeSpan.FromSeconds(60), Assert.Single(Prunes(rig, guest)).Backoff);
    }

    [Fact]
    public void A_full_mesh_takes_in_only_peers_that_we_dialed()
    {
        Rig rig = new();
        rig.Subscribe();
        foreach (Guest guest in rig.ConnectSubscribers(12)) rig.Graft(guest);
        Guest inbound = rig.Connect(), outbound = rig.Connect(outbound: true);
        rig.Graft(inbound);
        rig.Graft(outbound);
        Assert.False(rig.InMesh(inbound));
        Assert.Single(Prunes(rig, inbound));
        Assert.True(rig.InMesh(outbound));
    }

    [Fact]
    public void A_mesh_of_inbound_peers_gets_Dout_outbound_ones_besides()
    {
        Rig rig = new();
        rig.Subscribe();
        foreach (Guest guest in rig.ConnectSubscribers(6)) rig.Graft(guest);
        List<Guest> outbound = rig.ConnectSubscribers(5, outbound: true);
        rig.Beat();
        Assert.Equal(2, outbound.Count(rig.InMesh));
    }

    [Fact]
    public void Pruning_keeps_Dout_outbound_peers_and_the_best_by_score()
    {
        Rig rig = new();
        rig.Subscribe();
        List<Guest> inbound = rig.ConnectSubscribers(11), outbound = rig.ConnectSubscribers(2, outbound: true);
        foreach (Guest guest in inbound.Concat(outbound)) rig.Graft(guest);
        foreach (Guest good in inbound[..4]) rig.Router.SetApplicationScore(good.Id, 5);
        rig.Beat();
        Assert.Equal(6, rig.Router.MeshOf(Rig.Topic).Count);
        Assert.All(outbound, guest => Assert.True(rig.InMesh(guest)));
        Assert.All(inbound[..4], guest => Assert.True(rig.InMesh(guest)));
    }

    [Fact]
    public void A_graft_is_accepted_from_a_peer_that_never_announced_the_topic()
    {
        Rig rig = new();
        rig.Subscribe();
        Guest guest = rig.Connect();
        rig.Graft(guest);
        Assert.True(rig.InMesh(guest));
        Assert.Empty(Prunes(rig, guest));
    }

    [Fact]
    public void A_graft_for_a_topic_that_we_do_not_have_is_not_answered()
    {
        Rig rig = new();
        Guest guest = rig.Connect();
        rig.Graft(guest);
        Assert.Empty(rig.Sent(guest));
    }

    [Fact]
    public void A_peer_with_a_negative_score_is_pruned_and_its_graft_refused()
    {
        Rig rig = new();
        rig.Subscribe();
        Guest guest = rig.Connect();
        rig.Graft(guest);
        rig.Router.SetApplicationScore(guest.Id, -1);
        rig.Beat();
        Assert.False(rig.InMesh(guest));
        Assert.Single(Prunes(rig, guest));

        Guest other = rig.Connect();
        rig.Router.SetApplicationScore(other.Id, -1);
        rig.Graft(other);
        Assert.False(rig.InMesh(other));
    }

    [Fact]
    public void A_pruned_peer_is_not_grafted_until_the_back_off_it_named_has_passed()
    {
        Rig rig = new();
        Guest guest = rig.ConnectSubscribers(1).Single();
        rig.Subscribe();
        rig.Receive(guest, rpc => rpc.Prune.Add(new Prune(Rig.Topic, TimeSpan.FromSeconds(20), [])));
        Assert.False(rig.InMesh(guest));
        rig.Beat(21);
        Assert.False(rig.InMesh(guest));
        rig.Beat(2);
        Assert.True(rig.InMesh(guest));
    }

    [Fact]
    public void A_prune_without_a_back_off_counts_as_a_minute()
    {
        Rig rig = new();
        Guest guest = rig.ConnectSubscribers(1, protocol: Protocol.Gossip10).Single();
        rig.Subscribe();
        rig.Receive(guest, rpc => rpc.Prune.Add(new Prune(Rig.Topic, null, [])));
        rig.Beat(61);
        Assert.False(rig.InMesh(guest));
        rig.Beat(2);
        Assert.True(rig.InMesh(guest));
    }

    [Fact]
    public void An_absurd_back_off_is_cut_to_an_hour()
    {
        byte[] forever = [0x1A, 0x14, 0x22, 0x12, 0x0A, 5, (byte)'t', (byte)'o', (byte)'p', (byte)'i', (byte)'c',
            0x18, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01];
        Assert.Equal(TimeSpan.FromHours(1), Rpc.Decode(forever, out _)!.Prune.Single().Backoff);
    }

    [Fact]
    public void A_graft_within_the_back_off_is_pruned_again_and_costs()
    {
        Rig rig = new();
        rig.Subscribe();
        Guest guest = rig.Connect();
        rig.Router.SetApplicationScore(guest.Id, -1);
        rig.Graft(guest);
        rig.Router.SetApplicationScore(guest.Id, 0);
        rig.ForgetSent();
        for (int i = 0; i < 3; i++) rig.Graft(guest);
        Assert.False(rig.InMesh(guest));
        Assert.Equal(TimeSpan.FromSeconds(60), Prunes(rig, guest)[0].Backoff);
        // Within ten seconds each counts twice: 6 is 2 beyond the threshold.
        Assert.Equal(-10 * 2 * 2, rig.Score(guest), 6);
    }

    [Fact]
    public void A_back_off_outlives_the_connection()
    {
        Rig rig = new();
        rig.Subscribe();
        Guest guest = rig.ConnectSubscribers(1).Single();
        rig.Receive(guest, rpc => rpc.Prune.Add(new Prune(Rig.Topic, TimeSpan.FromSeconds(60), [])));
        rig.Disconnect(guest);
        rig.Connect(guest);
        rig.Receive(guest, rpc => rpc.Subscriptions.Add(new Subscription(Rig.Topic, true)));
        rig.Beat();
        Assert.False(rig.InMesh(guest));
    }

    [Fact]
    public void Leaving_prunes_the_mesh_with_the_short_back_off_and_keeps_it_ourselves()
    {
        Rig rig = new();
        Guest guest = rig.ConnectSubscribers(1).Single();
        rig.Subscribe();
        rig.ForgetSent();
        rig.Unsubscribe();
        Rpc sent = Assert.Single(rig.Sent(guest));
        Assert.Equal([new(Rig.Topic, false)], sent.Subscriptions);
        Assert.Equal(TimeSpan.FromSeconds(10), Assert.Single(sent.Prune).Backoff);

        rig.Subscribe();
        Assert.False(rig.InMesh(guest));
        rig.Wait(TimeSpan.FromSeconds(10) + Slack);
        rig.Beat();
        Assert.True(rig.InMesh(guest));
    }

    [Fact]
    public void A_peer_of_1_0_gets_a_prune_without_back_off_or_peers()
    {
        Rig rig = new(new Parameters { PeerExchange = true });
        rig.Subscribe();
        foreach (Guest other in rig.ConnectSubscribers(12)) rig.Graft(other);
        Guest guest = rig.Connect(Protocol.Gossip10);
        rig.Graft(guest);
        Prune prune = Assert.Single(Prunes(rig, guest));
        Assert.Null(prune.Backoff);
        Assert.Empty(prune.Peers);
    }

    [Fact]
    public void A_peer_that_unsubscribes_leaves_the_mesh_without_a_word()
    {
        Rig rig = new();
        Guest guest = rig.ConnectSubscribers(1).Single();
        rig.Subscribe();
        rig.ForgetSent();
        rig.Receive(guest, rpc => rpc.Subscriptions.Add(new Subscription(Rig.Topic, false)));
        Assert.False(rig.InMesh(guest));
        Assert.Empty(rig.Sent(guest));
    }

    [Fact]
    public void Peers_are_offered_in_a_prune_only_when_exchange_is_on()
    {
        foreach (bool exchange in new[] { false, true })
        {
            Rig rig = new(new Parameters { PeerExchange = exchange });
            rig.Subscribe();
            List<Guest> guests = rig.ConnectSubscribers(12);
            foreach (Guest other in guests) rig.Graft(other);
            rig.Router.SetRecord(guests[0].Id, new byte[] { 1, 2, 3 });
            rig.Router.SetApplicationScore(guests[1].Id, -1);
            Guest guest = rig.Connect();
            rig.Graft(guest);
            Prune prune = Assert.Single(Prunes(rig, guest));
            Assert.Equal(exchange ? 11 : 0, prune.Peers.Count);
            if (!exchange) continue;
            Assert.Equal([1, 2, 3], prune.Peers.Single(peer => peer.Peer.Span.SequenceEqual(guests[0].Id.Bytes)).Record.ToArray());
            Assert.DoesNotContain(prune.Peers, peer => peer.Peer.Span.SequenceEqual(guests[1].Id.Bytes));
        }
    }

    [Fact]
    public void Offered_peers_are_passed_on_only_from_a_well_regarded_peer()
    {
        Rig rig = new(new Parameters { PeerExchange = true });
        rig.Subscribe();
        Guest guest = rig.Connect();
        ExchangedPeer unknown = new(rig.Add().Id.Bytes.ToArray(), new byte[] { 9 }), known = new(guest.Id.Bytes.ToArray(), default), junk = new(new byte[] { 1 }, default);
        Prune prune = new(Rig.Topic, TimeSpan.FromSeconds(1), [unknown, known, junk]);
        rig.Receive(guest, rpc => rpc.Prune.Add(prune));
        Assert.Empty(rig.Others);
        rig.Router.SetApplicationScore(guest.Id, 4);
        rig.Receive(guest, rpc => rpc.Prune.Add(prune));
        Output.Offered offered = Assert.IsType<Output.Offered>(Assert.Single(rig.Others));
        Assert.Equal(unknown.Peer.ToArray(), Assert.Single(offered.Peers).Peer.ToArray());
    }

    [Fact]
    public void A_mediocre_mesh_takes_in_better_peers_once_a_minute()
    {
        Rig rig = new(new Parameters { Score = new ScoreParameters { Topic = new TopicScoreParameters { TimeInMeshWeight = 0 } } });
        rig.Subscribe();
        foreach (Guest guest in rig.ConnectSubscribers(6)) rig.Graft(guest);
        rig.Beat(58);
        List<Guest> better = rig.ConnectSubscribers(5);
        foreach (Guest guest in better) rig.Router.SetApplicationScore(guest.Id, 3);
        rig.Beat();
        Assert.DoesNotContain(better, rig.InMesh);
        rig.Beat();
        Assert.Equal(2, better.Count(rig.InMesh));
    }

    [Fact]
    public void Degrees_that_contradict_each_other_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new Rig(new Parameters { Dout = 4 }));
        Assert.Throws<ArgumentException>(() => new Rig(new Parameters { Dlo = 7 }));
        Assert.Throws<ArgumentException>(() => new Rig(new Parameters { HistoryGossip = 6 }));
        Assert.Throws<ArgumentException>(() => new Rig(new Parameters { Score = new ScoreParameters { GraylistThreshold = -1 } }));
    }
}
