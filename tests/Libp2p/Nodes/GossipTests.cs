using System.Buffers;
using System.Text;
using Vault.Libp2p.Gossipsub;
using Vault.Libp2p.Memory;
using Vault.Libp2p.Pubsub;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Libp2p.Tests.Nodes;

/// <summary>Gossipsub on whole nodes: what the machine decides, through streams that come and go.</summary>
public class GossipTests
{
    const string Topic = "news";

    /// <summary>A node with gossip, and what it was told.</summary>
    sealed class Member(TestNode node, Gossip gossip) : IAsyncDisposable
    {
        public TestNode Node => node;
        public Gossip Gossip => gossip;
        public PeerId Id => node.Id;
        public List<string> Heard { get; } = [];

        public static async Task<Member> StartAsync(MemoryNetwork network, TimeProvider time, int number)
        {
            TestNode node = await TestNode.StartAsync(network, time, number);
            Member member = new(node, new Gossip(node.Node, node.Identity, new Parameters(), time, RandomSource.Seeded((ulong)number)));
            member.Gossip.Received += (message, _) => member.Heard.Add(Encoding.UTF8.GetString(message.Data.Span));
            return member;
        }

        public void Say(string text) => gossip.Publish(Topic, Encoding.UTF8.GetBytes(text));

        public async ValueTask DisposeAsync()
        {
            await gossip.DisposeAsync();
            await node.DisposeAsync();
        }
    }

    static async Task<Member[]> LineAsync(MemoryNetwork network, VirtualTime time, int count)
    {
        Member[] members = new Member[count];
        for (int i = 0; i < count; i++)
        {
            members[i] = await Member.StartAsync(network, time, i + 1);
            members[i].Gossip.Subscribe(Topic);
            if (i > 0) await members[i].Node.Node.DialAsync(members[i - 1].Node.Address);
        }
        await time.Pass(TimeSpan.FromSeconds(3));
        return members;
    }

    static async Task EndAsync(IEnumerable<Member> members)
    {
        foreach (Member member in members) await member.DisposeAsync();
    }

    [Fact]
    public void A_message_passes_along_a_line_of_nodes_once_each() => VirtualRun.Of(async time =>
    {
        Member[] members = await LineAsync(new MemoryNetwork(time), time, 4);
        members[0].Say("hello");
        members[3].Say("and back");
        await time.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(["and back"], members[0].Heard);
        Assert.Equal(["hello"], members[3].Heard);
        Assert.All(members[1..3], member => Assert.Equal(["and back", "hello"], member.Heard.Order()));
        await EndAsync(members);
    });

    [Fact]
    public void A_filter_that_changes_while_the_node_runs_shuts_a_peer_out_and_lets_it_in_again() => VirtualRun.Of(async time =>
    {
        Member[] members = await LineAsync(new MemoryNetwork(time), time, 3);
        members[1].Gossip.SetFilter(Topic, peer => peer != members[2].Id);
        await time.Pass(TimeSpan.FromSeconds(1));
        members[0].Say("not for all");
        members[2].Say("from outside");
        await time.Pass(TimeSpan.FromSeconds(2));
        Assert.Equal(["not for all"], members[1].Heard);
        Assert.Empty(members[2].Heard);
        Assert.Empty(members[2].Gossip.PeersOf(Topic));
        await time.Pass(TimeSpan.FromSeconds(10)); // whoever is let in is told what was said a moment ago
        members[1].Gossip.SetFilter(Topic, null);
        await time.Pass(TimeSpan.FromSeconds(70)); // the back-off of its prune
        members[0].Say("for all");
        await time.Pass(TimeSpan.FromSeconds(2));
        Assert.Equal(["for all"], members[2].Heard);
        await EndAsync(members);
    });

    [Fact]
    public void What_a_validator_rejects_or_ignores_goes_no_further() => VirtualRun.Of(async time =>
    {
        Member[] members = await LineAsync(new MemoryNetwork(time), time, 3);
        members[1].Gossip.Subscribe(Topic, (message, _, _) => new ValueTask<Verdict>(message.Data.Span[0] == (byte)'g' ? Verdict.Accept : Verdict.Ignore));
        members[1].Gossip.Unsubscribe(Topic);
        members[1].Gossip.Subscribe(Topic, (message, _, _) => new ValueTask<Verdict>(message.Data.Span[0] == (byte)'g' ? Verdict.Accept : Verdict.Ignore));
        await time.Pass(TimeSpan.FromSeconds(15));
        members[0].Say("bad");
        members[0].Say("good");
        await time.Pass(TimeSpan.FromSeconds(2));
        Assert.Equal(["good"], members[1].Heard);
        Assert.Equal(["good"], members[2].Heard);
        await EndAsync(members);
    });

    [Fact]
    public void A_connection_that_broke_and_came_back_carries_gossip_again() => VirtualRun.Of(async time =>
    {
        MemoryNetwork network = new(time);
        Member[] members = await LineAsync(network, time, 2);
        network.Cut(members[0].Node.Host, members[1].Node.Host);
        await time.Pass(TimeSpan.FromSeconds(2));
        Assert.Empty(members[0].Gossip.PeersOf(Topic));
        network.Heal(members[0].Node.Host, members[1].Node.Host);
        members[0].Say("while apart");
        await members[1].Node.Node.DialAsync(members[0].Node.Address);
        await time.Pass(TimeSpan.FromSeconds(3));
        members[0].Say("together");
        await time.Pass(TimeSpan.FromSeconds(2));
        Assert.Equal(["together"], members[1].Heard); // gossip has no history: what was missed is for a protocol above it
        await EndAsync(members);
    });

    [Fact]
    public void A_peer_that_unsubscribed_while_its_stream_was_broken_is_no_longer_listed() => VirtualRun.Of(async time =>
    {
        MemoryNetwork network = new(time);
        Member[] members = await LineAsync(network, time, 1);
        await using TestNode other = await TestNode.StartAsync(network, time, 9);
        other.Node.Handle("/meshsub/1.1.0", (stream, _) => Protocols.CountAsync(stream.Input));
        await other.Node.DialAsync(members[0].Node.Address);

        async Task<PeerStream> SayAsync(Action<Rpc> fill)
        {
            PeerStream stream = await other.Node.OpenStreamAsync(members[0].Id, "/meshsub/1.1.0");
            Rpc rpc = new();
            fill(rpc);
            byte[] frame = rpc.Encode();
            await stream.Output.WriteAsync((byte[])[(byte)frame.Length, .. frame]);
            await time.Pass(TimeSpan.FromSeconds(1));
            return stream;
        }
        PeerStream first = await SayAsync(rpc => rpc.Subscriptions.Add(new Subscription(Topic, true)));
        Assert.Equal([other.Id], members[0].Gossip.PeersOf(Topic));
        first.Abort("the stream breaks");
        await time.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal([other.Id], members[0].Gossip.PeersOf(Topic)); // it may say more on another
        await SayAsync(rpc => rpc.Subscriptions.Add(new Subscription("something else", true)));
        Assert.Empty(members[0].Gossip.PeersOf(Topic));
        await EndAsync(members);
    });
}
