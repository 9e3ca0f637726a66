using Vault.Host.Simulation;
using Vault.Libp2p.Gossipsub;
using Vault.Primitives;

namespace Vault.Simulation.Tests.Gossip;

/// <summary>One participant: a number in the network, a key, and what it does with frames.</summary>
abstract class Member : IDisposable
{
    protected Member(int number, Swarm swarm, RandomSource random, Origin origin)
    {
        (Number, Swarm, Random, Origin) = (number, swarm, random, origin);
        Key = Ed25519Key.Generate(random);
        Id = PeerId.From(Key.Public);
    }

    public int Number { get; }
    public PeerId Id { get; }
    public Origin Origin { get; }
    protected Ed25519Key Key { get; }
    protected Swarm Swarm { get; }
    protected RandomSource Random { get; }
    protected Network Network => Swarm.Network;

    public abstract void Connect(Member peer, bool outbound);
    public abstract void Disconnect(Member peer);
    public abstract void Receive(Member from, byte[] frame);
    public abstract void Start();

    public void Dispose() => Key.Dispose();
}

/// <summary>A member that runs the real router, pumped as a node would.</summary>
sealed class Honest : Member
{
    public Honest(int number, Swarm swarm, RandomSource random, Origin origin, Parameters parameters) : base(number, swarm, random, origin)
    {
        Router = new Router(Key, 1, parameters, random);
        heartbeat = parameters.HeartbeatInterval;
    }

    readonly TimeSpan heartbeat;

    public Router Router { get; }

    /// <summary>When each message arrived, by the number in its data.</summary>
    public Dictionary<int, TimeSpan> Arrivals { get; } = [];

    public override void Start()
    {
        Router.Subscribe(Swarm.Topic, validated: true, Network.Now);
        TimeSpan offset = Random.Below(1000) * heartbeat / 1000;
        Network.Every(heartbeat, offset, () =>
        {
            Router.Heartbeat(Network.Now);
            Pump();
        });
        Pump();
    }

    public override void Connect(Member peer, bool outbound)
    {
        Router.Connect(peer.Id, Protocol.Gossip12, outbound, peer.Origin, Network.Now);
        Pump();
    }

    public override void Disconnect(Member peer)
    {
        Router.Disconnect(peer.Id, Network.Now);
        Pump();
    }

    public override void Receive(Member from, byte[] frame)
    {
        Router.Receive(from.Id, frame, Network.Now);
        Pump();
    }

    public void Publish(int message)
    {
        Arrivals[message] = Network.Now;
        Router.Publish(Swarm.Topic, Payload.Good(message), Network.Now);
        Pump();
    }

    void Pump()
    {
        while (Router.TryTake(out Output? output))
        {
            switch (output)
            {
                case Output.Writable(var peer):
                    while (Router.TakeFrame(peer, Network.Now) is { } frame) Network.Send(Number, Swarm.NumberOf(peer), frame);
                    break;
                case Output.Validate(var id, var message, _):
                    Router.Judge(id, Payload.IsGood(message.Data.Span) ? Verdict.Accept : Verdict.Reject, Network.Now);
                    break;
                case Output.Deliver(var message, _):
                    Arrivals.TryAdd(Payload.NumberOf(message.Data.Span), Network.Now);
                    break;
                case Output.Disconnect(var peer, _):
                    Swarm.Disconnect(this, Swarm.MemberOf(peer));
                    break;
            }
        }
    }
}
