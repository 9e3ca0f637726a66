using Vault.Host.Simulation;
using Vault.Libp2p.Gossipsub;
using Vault.Primitives;

namespace Vault.Simulation.Tests.Gossip;

/// <summary>
/// A member without a router: it subscribes, grafts itself into every mesh it can reach, forwards nothing, and does harm at an
/// interval. On its own that is the silent grafter.
/// </summary>
class Hostile(int number, Swarm swarm, RandomSource random, Origin origin) : Member(number, swarm, random, origin)
{
    static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(400);
    const int RememberedIds = 200;

    protected List<Member> Peers { get; } = [];

    /// <summary>Ids overheard from IHAVE and messages, newest last.</summary>
    protected List<MessageId> Overheard { get; } = [];

    public override void Start() => Network.Every(Interval, Interval * Random.Below(100) / 100, () =>
    {
        foreach (Member peer in Peers.ToArray()) Harm(peer);
    });

    public override void Connect(Member peer, bool outbound)
    {
        Peers.Add(peer);
        Rpc hello = new();
        hello.Subscriptions.Add(new Subscription(Swarm.Topic, true));
        hello.Graft.Add(Swarm.Topic);
        Send(peer, hello);
    }

    public override void Disconnect(Member peer) => Peers.Remove(peer);

    public override void Receive(Member from, byte[] frame)
    {
        if (Rpc.Decode(frame, out _) is not { } rpc) return;
        Overheard.AddRange(rpc.IHave.SelectMany(have => have.Ids));
        Overheard.AddRange(rpc.Messages.Select(MessageId.FromAuthorAndSeqno));
        if (Overheard.Count > RememberedIds) Overheard.RemoveRange(0, Overheard.Count - RememberedIds);
    }

    protected virtual void Harm(Member peer) { }

    protected void Send(Member peer, Rpc rpc) => SendRaw(peer, rpc.Encode());

    protected void SendRaw(Member peer, byte[] frame) => Network.Send(Number, peer.Number, frame);
}

/// <summary>Repeats itself: the same good message, messages for unknown topics, now and then nonsense.</summary>
sealed class Flooder(int number, Swarm swarm, RandomSource random, Origin origin) : Hostile(number, swarm, random, origin)
{
    byte[]? repeated;

    protected override void Harm(Member peer)
    {
        repeated ??= Repeated();
        SendRaw(peer, repeated);
        if (Random.Below(100) > 0) return;
        byte[] nonsense = new byte[50];
        Random.Fill(nonsense);
        SendRaw(peer, nonsense);
    }

    byte[] Repeated()
    {
        Rpc rpc = new();
        Message good = Message.Sign(Key, 1, Swarm.Topic, Payload.Good(-1 - Number)), elsewhere = Message.Sign(Key, 2, "elsewhere", Payload.Good(0));
        for (int i = 0; i < 10; i++)
        {
            rpc.Messages.Add(good);
            rpc.Messages.Add(elsewhere);
        }
        return rpc.Encode();
    }
}

/// <summary>Messages that its own signature vouches for and no validator accepts, and messages whose signature is wrong.</summary>
sealed class Forger(int number, Swarm swarm, RandomSource random, Origin origin) : Hostile(number, swarm, random, origin)
{
    ulong seqno;

    protected override void Harm(Member peer)
    {
        Rpc rpc = new();
        rpc.Messages.Add(Message.Sign(Key, ++seqno, Swarm.Topic, Payload.Bad(Number)));
        byte[] frame = rpc.Encode();
        if (seqno % 2 == 0) frame[^1] ^= 1; // the signature's last byte
        SendRaw(peer, frame);
    }
}

/// <summary>Asks again and again for whatever it heard of, and for what never was.</summary>
sealed class Beggar(int number, Swarm swarm, RandomSource random, Origin origin) : Hostile(number, swarm, random, origin)
{
    protected override void Harm(Member peer)
    {
        Rpc rpc = new();
        rpc.IWant.AddRange(Overheard);
        byte[] invented = new byte[46];
        for (int i = 0; i < 100; i++)
        {
            Random.Fill(invented);
            rpc.IWant.Add(new MessageId([.. invented]));
        }
        Send(peer, rpc);
    }
}

/// <summary>One of many in one subnet around few victims: fills their meshes, grafts again when pruned, advertises what doesn't exist.</summary>
sealed class Eclipser(int number, Swarm swarm, RandomSource random, Origin origin) : Hostile(number, swarm, random, origin)
{
    protected override void Harm(Member peer)
    {
        byte[] invented = new byte[46];
        Random.Fill(invented);
        Rpc rpc = new();
        rpc.Graft.Add(Swarm.Topic);
        rpc.IHave.Add(new IHave(Swarm.Topic, [new MessageId(invented)]));
        Send(peer, rpc);
    }
}
