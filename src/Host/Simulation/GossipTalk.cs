using System.Net;
using Vault.Libp2p.Gossipsub;
using Vault.Primitives;
using Vault.Swarm;

namespace Vault.Host.Simulation;

/// <summary>
/// Drives a device's gossip router. On the vault's topic it tells that something has changed, by the rules of
/// <see cref="ChangeNotices"/>. Frames go by themselves and may be lost, which is harder than the stream they have in the program.
/// </summary>
sealed class GossipTalk : IDisposable
{
    public const string Topic = "changes";

    readonly Device device;
    readonly Router router;
    readonly TimeSpan heartbeat;
    TimeSpan told = TimeSpan.MinValue, compared = TimeSpan.MinValue;
    Hash32? heard;
    bool hasNews, ended;
    int leftOut;

    /// <summary>While nothing happens only scores change, and slowly: every so many heartbeats are soon enough to look at meshes.</summary>
    const int IdleBeats = 15;

    public GossipTalk(Device device, RandomSource random)
    {
        this.device = device;
        Parameters parameters = new();
        heartbeat = parameters.HeartbeatInterval;
        router = new Router(device.Key, (ulong)device.Network.Now.Ticks + 1, parameters, random);
        router.Subscribe(Topic, validated: true, device.Network.Now);
        router.Subscribe(KeeperTalk.Topic, validated: true, device.Network.Now);
        device.Network.After(heartbeat * random.Below(1000) / 1000, Beat);
        Pump();
    }

    public Counters Counters => router.Counters;

    public void Connect(Device other, bool outbound)
    {
        Origin origin = Origin.Of(new IPAddress([(byte)(11 + other.Number % 80), (byte)(other.Number / 80), 1, 1]));
        router.Connect(other.Peer, Protocol.Gossip12, outbound, origin, device.Network.Now);
        Pump();
    }

    public void Disconnect(Device other)
    {
        router.Disconnect(other.Peer, device.Network.Now);
        Pump();
    }

    public void Receive(Device from, byte[] frame)
    {
        router.Receive(from.Peer, frame, device.Network.Now);
        Pump();
    }

    /// <summary>Something was changed here, and is durable.</summary>
    public void Changed()
    {
        if (hasNews) return;
        hasNews = true;
        device.Network.After(Left(told, ChangeNotices.Pause), () =>
        {
            if (ended) return;
            hasNews = false;
            told = device.Network.Now;
            Publish(Topic, device.Catalog.Root.ToArray());
        });
    }

    public void Publish(string topic, ReadOnlyMemory<byte> payload)
    {
        router.Publish(topic, payload.ToArray(), device.Network.Now);
        Pump();
    }

    void Beat()
    {
        if (ended) return;
        if (!router.IsIdle || ++leftOut == IdleBeats)
        {
            leftOut = 0;
            router.Heartbeat(device.Network.Now);
            Pump();
        }
        device.Keeper?.Beat(); // a third of all events would be timers if it had one of its own
        device.Network.After(heartbeat, Beat);
    }

    void Pump()
    {
        while (router.TryTake(out Output? output))
            switch (output)
            {
                case Output.Writable(var peer):
                    while (router.TakeFrame(peer, device.Network.Now) is { } frame) device.Network.Send(device.Number, device.NumberOf(peer), frame);
                    break;
                case Output.Validate(var id, var message, _):
                    router.Judge(id, message.Topic == KeeperTalk.Topic || message.Data.Length == Hash32.Size ? Verdict.Accept : Verdict.Reject, device.Network.Now);
                    break;
                case Output.Deliver(var message, _) when message.Topic == KeeperTalk.Topic:
                    if (message.Author is { } author) device.Keeper?.Hear(device.DeviceOf(author), message.Data.Span);
                    break;
                case Output.Deliver(var message, _):
                    Hear(new Hash32(message.Data.Span));
                    break;
                case Output.Disconnect(var peer, _):
                    device.Part(device.NumberOf(peer));
                    break;
            }
    }

    void Hear(Hash32 root)
    {
        if (root == device.Catalog.Root) return;
        bool waits = heard is not null;
        heard = root;
        if (waits) return;
        TimeSpan rest = Left(compared, ChangeNotices.Rest);
        device.Network.After(rest > ChangeNotices.Patience ? rest : ChangeNotices.Patience, () =>
        {
            if (ended) return;
            (Hash32? theirs, heard) = (heard, null);
            if (theirs is null || theirs == device.Catalog.Root) return;
            compared = device.Network.Now;
            device.CompareAll();
        });
    }

    TimeSpan Left(TimeSpan since, TimeSpan pause)
    {
        if (since == TimeSpan.MinValue) return TimeSpan.Zero;
        TimeSpan left = since + pause - device.Network.Now;
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    public void Dispose() => ended = true;
}
