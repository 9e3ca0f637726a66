using Vault.Libp2p.Gossipsub;
using Vault.Primitives;
using Xunit;

namespace Vault.Libp2p.Tests.Gossipsub;

/// <summary>Peers that mean harm: what they can make grow stays bounded, and they pay.</summary>
public sealed class HostileTests
{
    readonly Rig rig = new();

    static byte[] Noise(int seed, int length = 46)
    {
        byte[] bytes = new byte[length];
        RandomSource.Seeded((ulong)seed).Fill(bytes);
        return bytes;
    }

    static List<MessageId> Invented(int count, int seed = 0) => [.. Enumerable.Range(0, count).Select(i => new MessageId(Noise(seed * 100_000 + i)))];

    bool IsGraylisted(Guest guest) => rig.Score(guest) < rig.Parameters.Score.GraylistThreshold;

    [Fact]
    public void Three_messages_with_a_bad_signature_end_the_hearing()
    {
        rig.Subscribe();
        Guest guest = rig.Connect();
        for (byte i = 0; i < 50; i++)
        {
            Rpc rpc = new();
            rpc.Messages.Add(guest.Sign(Rig.Topic, i));
            byte[] frame = rpc.Encode();
            frame[^1] ^= 1;
            rig.Receive(guest, frame);
        }
        Assert.True(IsGraylisted(guest));
        Assert.Equal(3, rig.Router.Counters.Invalid);
    }

    [Fact]
    public void Messages_without_author_or_number_or_signature_are_invalid()
    {
        rig.Subscribe();
        byte[] topic = [0x22, 5, .. "topic"u8];
        Guest one = rig.Connect();
        rig.Receive(one, [0x12, 7, .. topic]);
        rig.Receive(one, [0x12, 11, 0x0A, 2, 1, 2, .. topic]);
        rig.Receive(one, [0x12, 17, 0x1A, 8, 1, 2, 3, 4, 5, 6, 7, 8, .. topic]);
        Assert.Equal(3, rig.Router.Counters.Invalid);
        Assert.Empty(rig.Delivered);
    }

    [Fact]
    public void A_frame_of_nonsense_ends_the_connection_with_a_reason()
    {
        Guest guest = rig.Connect();
        rig.Receive(guest, [0xFF, 0xFF]);
        rig.Receive(guest, [0xFF, 0xFF]);
        Output.Disconnect output = Assert.IsType<Output.Disconnect>(Assert.Single(rig.Others));
        Assert.Equal((guest.Id, "Its RPC is Malformed."), (output.Peer, output.Reason));
    }

    [Fact]
    public void Who_comes_back_with_nonsense_is_not_heard_the_fourth_time()
    {
        Guest guest = rig.Add();
        for (int i = 0; i < 3; i++)
        {
            rig.Connect(guest);
            rig.Receive(guest, [0xFF, 0xFF]);
            rig.Disconnect(guest);
        }
        rig.Connect(guest);
        Assert.True(IsGraylisted(guest));
    }

    [Fact]
    public void Oversized_control_lists_end_the_connection()
    {
        Action<Rpc>[] floods =
        [
            rpc => rpc.IWant.AddRange(Invented(Limits.IdsPerRpc + 1)),
            rpc => rpc.IDontWant.AddRange(Invented(Limits.IdsPerRpc + 1)),
            rpc => rpc.IHave.Add(new IHave(Rig.Topic, Invented(Limits.IdsPerRpc + 1))),
            rpc => rpc.IHave.AddRange(Enumerable.Repeat(new IHave("", []), Limits.ControlsPerRpc + 1)),
            rpc => rpc.Graft.AddRange(Enumerable.Repeat("", Limits.ControlsPerRpc + 1)),
            rpc => rpc.Prune.AddRange(Enumerable.Repeat(new Prune("", null, []), Limits.ControlsPerRpc + 1)),
            rpc => rpc.Prune.Add(new Prune("", null, [.. Enumerable.Repeat(new ExchangedPeer(new byte[2], default), Limits.ExchangedPeers + 1)])),
            rpc => rpc.Subscriptions.AddRange(Enumerable.Repeat(new Subscription("", true), Limits.TopicsPerPeer + 1)),
        ];
        foreach (Action<Rpc> flood in floods) rig.Receive(rig.Connect(), flood);
        Assert.Equal(floods.Length, rig.Others.Count);
        Assert.All(rig.Others, output => Assert.Equal("Its RPC is TooMany.", Assert.IsType<Output.Disconnect>(output).Reason));
    }

    [Fact]
    public void A_frame_beyond_the_limit_ends_the_connection_unread()
    {
        rig.Receive(rig.Connect(), new byte[Limits.RpcSize + 1]);
        Assert.Equal("Its RPC is TooLarge.", Assert.IsType<Output.Disconnect>(Assert.Single(rig.Others)).Reason);
    }

    [Fact]
    public void Announcing_topics_without_end_fills_no_memory()
    {
        Guest guest = rig.Connect();
        for (int i = 0; i < 3 * Limits.TopicsPerPeer; i++) rig.Receive(guest, rpc => rpc.Subscriptions.Add(new Subscription($"topic {i}", true)));
        Assert.NotEmpty(rig.Router.PeersOf($"topic {Limits.TopicsPerPeer - 1}"));
        Assert.Empty(rig.Router.PeersOf($"topic {Limits.TopicsPerPeer}"));
    }

    [Fact]
    public void Of_an_IHAVE_flood_only_so_much_is_asked_and_broken_promises_end_it()
    {
        rig.Subscribe();
        Guest guest = rig.Connect();
        for (int beat = 0; beat < 5; beat++)
        {
            for (int i = 0; i < 20; i++) rig.Receive(guest, rpc => rpc.IHave.Add(new IHave(Rig.Topic, Invented(900, 20 * beat + i))));
            int asked = rig.Sent(guest).Sum(rpc => rpc.IWant.Count);
            Assert.Equal(beat < 3 ? rig.Parameters.MaxIHaveLength : 0, asked);
            rig.Beat();
        }
        Assert.True(IsGraylisted(guest));
    }

    [Fact]
    public void Asking_for_what_never_was_without_end_is_not_heard_for_long()
    {
        rig.Subscribe();
        Guest guest = rig.Connect();
        List<MessageId> invented = Invented(5000);
        for (int i = 0; i < 20; i++) rig.Receive(guest, rpc => rpc.IWant.AddRange(invented));
        Assert.True(rig.Score(guest) < rig.Parameters.Score.GossipThreshold);
        Assert.Empty(rig.SentMessages(guest));
    }

    [Fact]
    public void Repeating_one_good_message_is_a_flood_that_costs()
    {
        rig.Subscribe();
        Guest guest = rig.Connect();
        Message message = guest.Sign(Rig.Topic, 1);
        for (int i = 0; i < 20; i++) rig.Receive(guest, message);
        Assert.True(IsGraylisted(guest));
        Assert.Single(rig.Delivered);
    }

    [Fact]
    public void Two_copies_of_each_message_per_heartbeat_cost_nothing()
    {
        rig.Subscribe();
        Guest author = rig.Connect(), relay = rig.Connect();
        for (byte i = 0; i < 100; i++)
        {
            Message message = author.Sign(Rig.Topic, i);
            rig.Receive(author, message);
            rig.Receive(relay, message);
            rig.Receive(relay, message);
        }
        Assert.Equal(0, rig.Score(relay));
    }

    [Fact]
    public void Messages_beyond_the_rate_are_dropped_unread_and_cost()
    {
        rig.Subscribe();
        Guest guest = rig.Connect();
        Rpc rpc = new();
        rpc.Messages.AddRange(Enumerable.Repeat(guest.Sign("unknown", 1), 2000));
        byte[] frame = rpc.Encode();
        for (int i = 0; i < 12; i++) rig.Receive(guest, frame);
        Assert.Equal(4000, rig.Router.Counters.Received);
        Assert.True(IsGraylisted(guest));
    }

    [Fact]
    public void Declining_without_end_fills_no_memory_and_the_surplus_is_sent()
    {
        rig.Subscribe();
        Guest author = rig.Connect(), hostile = rig.Connect();
        rig.Graft(hostile);
        rig.Receive(hostile, rpc => rpc.IDontWant.AddRange(Invented(Limits.UnwantedPerPeer)));
        Message message = author.Sign(Rig.Topic, 1);
        rig.Receive(hostile, rpc => rpc.IDontWant.Add(MessageId.FromAuthorAndSeqno(message)));
        rig.Receive(author, message);
        Assert.Single(rig.SentMessages(hostile));
    }

    [Fact]
    public void Grafting_again_and_again_after_a_prune_leads_to_the_graylist()
    {
        rig.Subscribe();
        Guest guest = rig.Connect();
        rig.Receive(guest, rpc => rpc.Prune.Add(new Prune(Rig.Topic, TimeSpan.FromSeconds(60), [])));
        for (int i = 0; i < 10; i++) rig.Graft(guest);
        Assert.True(IsGraylisted(guest));
        Assert.False(rig.InMesh(guest));
    }

    [Fact]
    public void Joining_and_leaving_in_turn_is_not_heard_for_long()
    {
        rig.Subscribe();
        Guest guest = rig.Connect();
        for (int i = 0; i < 20; i++)
        {
            rig.Graft(guest);
            rig.Receive(guest, rpc => rpc.Subscriptions.Add(new Subscription(Rig.Topic, false)));
        }
        Assert.True(IsGraylisted(guest));
    }

    [Fact]
    public void A_silent_mesh_peer_cannot_keep_a_message_from_us_that_others_advertise()
    {
        rig.Subscribe();
        foreach (Guest silent in rig.ConnectSubscribers(12)) rig.Graft(silent);
        Guest honest = rig.Connect();
        Message message = honest.Sign(Rig.Topic, 1);
        rig.Receive(honest, rpc => rpc.IHave.Add(new IHave(Rig.Topic, [MessageId.FromAuthorAndSeqno(message)])));
        Assert.Single(rig.Sent(honest).SelectMany(rpc => rpc.IWant));
        rig.Receive(honest, message);
        Assert.Single(rig.Delivered);
    }

    [Fact]
    public void Frames_for_a_router_from_strangers_are_not_read()
    {
        Guest stranger = rig.Add();
        rig.Subscribe();
        rig.Receive(stranger, stranger.Sign(Rig.Topic, 1));
        Assert.Equal(0, rig.Router.Counters.Received);
    }
}
