using Vault.Libp2p.Gossipsub;
using Xunit;

namespace Vault.Libp2p.Tests.Gossipsub;

public sealed class GossipTests
{
    static readonly byte[] Large = new byte[2000];

    /// <summary>One mesh peer is enough, so that the others stay outside.</summary>
    static readonly Parameters NoGrafting = new() { D = 1, Dlo = 1, Dout = 0, Dscore = 1 };

    static MessageId IdOf(Message message) => MessageId.FromAuthorAndSeqno(message);

    static List<MessageId> Advertised(Rig rig, Guest to) => [.. rig.Sent(to).SelectMany(rpc => rpc.IHave).SelectMany(have => have.Ids)];

    static List<MessageId> Asked(Rig rig, Guest from) => [.. rig.Sent(from).SelectMany(rpc => rpc.IWant)];

    static void Advertise(Rig rig, Guest from, params MessageId[] ids) => rig.Receive(from, rpc => rpc.IHave.Add(new IHave(Rig.Topic, ids)));

    static void Ask(Rig rig, Guest from, params MessageId[] ids) => rig.Receive(from, rpc => rpc.IWant.AddRange(ids));

    /// <summary>A router with one mesh peer and others of the topic outside the mesh.</summary>
    static (Rig Rig, Guest Member, List<Guest> Others) Make(int others, Parameters parameters)
    {
        Rig rig = new(parameters);
        rig.Subscribe();
        Guest member = rig.Connect();
        rig.Graft(member);
        List<Guest> rest = rig.ConnectSubscribers(others);
        rig.ForgetSent();
        return (rig, member, rest);
    }

    [Fact]
    public void A_message_is_advertised_in_three_heartbeats_to_Dlazy_peers_outside_the_mesh()
    {
        var (rig, member, others) = Make(10, NoGrafting);
        Message message = member.Sign(Rig.Topic, 1);
        rig.Receive(member, message);
        for (int beat = 0; beat < 5; beat++)
        {
            rig.Beat();
            int told = others.Count(guest => Advertised(rig, guest).Contains(IdOf(message)));
            Assert.Equal(beat < 3 ? 6 : 0, told);
            Assert.Empty(Advertised(rig, member));
        }
    }

    [Fact]
    public void Mesh_peers_are_told_of_what_they_have_not_shown_to_have_unless_that_is_off()
    {
        foreach (bool on in new[] { true, false })
        {
            var (rig, member, others) = Make(2, NoGrafting with { AdvertiseToMesh = on });
            Guest silent = others[0], talkative = others[1];
            rig.Graft(silent);
            rig.Graft(talkative);
            rig.Beat();
            Message message = member.Sign(Rig.Topic, 1);
            rig.Receive(member, message);
            rig.Receive(talkative, message);
            rig.ForgetSent();
            for (int beat = 0; beat < 5; beat++)
            {
                rig.Beat();
                Assert.Equal(on && beat < 3 ? [IdOf(message)] : [], Advertised(rig, silent));
                Assert.Empty(Advertised(rig, member));
                Assert.Empty(Advertised(rig, talkative));
            }
        }
    }

    [Fact]
    public void Whoever_advertises_a_message_has_it_and_is_not_told()
    {
        var (rig, member, others) = Make(1, NoGrafting);
        rig.Graft(others[0]);
        rig.Beat();
        Message message = member.Sign(Rig.Topic, 1);
        rig.Receive(member, message);
        Advertise(rig, others[0], IdOf(message));
        rig.ForgetSent();
        rig.Beat();
        Assert.Empty(Advertised(rig, others[0]));
    }

    [Fact]
    public void A_peer_that_joins_the_mesh_is_told_what_came_before_but_not_what_came_before_it()
    {
        var (rig, member, others) = Make(1, NoGrafting with { Dlazy = 0, GossipFactor = 0 });
        rig.Beat();
        Message message = member.Sign(Rig.Topic, 1);
        rig.Receive(member, message);
        rig.Beat();
        Assert.Empty(Advertised(rig, others[0]));
        rig.Graft(others[0]);
        Guest newcomer = rig.ConnectSubscribers(1).Single();
        rig.Graft(newcomer);
        rig.Beat();
        Assert.Equal([IdOf(message)], Advertised(rig, others[0]));
        Assert.Empty(Advertised(rig, newcomer));
    }

    [Fact]
    public void With_many_peers_a_quarter_of_them_is_gossiped_to()
    {
        var (rig, member, others) = Make(80, NoGrafting);
        rig.Receive(member, member.Sign(Rig.Topic, 1));
        rig.Beat();
        Assert.Equal(20, others.Count(guest => Advertised(rig, guest).Count > 0));
    }

    [Fact]
    public void Peers_below_the_gossip_threshold_are_neither_told_nor_heard()
    {
        var (rig, member, others) = Make(1, NoGrafting);
        rig.Router.SetApplicationScore(others[0].Id, -11);
        Message message = member.Sign(Rig.Topic, 1);
        rig.Receive(member, message);
        rig.Beat();
        Assert.Empty(Advertised(rig, others[0]));
        Ask(rig, others[0], IdOf(message));
        Advertise(rig, others[0], new MessageId([1]));
        Assert.Empty(rig.Sent(others[0]));
    }

    [Fact]
    public void An_advertised_message_that_we_lack_is_asked_for_and_a_known_one_is_not()
    {
        var (rig, member, others) = Make(1, NoGrafting);
        Message known = member.Sign(Rig.Topic, 1), unknown = member.Sign(Rig.Topic, 2);
        rig.Receive(member, known);
        Advertise(rig, others[0], IdOf(known), IdOf(unknown));
        Assert.Equal([IdOf(unknown)], Asked(rig, others[0]));
        rig.Receive(others[0], unknown);
        Assert.Equal(2, rig.Delivered.Count);
    }

    [Fact]
    public void Gossip_about_a_topic_that_we_do_not_have_is_ignored()
    {
        var (rig, _, others) = Make(1, NoGrafting);
        rig.Receive(others[0], rpc => rpc.IHave.Add(new IHave("other", [new MessageId([1])])));
        Assert.Empty(rig.Sent(others[0]));
    }

    [Fact]
    public void What_is_asked_for_is_sent_while_it_is_in_the_last_five_windows()
    {
        var (rig, member, others) = Make(1, NoGrafting);
        Message message = member.Sign(Rig.Topic, 1);
        rig.Receive(member, message);
        rig.Beat(4);
        rig.ForgetSent();
        Ask(rig, others[0], IdOf(message));
        Assert.Single(rig.SentMessages(others[0]));
        rig.Beat();
        Ask(rig, others[0], IdOf(message));
        Assert.Empty(rig.SentMessages(others[0]));
    }

    [Fact]
    public void A_peer_gets_a_message_by_asking_three_times_and_pays_for_insisting()
    {
        var (rig, member, others) = Make(1, NoGrafting);
        Message message = member.Sign(Rig.Topic, 1);
        rig.Receive(member, message);
        for (int i = 0; i < 3 + 20; i++) Ask(rig, others[0], IdOf(message));
        Assert.Equal(3, rig.SentMessages(others[0]).Count);
        // Six times too often is two beyond the threshold; from there on it isn't heard.
        Assert.Equal(-10 * 2 * 2, rig.Score(others[0]), 6);
    }

    [Fact]
    public void A_promise_that_is_not_kept_in_three_seconds_counts_against_the_peer()
    {
        var (rig, _, others) = Make(2, NoGrafting);
        for (byte i = 0; i < 8; i++) Advertise(rig, others[0], new MessageId([i]));
        Advertise(rig, others[1], new MessageId([99]));
        rig.Beat(2);
        Assert.Equal(0, rig.Router.Counters.BrokenPromises);
        rig.Beat();
        Assert.Equal(9, rig.Router.Counters.BrokenPromises);
        Assert.True(rig.Score(others[0]) < rig.Parameters.Score.GraylistThreshold);
        Assert.Equal(0, rig.Score(others[1]));
    }

    [Fact]
    public void A_promise_is_kept_by_whoever_brings_the_message_but_not_by_a_forgery()
    {
        var (rig, member, others) = Make(1, NoGrafting);
        Message message = member.Sign(Rig.Topic, 1), second = member.Sign(Rig.Topic, 2);
        Advertise(rig, others[0], IdOf(message));
        rig.Receive(member, message);
        rig.Beat(4);
        Assert.Equal(0, rig.Router.Counters.BrokenPromises);

        Advertise(rig, others[0], IdOf(second));
        Rpc rpc = new();
        rpc.Messages.Add(second);
        byte[] forged = rpc.Encode();
        forged[^1] ^= 1;
        rig.Receive(others[0], forged);
        rig.Beat(4);
        Assert.Equal(1, rig.Router.Counters.BrokenPromises);
    }

    [Fact]
    public void A_large_message_is_declined_at_the_mesh_before_it_is_even_judged()
    {
        Rig rig = new();
        rig.Subscribe(validated: true);
        Guest from = rig.Connect(), knowing = rig.Connect(), old = rig.Connect(Protocol.Gossip11), outside = rig.ConnectSubscribers(1).Single();
        foreach (Guest guest in new[] { from, knowing, old }) rig.Graft(guest);
        rig.ForgetSent();
        Message message = from.Sign(Rig.Topic, Large);
        rig.Receive(from, message);
        Assert.Equal([IdOf(message)], Assert.Single(rig.Sent(knowing)).IDontWant);
        Assert.Empty(rig.Sent(from));
        Assert.Empty(rig.Sent(old));
        Assert.Empty(rig.Sent(outside));
    }

    [Fact]
    public void A_small_message_is_not_worth_declining()
    {
        var (rig, member, _) = Make(0, NoGrafting);
        Guest other = rig.Connect();
        rig.Graft(other);
        rig.Receive(member, member.Sign(Rig.Topic, 1));
        Assert.DoesNotContain(rig.Sent(other), rpc => rpc.IDontWant.Count > 0);
    }

    [Fact]
    public void A_declined_message_is_not_sent_for_three_heartbeats()
    {
        var (rig, member, _) = Make(0, NoGrafting);
        Guest other = rig.Connect();
        rig.Graft(other);
        rig.ForgetSent();
        List<Message> messages = [member.Sign(Rig.Topic, 1), member.Sign(Rig.Topic, 2)];
        rig.Receive(other, rpc => rpc.IDontWant.AddRange(messages.Select(IdOf)));
        rig.Receive(member, messages[0]);
        Assert.Empty(rig.SentMessages(other));
        rig.Beat(3);
        rig.Receive(member, messages[1]);
        Assert.Single(rig.SentMessages(other));
    }

    [Fact]
    public void Declining_takes_a_message_out_of_the_queue()
    {
        var (rig, member, _) = Make(0, NoGrafting);
        Guest other = rig.Connect();
        rig.Graft(other);
        rig.ForgetSent();
        rig.Reads = false;
        Message message = member.Sign(Rig.Topic, 1);
        rig.Receive(member, message);
        rig.Receive(other, rpc => rpc.IDontWant.Add(IdOf(message)));
        rig.Drain(other.Id);
        Assert.Empty(rig.SentMessages(other));
    }
}
