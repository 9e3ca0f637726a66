using Vault.Libp2p.Gossipsub;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Libp2p.Tests.Gossipsub;

/// <summary>
/// The oracle: over links that lose nothing, a message reaches exactly those subscribers that a walk from its author over
/// connected subscribers reaches — no more, no less, and each once.
/// </summary>
public sealed class ReachabilityTests
{
    const int MostNodes = 21;

    static readonly Ed25519Key[] Keys = [.. Enumerable.Range(1, MostNodes).Select(i => Ed25519Key.FromSeed(Enumerable.Repeat((byte)i, Ed25519Key.SeedSize).ToArray()))];

    sealed class Node(Router router, bool subscribes)
    {
        public Router Router { get; } = router;
        public bool Subscribes { get; } = subscribes;
        public HashSet<int> Neighbours { get; } = [];
        public List<string> Delivered { get; } = [];
    }

    [Fact]
    public void On_random_small_networks_a_message_reaches_exactly_whom_it_can_reach() => Seed.Check(LongRun.Cases(60, 3000), random =>
    {
        int count = 2 + random.Below(MostNodes - 1);
        TimeSpan now = TimeSpan.Zero;
        List<PeerId> ids = [];
        List<Node> nodes = [];
        for (int i = 0; i < count; i++)
        {
            ids.Add(PeerId.From(Keys[i].Public));
            Parameters parameters = new() { FloodPublish = random.Below(2) == 0 };
            nodes.Add(new Node(new Router(Keys[i], 1, parameters, RandomSource.Seeded(random.NextUInt64())), random.Below(5) > 0));
        }
        Queue<(int From, int To, byte[] Frame)> wire = [];
        Protocol[] protocols = [Protocol.Floodsub, Protocol.Gossip10, Protocol.Gossip11, Protocol.Gossip12];
        for (int edges = random.Below(3 * count); edges > 0; edges--)
        {
            (int a, int b) = (random.Below(count), random.Below(count));
            if (a == b || !nodes[a].Neighbours.Add(b)) continue;
            nodes[b].Neighbours.Add(a);
            Protocol protocol = protocols[random.Below(protocols.Length)];
            nodes[a].Router.Connect(ids[b], protocol, true, Origin.None, now);
            nodes[b].Router.Connect(ids[a], protocol, false, Origin.None, now);
        }
        foreach (Node node in nodes.Where(node => node.Subscribes)) node.Router.Subscribe(Rig.Topic, false, now);

        Settle();
        for (int beat = 0; beat < 3; beat++) Beat();
        for (int round = 0; round < 5; round++)
        {
            int author = random.Below(count);
            foreach (Node node in nodes) node.Delivered.Clear();
            nodes[author].Router.Publish(Rig.Topic, [(byte)round], now);
            Settle();
            for (int beat = 0; beat < 5; beat++) Beat();
            HashSet<int> reachable = Walk(nodes, author);
            for (int i = 0; i < count; i++) Assert.Equal(reachable.Contains(i) ? [$"{round}"] : [], nodes[i].Delivered);
        }

        void Beat()
        {
            now += TimeSpan.FromSeconds(1);
            foreach (Node node in nodes) node.Router.Heartbeat(now);
            Settle();
        }

        void Settle()
        {
            do
            {
                for (int i = 0; i < count; i++) Pump(i);
                if (wire.TryDequeue(out var next)) nodes[next.To].Router.Receive(ids[next.From], next.Frame, now);
                else return;
            }
            while (true);
        }

        void Pump(int i)
        {
            while (nodes[i].Router.TryTake(out Output? output))
            {
                if (output is Output.Deliver(var message, _)) nodes[i].Delivered.Add($"{message.Data.Span[0]}");
                if (output is not Output.Writable(var peer)) continue;
                while (nodes[i].Router.TakeFrame(peer, now) is { } frame) wire.Enqueue((i, ids.IndexOf(peer), frame));
            }
        }
    });

    /// <summary>Subscribers reached from the author: it may itself be none, every hop after it must be one.</summary>
    static HashSet<int> Walk(List<Node> nodes, int author)
    {
        HashSet<int> reached = [];
        Queue<int> open = new([author]);
        while (open.TryDequeue(out int at))
        {
            foreach (int next in nodes[at].Neighbours)
            {
                if (next != author && nodes[next].Subscribes && reached.Add(next)) open.Enqueue(next);
            }
        }
        return reached;
    }
}
