using Vault.Libp2p.Gossipsub;
using Vault.Primitives;
using Xunit;

namespace Vault.Libp2p.Tests.Gossipsub;

/// <summary>A peer outside a topic's filter must not learn that the topic exists here, whatever it says and whatever happens.</summary>
public sealed class FilterTests
{
    readonly Rig rig = new(new Parameters { PeerExchange = true });
    readonly HashSet<PeerId> admitted = [];

    Guest Insider(bool subscribed = true)
    {
        Guest guest = rig.Add();
        admitted.Add(guest.Id);
        return Enter(guest, subscribed);
    }

    Guest Outsider(Protocol protocol = Protocol.Gossip12) => Enter(rig.Add(), true, protocol);

    Guest Enter(Guest guest, bool subscribed, Protocol protocol = Protocol.Gossip12)
    {
        rig.Connect(guest, protocol);
        if (subscribed) rig.Receive(guest, rpc => rpc.Subscriptions.Add(new Subscription(Rig.Topic, true)));
        return guest;
    }

    void Open()
    {
        rig.SetFilter(admitted.Contains);
        rig.Subscribe();
    }

    /// <summary>The admitted as they are now: a filter is a snapshot.</summary>
    void Refilter()
    {
        HashSet<PeerId> now = [.. admitted];
        rig.SetFilter(now.Contains);
    }

    [Fact]
    public void An_outsider_is_never_told_grafted_forwarded_or_gossiped_to()
    {
        Guest outsider = Outsider(), flood = Outsider(Protocol.Floodsub), late;
        Guest insider = Insider();
        Open();
        late = Outsider();
        rig.Publish(1);
        rig.Receive(insider, insider.Sign(Rig.Topic, new byte[3000]));
        rig.Beat(5);
        rig.Unsubscribe();
        Assert.All([outsider, flood, late], guest => Assert.Empty(guest.Inbox));
        Assert.NotEmpty(rig.SentMessages(insider));
    }

    [Fact]
    public void An_outsiders_graft_is_not_answered_and_costs()
    {
        Open();
        Guest outsider = Outsider();
        for (int i = 0; i < 6; i++) rig.Graft(outsider);
        Assert.False(rig.InMesh(outsider));
        Assert.Empty(outsider.Inbox);
        Assert.True(rig.Score(outsider) < 0);
    }

    [Fact]
    public void An_outsiders_messages_are_ignored_and_cost()
    {
        Open();
        Guest insider = Insider(), outsider = Outsider();
        for (byte i = 0; i < 6; i++) rig.Receive(outsider, outsider.Sign(Rig.Topic, i), insider.Sign(Rig.Topic, i));
        Assert.Empty(rig.Delivered);
        Assert.True(rig.Score(outsider) < rig.Parameters.Score.GraylistThreshold);
    }

    [Fact]
    public void A_message_by_an_outsider_is_ignored_when_an_insider_relays_it_and_costs_the_insider_nothing()
    {
        Open();
        Guest insider = Insider(), outsider = rig.Add();
        Message message = outsider.Sign(Rig.Topic, 1);
        rig.Receive(insider, message);
        Assert.Empty(rig.Delivered);
        Assert.Equal(0, rig.Score(insider));

        admitted.Add(outsider.Id);
        Refilter();
        rig.Receive(insider, message);
        Assert.Single(rig.Delivered);
    }

    [Fact]
    public void An_outsider_that_asks_by_id_gets_nothing_and_what_it_advertises_is_not_asked_for()
    {
        Open();
        Guest insider = Insider(), outsider = Outsider();
        Message message = insider.Sign(Rig.Topic, 1);
        rig.Receive(insider, message);
        rig.Receive(outsider, rpc => rpc.IWant.Add(MessageId.FromAuthorAndSeqno(message)));
        rig.Receive(outsider, rpc => rpc.IHave.Add(new IHave(Rig.Topic, [new MessageId([1])])));
        Assert.Empty(outsider.Inbox);
    }

    [Fact]
    public void An_outsider_is_not_offered_in_peer_exchange_and_an_offered_outsider_not_taken()
    {
        Guest outsider = Outsider();
        List<Guest> mesh = [.. Enumerable.Range(0, 12).Select(_ => Insider())];
        Open();
        foreach (Guest guest in mesh) rig.Graft(guest);
        rig.ForgetSent();
        Guest one = Insider();
        rig.Graft(one);
        Prune prune = rig.Sent(one).SelectMany(rpc => rpc.Prune).Single();
        Assert.Equal(12, prune.Peers.Count);
        Assert.DoesNotContain(prune.Peers, peer => peer.Peer.Span.SequenceEqual(outsider.Id.Bytes));

        rig.Router.SetApplicationScore(one.Id, 10);
        rig.Receive(one, rpc => rpc.Prune.Add(new Prune(Rig.Topic, null, [new ExchangedPeer(rig.Add().Id.Bytes.ToArray(), default)])));
        Assert.Empty(rig.Others);
    }

    [Fact]
    public void Who_is_admitted_later_is_told_then_and_can_be_grafted()
    {
        Guest guest = Outsider();
        Open();
        admitted.Add(guest.Id);
        Refilter();
        Assert.Equal([new(Rig.Topic, true)], rig.Sent(guest).SelectMany(rpc => rpc.Subscriptions));
        rig.Beat();
        Assert.True(rig.InMesh(guest));
    }

    [Fact]
    public void Who_is_excluded_while_in_the_mesh_is_pruned_told_that_we_left_and_hears_no_more()
    {
        Guest guest = Insider(), other = Insider();
        Open();
        Assert.True(rig.InMesh(guest));
        rig.ForgetSent();
        admitted.Remove(guest.Id);
        Refilter();
        Rpc last = Assert.Single(rig.Sent(guest));
        Assert.Equal([new(Rig.Topic, false)], last.Subscriptions);
        Assert.Empty(Assert.Single(last.Prune).Peers);
        rig.Receive(other, other.Sign(Rig.Topic, 1));
        rig.Publish(2);
        rig.Beat(5);
        Assert.Empty(guest.Inbox);
        Assert.False(rig.InMesh(guest));
    }

    [Fact]
    public void A_filter_on_one_topic_leaves_the_others_open()
    {
        Guest guest = Outsider();
        Open();
        rig.Subscribe("open");
        Assert.Equal([new("open", true)], rig.Sent(guest).SelectMany(rpc => rpc.Subscriptions));
    }
}
