using Vault.Libp2p.Gossipsub;
using Vault.Libp2p.Multiaddrs;
using Vault.Primitives;

namespace Vault.Libp2p.Pubsub;

/// <summary>Judges a message of a topic before it is delivered and forwarded.</summary>
public delegate ValueTask<Verdict> TopicValidator(Message message, PeerId via, CancellationToken cancel);

/// <summary>
/// Gossipsub on a node: drives the router's machine with streams, a heartbeat and the node's events. All inputs of the machine
/// happen under one lock; what it wants done is done outside of it.
/// </summary>
public sealed partial class Gossip : IAsyncDisposable
{
    static readonly string[] Offered = [ProtocolIds.Gossip12, ProtocolIds.Gossip11, ProtocolIds.Gossip10];

    readonly Node node;
    readonly Router router;
    readonly TimeProvider time;
    readonly long startedAt;
    readonly ITimer heartbeat;
    readonly RunningTasks running = new();
    readonly CancellationTokenSource closing = new();
    readonly Lock gate = new();
    readonly Dictionary<PeerId, OutboundStream> outbound = [];
    readonly Dictionary<PeerId, PeerStream> inbound = [];
    readonly Dictionary<string, TopicValidator> validators = [];

    /// <param name="key">The node's own; signs what we publish. Borrowed.</param>
    public Gossip(Node node, Ed25519Key key, Parameters parameters, TimeProvider time, RandomSource random)
    {
        (this.node, this.time) = (node, time);
        startedAt = time.GetTimestamp();
        // Nanoseconds since 1970, so that numbers go up across restarts; some peers drop an author whose numbers don't.
        ulong firstSeqno = (ulong)time.GetUtcNow().ToUnixTimeMilliseconds() * 1_000_000;
        router = new Router(key, firstSeqno, parameters, random);
        foreach (string protocol in Offered) node.Handle(protocol, ReceiveAsync);
        node.PeerIdentified += Meet;
        node.PeerDisconnected += Part;
        heartbeat = time.CreateTimer(_ => Heartbeat(), null, parameters.HeartbeatInterval / 10, parameters.HeartbeatInterval);
    }

    /// <summary>A message of a topic we subscribed to: signed by its author, accepted, not seen before. The second argument brought it.</summary>
    public event Action<Message, PeerId>? Received;

    TimeSpan Now => time.GetElapsedTime(startedAt);

    public void Subscribe(string topic, TopicValidator? validator = null)
    {
        if (validator is not null) lock (gate) validators[topic] = validator;
        Do(now => router.Subscribe(topic, validator is not null, now));
    }

    public void Unsubscribe(string topic)
    {
        Do(now => router.Unsubscribe(topic, now));
        lock (gate) validators.Remove(topic);
    }

    /// <summary>Who may know of a topic; null admits everyone. Give a new function whenever its answers change.</summary>
    public void SetFilter(string topic, Func<PeerId, bool>? filter) => Do(now => router.SetFilter(topic, filter, now));

    /// <summary>Signs and sends a message; returns to how many peers it goes at once.</summary>
    public int Publish(string topic, ReadOnlyMemory<byte> data)
    {
        int recipients = 0;
        Do(now => recipients = router.Publish(topic, data.Span, now).Recipients);
        return recipients;
    }

    public IReadOnlyCollection<PeerId> MeshOf(string topic)
    {
        lock (gate) return router.MeshOf(topic);
    }

    public IReadOnlyCollection<PeerId> PeersOf(string topic)
    {
        lock (gate) return router.PeersOf(topic);
    }

    /// <summary>One input of the machine, and then everything it wants done.</summary>
    void Do(Action<TimeSpan> input)
    {
        List<Output> outputs = [];
        lock (gate)
        {
            input(Now);
            while (router.TryTake(out Output? output))
            {
                if (output is not Output.Writable writable) outputs.Add(output);
                else if (outbound.TryGetValue(writable.Peer, out OutboundStream? stream)) stream.Wake.Set();
            }
        }
        foreach (Output output in outputs) Act(output);
    }

    void Act(Output output)
    {
        switch (output)
        {
            case Output.Deliver deliver:
                Received?.Invoke(deliver.Message, deliver.Via);
                break;
            case Output.Validate validate:
                running.Add(ValidateAsync(validate));
                break;
            case Output.Disconnect disconnect:
                running.Add(node.DisconnectAsync(disconnect.Peer, "gossipsub: " + disconnect.Reason));
                break;
        }
    }

    async Task ValidateAsync(Output.Validate validate)
    {
        Verdict verdict = Verdict.Ignore;
        try
        {
            TopicValidator? validator;
            lock (gate) validator = validators.GetValueOrDefault(validate.Message.Topic);
            if (validator is not null) verdict = await validator(validate.Message, validate.Via, closing.Token);
        }
        catch (OperationCanceledException)
        {
            // We are closing; nobody is to blame.
        }
        Do(now => router.Judge(validate.Id, verdict, now));
    }

    void Heartbeat() => Do(router.Heartbeat);

    static Origin OriginOf(Multiaddr address) =>
        address.TryGetTcp(out TcpTarget? target) && target.Address is { } ip ? Origin.Of(ip) : Origin.None;

    public async ValueTask DisposeAsync()
    {
        node.PeerIdentified -= Meet;
        node.PeerDisconnected -= Part;
        foreach (string protocol in Offered) node.Unhandle(protocol);
        await heartbeat.DisposeAsync();
        closing.Cancel();
        lock (gate)
            foreach (OutboundStream stream in outbound.Values) stream.Wake.Set();
        await running.WaitAsync();
        closing.Dispose();
    }
}
