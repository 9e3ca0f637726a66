using Vault.Libp2p.Gossipsub;
using Xunit;

namespace Vault.Libp2p.Tests.Gossipsub;

/// <summary>Peers that read slowly or not at all.</summary>
public sealed class BackpressureTests
{
    static (Rig Rig, Guest Author, Guest Slow) Make()
    {
        Rig rig = new(new Parameters { D = 1, Dlo = 1, Dout = 0, Dscore = 1 });
        rig.Subscribe();
        Guest author = rig.Connect(), slow = rig.Connect();
        rig.Graft(author);
        rig.Graft(slow);
        rig.ForgetSent();
        rig.Reads = false;
        return (rig, author, slow);
    }

    static void Publish(Rig rig, Guest author, int count, int size)
    {
        for (int i = 0; i < count; i++) rig.Receive(author, author.Sign(Rig.Topic, new byte[size]));
    }

    [Fact]
    public void What_waits_for_a_peer_is_bounded_in_count()
    {
        var (rig, author, slow) = Make();
        Publish(rig, author, Limits.QueuedMessages + 50, 10);
        Assert.Equal(50, rig.Router.Counters.Dropped);
        rig.Drain(slow.Id);
        Assert.Equal(Limits.QueuedMessages, rig.SentMessages(slow).Count);
    }

    [Fact]
    public void What_waits_for_a_peer_is_bounded_in_bytes()
    {
        var (rig, author, slow) = Make();
        Publish(rig, author, 10, 900_000);
        rig.Drain(slow.Id);
        Assert.Equal(4, rig.SentMessages(slow).Count);
    }

    [Fact]
    public void Gossip_is_dropped_before_messages_and_grafts_and_announcements_never()
    {
        var (rig, author, slow) = Make();
        Guest lazy = rig.ConnectSubscribers(1).Single();
        rig.Drain(lazy.Id);
        rig.Drain(slow.Id);
        rig.ForgetSent();
        Publish(rig, author, 1, 10);
        rig.Beat();
        for (int i = 0; i < Limits.QueuedMessages / 2 + 2; i++) rig.Publish(1, 2, 3);
        rig.Beat();
        rig.Subscribe("another");
        rig.Unsubscribe();
        rig.Drain(lazy.Id);
        List<Rpc> sent = rig.Sent(lazy);
        Assert.DoesNotContain(sent, rpc => rpc.IHave.Count > 0);
        Assert.Equal(Limits.QueuedMessages / 2 + 2, sent.Sum(rpc => rpc.Messages.Count));
        Assert.Equal([new(Rig.Topic, false), new("another", true)], sent[0].Subscriptions.OrderByDescending(s => s.Topic));
    }

    [Fact]
    public void Announcements_and_mesh_changes_coalesce_to_the_last_word()
    {
        var (rig, _, slow) = Make();
        for (int i = 0; i < 100; i++)
        {
            rig.Unsubscribe();
            rig.Subscribe();
        }
        rig.Drain(slow.Id);
        Rpc sent = Assert.Single(rig.Sent(slow));
        Assert.Equal([new(Rig.Topic, true)], sent.Subscriptions);
        Assert.Single(sent.Prune);
    }

    [Fact]
    public void Frames_are_small_and_what_steers_the_mesh_comes_first()
    {
        var (rig, author, slow) = Make();
        Publish(rig, author, 100, 5000);
        rig.Unsubscribe();
        rig.Drain(slow.Id);
        Assert.All(slow.Inbox, frame => Assert.True(frame.Length <= Limits.FrameTarget + 6000));
        Assert.Single(rig.Sent(slow)[0].Prune);
    }

    [Fact]
    public void A_peer_that_takes_nothing_for_a_minute_is_given_up()
    {
        var (rig, author, slow) = Make();
        Publish(rig, author, 1, 10);
        rig.Beat(30);
        rig.Router.TakeFrame(slow.Id, rig.Now);
        rig.Beat(59);
        Assert.DoesNotContain(rig.Others, output => output is Output.Disconnect d && d.Peer == slow.Id);
        Publish(rig, author, 1, 10);
        rig.Beat(60);
        Assert.Contains(rig.Others, output => output is Output.Disconnect d && d.Peer == slow.Id);
    }
}
