using Vault.Libp2p.Gossipsub;
using Xunit;

namespace Vault.Libp2p.Tests.Gossipsub;

public sealed class DeliveryTests
{
    static (Rig Rig, List<Guest> Mesh) WithMesh(int size = 6, bool validated = false, Parameters? parameters = null)
    {
        Rig rig = new(parameters);
        rig.Subscribe(validated: validated);
        List<Guest> mesh = rig.ConnectSubscribers(size);
        foreach (Guest guest in mesh) rig.Graft(guest);
        rig.ForgetSent();
        return (rig, mesh);
    }

    [Fact]
    public void A_message_is_delivered_once_and_forwarded_to_the_mesh_except_sender_and_author()
    {
        var (rig, mesh) = WithMesh();
        Message message = mesh[1].Sign(Rig.Topic, 1);
        rig.Receive(mesh[0], message);
        rig.Receive(mesh[2], message);
        Assert.Single(rig.Delivered);
        Assert.Equal(1, rig.Router.Counters.Duplicates);
        Assert.Empty(rig.SentMessages(mesh[0]));
        Assert.Empty(rig.SentMessages(mesh[1]));
        foreach (Guest guest in mesh[2..]) Assert.Single(rig.SentMessages(guest));
    }

    [Fact]
    public void A_message_is_not_forwarded_to_peers_outside_the_mesh_but_to_those_of_floodsub()
    {
        var (rig, mesh) = WithMesh(3);
        Guest outside = rig.ConnectSubscribers(1).Single(), flood = rig.ConnectSubscribers(1, protocol: Protocol.Floodsub).Single();
        rig.Receive(mesh[0], mesh[0].Sign(Rig.Topic, 1));
        Assert.Empty(rig.SentMessages(outside));
        Assert.Single(rig.SentMessages(flood));
    }

    [Fact]
    public void Nothing_is_delivered_or_forwarded_before_the_validator_accepts()
    {
        var (rig, mesh) = WithMesh(validated: true);
        rig.Receive(mesh[0], mesh[0].Sign(Rig.Topic, 1));
        Assert.Empty(rig.Delivered);
        Assert.Empty(rig.SentMessages(mesh[1]));
        rig.Judge(Verdict.Accept);
        Assert.Single(rig.Delivered);
        Assert.Single(rig.SentMessages(mesh[1]));
    }

    [Fact]
    public void Who_brought_a_message_while_it_was_judged_does_not_get_it_back()
    {
        var (rig, mesh) = WithMesh(validated: true);
        Message message = mesh[0].Sign(Rig.Topic, 1);
        rig.Receive(mesh[0], message);
        rig.Receive(mesh[1], message);
        rig.Judge(Verdict.Accept);
        Assert.Empty(rig.SentMessages(mesh[1]));
        Assert.Single(rig.SentMessages(mesh[2]));
    }

    [Fact]
    public void A_rejected_message_costs_everyone_who_brought_it_and_goes_nowhere()
    {
        var (rig, mesh) = WithMesh(validated: true);
        Message message = mesh[0].Sign(Rig.Topic, 1);
        rig.Receive(mesh[0], message);
        rig.Receive(mesh[1], message);
        rig.Judge(Verdict.Reject);
        rig.Receive(mesh[2], message);
        Assert.All(mesh[..3], guest => Assert.Equal(-10, rig.Score(guest), 6));
        Assert.Equal(0, rig.Score(mesh[3]));
        Assert.Empty(rig.Delivered);
        Assert.Empty(rig.SentMessages(mesh[3]));
    }

    [Fact]
    public void An_ignored_message_costs_nobody_and_goes_nowhere()
    {
        var (rig, mesh) = WithMesh(validated: true);
        Message message = mesh[0].Sign(Rig.Topic, 1);
        rig.Receive(mesh[0], message);
        rig.Judge(Verdict.Ignore);
        rig.Receive(mesh[1], message);
        Assert.All(mesh, guest => Assert.Equal(0, rig.Score(guest)));
        Assert.Empty(rig.Delivered);
        Assert.Empty(rig.ToJudge);
        Assert.Empty(rig.SentMessages(mesh[2]));
    }

    [Fact]
    public void A_verdict_that_comes_too_late_or_twice_changes_nothing()
    {
        var (rig, mesh) = WithMesh(validated: true);
        rig.Receive(mesh[0], mesh[0].Sign(Rig.Topic, 1));
        MessageId id = rig.ToJudge.Single().Id;
        rig.Beat(30);
        rig.Router.Judge(id, Verdict.Accept, rig.Now);
        rig.Router.Judge(id, Verdict.Reject, rig.Now);
        rig.Pump();
        Assert.Empty(rig.Delivered);
        Assert.True(rig.Score(mesh[0]) > 0);
    }

    [Fact]
    public void A_verdict_after_leaving_the_topic_delivers_nothing()
    {
        var (rig, mesh) = WithMesh(validated: true);
        rig.Receive(mesh[0], mesh[0].Sign(Rig.Topic, 1));
        rig.Unsubscribe();
        rig.Judge(Verdict.Accept);
        Assert.Empty(rig.Delivered);
    }

    [Fact]
    public void Unjudged_messages_are_bounded_and_the_surplus_may_come_again()
    {
        var (rig, mesh) = WithMesh(validated: true);
        List<Message> messages = [.. Enumerable.Range(0, Limits.PendingMessages + 10).Select(i => mesh[0].Sign(Rig.Topic, (byte)i, (byte)(i >> 8)))];
        rig.Receive(mesh[0], [.. messages]);
        Assert.Equal(Limits.PendingMessages, rig.ToJudge.Count);
        rig.Judge(Verdict.Accept);
        rig.Receive(mesh[1], messages[^1]);
        Assert.Single(rig.ToJudge);
        Assert.True(rig.Score(mesh[0]) >= 0);
    }

    [Fact]
    public void A_promise_counts_as_kept_when_there_is_no_room_to_judge_the_message()
    {
        var (rig, mesh) = WithMesh(validated: true);
        rig.Receive(mesh[0], [.. Enumerable.Range(0, Limits.PendingMessages).Select(i => mesh[0].Sign(Rig.Topic, (byte)i, (byte)(i >> 8)))]);
        Message message = mesh[1].Sign(Rig.Topic, 1);
        rig.Receive(mesh[1], rpc => rpc.IHave.Add(new IHave(Rig.Topic, [MessageId.FromAuthorAndSeqno(message)])));
        rig.Receive(mesh[1], message);
        rig.Beat(4);
        Assert.Equal(0, rig.Router.Counters.BrokenPromises);
    }

    [Fact]
    public void A_message_under_judgement_is_judged_once_even_if_a_flood_makes_us_forget_having_seen_it()
    {
        var (rig, mesh) = WithMesh(validated: true, parameters: new Parameters { SeenTtl = TimeSpan.FromSeconds(1) });
        Message message = mesh[0].Sign(Rig.Topic, 1);
        rig.Receive(mesh[0], message);
        rig.Beat(2);
        rig.Receive(mesh[1], message);
        Assert.Single(rig.ToJudge);
        rig.Judge(Verdict.Accept);
        Assert.Single(rig.Delivered);
    }

    [Fact]
    public void An_own_message_floods_to_every_peer_of_the_topic_in_the_mesh_or_not()
    {
        var (rig, mesh) = WithMesh(6);
        List<Guest> others = rig.ConnectSubscribers(10);
        Guest stranger = rig.Connect(), shunned = rig.ConnectSubscribers(1).Single();
        rig.Router.SetApplicationScore(shunned.Id, -51);
        Assert.Equal(16, rig.Publish(1).Recipients);
        Assert.All(mesh.Concat(others), guest => Assert.Single(rig.SentMessages(guest)));
        Assert.Empty(rig.SentMessages(stranger));
        Assert.Empty(rig.SentMessages(shunned));
        Assert.Empty(rig.Delivered);
    }

    [Fact]
    public void Without_flooding_an_own_message_goes_to_the_mesh()
    {
        var (rig, mesh) = WithMesh(5, parameters: new Parameters { FloodPublish = false });
        rig.ConnectSubscribers(10);
        Assert.Equal(5, rig.Publish(1).Recipients);
        Assert.All(mesh, guest => Assert.Single(rig.SentMessages(guest)));
    }

    [Fact]
    public void Publishing_without_subscribing_keeps_the_same_fanout_for_a_minute()
    {
        Rig rig = new(new Parameters { FloodPublish = false });
        List<Guest> guests = rig.ConnectSubscribers(20);
        Assert.Equal(6, rig.Publish(1).Recipients);
        List<Guest> first = guests.FindAll(guest => rig.SentMessages(guest).Count > 0);
        rig.Beat(10);
        rig.ForgetSent();
        rig.Publish(2);
        Assert.Equal(first, guests.FindAll(guest => rig.SentMessages(guest).Count > 0));
        rig.Beat(60);
        rig.Publish(3);
        Assert.NotEqual(first, guests.FindAll(guest => rig.SentMessages(guest).Count > 0));
    }

    [Fact]
    public void Joining_takes_the_fanout_into_the_mesh_first()
    {
        Rig rig = new(new Parameters { FloodPublish = false });
        List<Guest> guests = rig.ConnectSubscribers(20);
        rig.Publish(1);
        List<Guest> fanout = guests.FindAll(guest => rig.SentMessages(guest).Count > 0);
        rig.Subscribe();
        Assert.Equal(fanout, guests.FindAll(rig.InMesh));
    }

    [Fact]
    public void Publishing_to_nobody_says_so()
    {
        Rig rig = new();
        Assert.Equal(0, rig.Publish(1).Recipients);
    }

    [Fact]
    public void Sequence_numbers_rise_by_one()
    {
        var (rig, mesh) = WithMesh(1);
        rig.Publish(1);
        rig.Publish(2);
        List<Message> sent = rig.SentMessages(mesh[0]);
        Assert.Equal(["0000000000000001", "0000000000000002"], sent.Select(message => Convert.ToHexString(message.Seqno.Span)));
    }

    [Fact]
    public void A_message_for_a_topic_that_we_do_not_have_is_ignored_at_no_cost()
    {
        var (rig, mesh) = WithMesh();
        rig.Receive(mesh[0], mesh[0].Sign("other", 1));
        Assert.Empty(rig.Delivered);
        Assert.Equal(0, rig.Score(mesh[0]));
    }

    [Fact]
    public void An_own_message_that_comes_back_is_neither_delivered_nor_charged()
    {
        Rig first = new(seed: 7), again = new(seed: 7); // the same key, as after a restart
        first.Subscribe();
        Guest guest = first.ConnectSubscribers(1).Single();
        first.Publish(1);
        Message own = first.SentMessages(guest).Single();
        again.Subscribe();
        Guest relay = again.Connect();
        again.Receive(relay, own);
        Assert.Empty(again.Delivered);
        Assert.Equal(0, again.Score(relay));
    }

    [Fact]
    public void A_forgery_does_not_suppress_the_message_it_imitates()
    {
        var (rig, mesh) = WithMesh();
        Message genuine = mesh[0].Sign(Rig.Topic, 1);
        Rpc rpc = new();
        rpc.Messages.Add(genuine);
        byte[] forged = rpc.Encode();
        forged[^1] ^= 1;
        rig.Receive(mesh[1], forged);
        Assert.True(rig.Score(mesh[1]) < 0);
        rig.Receive(mesh[0], genuine);
        Assert.Single(rig.Delivered);
    }

    [Fact]
    public void A_message_may_return_after_the_seen_time_and_not_before()
    {
        var (rig, mesh) = WithMesh();
        Message message = mesh[0].Sign(Rig.Topic, 1);
        rig.Receive(mesh[0], message);
        rig.Beat(119);
        rig.Receive(mesh[0], message);
        Assert.Single(rig.Delivered);
        rig.Beat(2);
        rig.Receive(mesh[0], message);
        Assert.Equal(2, rig.Delivered.Count);
    }

    [Fact]
    public void The_message_id_function_decides_what_counts_as_the_same()
    {
        var (rig, mesh) = WithMesh(parameters: new Parameters { IdOf = MessageId.FromData });
        rig.Receive(mesh[0], mesh[0].Sign(Rig.Topic, 7));
        rig.Receive(mesh[1], mesh[1].Sign(Rig.Topic, 7));
        Assert.Single(rig.Delivered);
    }

    [Fact]
    public void A_message_larger_than_a_frame_is_the_callers_mistake()
    {
        Rig rig = new();
        Assert.Throws<ArgumentException>(() => rig.Publish(new byte[Limits.RpcSize]));
    }

    [Fact]
    public void The_largest_message_allowed_travels()
    {
        var (rig, mesh) = WithMesh(2);
        rig.Publish(new byte[Limits.MessageSize - 256 - Rig.Topic.Length]);
        Rig other = new(seed: 2);
        other.Subscribe();
        other.Receive(other.Connect(), Assert.Single(mesh[0].Inbox));
        Assert.Single(other.Delivered);
    }
}
