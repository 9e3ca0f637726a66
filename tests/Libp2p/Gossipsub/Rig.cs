using Vault.Libp2p.Gossipsub;
using Vault.Primitives;

namespace Vault.Libp2p.Tests.Gossipsub;

/// <summary>A peer as the router under test sees it: a key, and whatever the test says in its name.</summary>
sealed class Guest(Ed25519Key key)
{
    ulong seqno;

    public PeerId Id { get; } = PeerId.From(key.Public);

    /// <summary>Frames that the router sent and the test hasn't looked at.</summary>
    public List<byte[]> Inbox { get; } = [];

    public Message Sign(string topic, params byte[] data) => Message.Sign(key, ++seqno, topic, data);
}

/// <summary>One router, its guests, a clock that moves when told, and everything the router said.</summary>
sealed class Rig
{
    public const string Topic = "topic";

    readonly RandomSource random = RandomSource.Seeded(1);
    readonly Ed25519Key key;

    public Rig(Parameters? parameters = null, ulong seed = 1)
    {
        random = RandomSource.Seeded(seed);
        key = Ed25519Key.Generate(random);
        Parameters = parameters ?? new Parameters();
        Router = new Router(key, 1, Parameters, random);
    }

    public Parameters Parameters { get; }
    public Router Router { get; }
    public PeerId Self => PeerId.From(key.Public);
    public TimeSpan Now { get; private set; }
    public Dictionary<PeerId, Guest> Guests { get; } = [];
    public List<Message> Delivered { get; } = [];
    public List<Output.Validate> ToJudge { get; } = [];
    public List<Output> Others { get; } = [];

    /// <summary>Whether frames are taken as soon as they are ready; false plays a peer that doesn't read.</summary>
    public bool Reads { get; set; } = true;

    public Guest Add() => new(Ed25519Key.Generate(random));

    public Guest Connect(Protocol protocol = Protocol.Gossip12, bool outbound = false, Origin origin = default) => Connect(Add(), protocol, outbound, origin);

    public Guest Connect(Guest guest, Protocol protocol = Protocol.Gossip12, bool outbound = false, Origin origin = default)
    {
        Guests[guest.Id] = guest;
        Router.Connect(guest.Id, protocol, outbound, origin, Now);
        Pump();
        return guest;
    }

    /// <summary>Connects guests that announce the topic.</summary>
    public List<Guest> ConnectSubscribers(int count, string topic = Topic, Protocol protocol = Protocol.Gossip12, bool outbound = false)
    {
        List<Guest> guests = [];
        for (int i = 0; i < count; i++)
        {
            Guest guest = Connect(protocol, outbound);
            Receive(guest, rpc => rpc.Subscriptions.Add(new Subscription(topic, true)));
            guests.Add(guest);
        }
        return guests;
    }

    public void Disconnect(Guest guest)
    {
        Router.Disconnect(guest.Id, Now);
        Pump();
    }

    public void Receive(Guest from, Action<Rpc> fill)
    {
        Rpc rpc = new();
        fill(rpc);
        Receive(from, rpc.Encode());
    }

    public void Receive(Guest from, byte[] frame)
    {
        byte[] borrowed = [.. frame];
        Router.Receive(from.Id, borrowed, Now);
        Array.Fill(borrowed, (byte)0xEE); // as a pooled buffer would be
        Pump();
    }

    public void Receive(Guest from, params Message[] messages) => Receive(from, rpc => rpc.Messages.AddRange(messages));

    public void Graft(Guest from, string topic = Topic) => Receive(from, rpc => rpc.Graft.Add(topic));

    public void Subscribe(string topic = Topic, bool validated = false)
    {
        Router.Subscribe(topic, validated, Now);
        Pump();
    }

    public void Unsubscribe(string topic = Topic)
    {
        Router.Unsubscribe(topic, Now);
        Pump();
    }

    public void SetFilter(Func<PeerId, bool>? filter, string topic = Topic)
    {
        Router.SetFilter(topic, filter, Now);
        Pump();
    }

    public (MessageId Id, int Recipients) Publish(params byte[] data)
    {
        var result = Router.Publish(Topic, data, Now);
        Pump();
        return result;
    }

    public void Judge(Verdict verdict)
    {
        foreach (Output.Validate open in ToJudge) Router.Judge(open.Id, verdict, Now);
        ToJudge.Clear();
        Pump();
    }

    public void Wait(TimeSpan time) => Now += time;

    /// <summary>Heartbeats, one interval apart.</summary>
    public void Beat(int times = 1)
    {
        for (int i = 0; i < times; i++)
        {
            Now += Parameters.HeartbeatInterval;
            Router.Heartbeat(Now);
            Pump();
        }
    }

    public bool InMesh(Guest guest) => Router.MeshOf(Topic).Contains(guest.Id);

    public double Score(Guest guest) => Router.ScoreOf(guest.Id) ?? 0;

    /// <summary>What was sent to the guest since the last look.</summary>
    public List<Rpc> Sent(Guest to)
    {
        List<Rpc> rpcs = [.. to.Inbox.Select(frame => Rpc.Decode(frame, out _) ?? throw new InvalidDataException("The router sent a frame that its own codec refuses."))];
        to.Inbox.Clear();
        return rpcs;
    }

    public List<Message> SentMessages(Guest to) => [.. Sent(to).SelectMany(rpc => rpc.Messages)];

    public void ForgetSent()
    {
        foreach (Guest guest in Guests.Values) guest.Inbox.Clear();
    }

    public void Pump()
    {
        while (Router.TryTake(out Output? output))
        {
            switch (output)
            {
                case Output.Writable(var peer):
                    if (Reads) Drain(peer);
                    break;
                case Output.Deliver(var message, _): Delivered.Add(message); break;
                case Output.Validate validate: ToJudge.Add(validate); break;
                default: Others.Add(output); break;
            }
        }
    }

    public void Drain(PeerId peer)
    {
        while (Router.TakeFrame(peer, Now) is { } frame) Guests[peer].Inbox.Add(frame);
    }
}
