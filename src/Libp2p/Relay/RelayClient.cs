using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Threading.Channels;
using Vault.Libp2p.Multiaddrs;
using Vault.Libp2p.Protobuf;
using Vault.Primitives;

namespace Vault.Libp2p.Relay;

/// <summary>
/// Circuit relay v2 from the side of those who need it: dials peers through a relay, and listens at one
/// (…/p2p/RELAY/p2p-circuit) by holding a reservation there. Over the circuit the two ends run everything again, the private
/// network included, so the relay sees nothing but ciphertext.
/// </summary>
public sealed class RelayClient : ITransport, IAsyncDisposable
{
    /// <summary>After a reservation was lost, or could not be renewed.</summary>
    static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(15);

    /// <summary>Circuits that were accepted and are waiting for the node to take them.</summary>
    const int MaxWaiting = 64;

    readonly Node node;
    readonly TimeProvider time;
    readonly ConcurrentDictionary<PeerId, Listener> listeners = [];

    public RelayClient(Node node, TimeProvider time)
    {
        (this.node, this.time) = (node, time);
        node.Use(this);
        node.Handle(RelayMessage.Stop, AcceptAsync);
    }

    public bool CanDial(Multiaddr address) => address.TryGetCircuit(out Multiaddr? relay, out PeerId? target) && target is not null && relay.Peer is not null && relay.TryGetTcp(out _);

    public bool CanListen(Multiaddr address) => address.TryGetCircuit(out Multiaddr? relay, out PeerId? target) && target is null && relay.Peer is not null;

    public async ValueTask<ILink> DialAsync(Multiaddr address, CancellationToken cancel)
    {
        address.TryGetCircuit(out Multiaddr? relay, out PeerId? target);
        PeerStream stream = await OpenHopAsync(relay!, cancel);
        try
        {
            RelayMessage answer = await AskAsync(stream, new RelayMessage { Type = (int)HopType.Connect, Peer = target }, cancel);
            if (answer.Status != RelayStatus.Ok) throw new ProtocolException($"The relay answers {answer.Status}.");
            return new CircuitLink(stream, Multiaddr.Join(relay!, Multiaddr.Parse("/p2p-circuit")!), address);
        }
        catch
        {
            stream.Abort("the relay did not connect us");
            throw;
        }
    }

    public async ValueTask<ITransportListener> ListenAsync(Multiaddr address, CancellationToken cancel)
    {
        address.TryGetCircuit(out Multiaddr? relay, out _);
        Listener listener = new(this, relay!, address);
        TimeSpan lasts = await ReserveAsync(relay!, cancel);
        if (!listeners.TryAdd(relay!.Peer!.Value, listener)) throw new ConfigException($"There is a reservation at {relay} already.");
        listener.KeepReserved(lasts);
        return listener;
    }

    /// <summary>Returns for how long the place is ours.</summary>
    async Task<TimeSpan> ReserveAsync(Multiaddr relay, CancellationToken cancel)
    {
        await using PeerStream stream = await OpenHopAsync(relay, cancel);
        RelayMessage answer = await AskAsync(stream, new RelayMessage { Type = (int)HopType.Reserve }, cancel);
        if (answer is not { Status: RelayStatus.Ok, Reservation: { } reservation }) throw new ProtocolException($"The relay answers {answer.Status}.");
        double seconds = reservation.ExpiresAtUnixSeconds - (double)time.GetUtcNow().ToUnixTimeSeconds();
        return TimeSpan.FromSeconds(Math.Clamp(seconds, RetryPause.TotalSeconds, 86_400));
    }

    async Task<PeerStream> OpenHopAsync(Multiaddr relay, CancellationToken cancel)
    {
        PeerId peer = await node.DialAsync(relay, null, cancel);
        return await node.OpenStreamAsync(peer, RelayMessage.Hop, cancel);
    }

    static async Task<RelayMessage> AskAsync(PeerStream stream, RelayMessage question, CancellationToken cancel)
    {
        await stream.Output.WriteAsync(question.EncodeHop(), cancel);
        byte[]? encoded = await Framing.ReadAsync(stream.Input, RelayMessage.MaxSize, cancel);
        RelayMessage? answer = encoded is null ? null : RelayMessage.DecodeHop(encoded);
        return answer is { Type: (int)HopType.Status } ? answer : throw new ProtocolException("The relay's answer is malformed.");
    }

    /// <summary>A relay brings somebody who wants to talk to us.</summary>
    async Task AcceptAsync(PeerStream stream, CancellationToken cancel)
    {
        byte[]? encoded = await Framing.ReadAsync(stream.Input, RelayMessage.MaxSize, cancel);
        RelayMessage? request = encoded is null ? null : RelayMessage.DecodeStop(encoded);
        RelayStatus status = request is not { Type: (int)StopType.Connect, Peer: not null } ? RelayStatus.MalformedMessage
            : !listeners.ContainsKey(stream.Peer) ? RelayStatus.PermissionDenied : RelayStatus.Ok;
        await stream.Output.WriteAsync(new RelayMessage { Type = (int)StopType.Status, Status = status }.EncodeStop(), cancel);
        if (status != RelayStatus.Ok || !listeners.TryGetValue(stream.Peer, out Listener? listener)) return;

        CircuitLink link = new(stream, listener.Address, listener.Address.WithPeer(request!.Peer!.Value));
        if (listener.Arrived.Writer.TryWrite(link)) await link.Ended;
    }

    public async ValueTask DisposeAsync()
    {
        node.Unhandle(RelayMessage.Stop);
        foreach (Listener listener in listeners.Values) await listener.DisposeAsync();
    }

    sealed class Listener(RelayClient client, Multiaddr relay, Multiaddr address) : ITransportListener
    {
        readonly CancellationTokenSource closing = new();
        Task keeping = Task.CompletedTask;

        public Multiaddr Address => address;
        public Channel<ILink> Arrived { get; } = Channel.CreateBounded<ILink>(MaxWaiting);

        public async ValueTask<ILink?> AcceptAsync() => await Arrived.Reader.WaitToReadAsync() && Arrived.Reader.TryRead(out ILink? link) ? link : null;

        public void KeepReserved(TimeSpan lasts)
        {
            client.node.PeerDisconnected += OnDisconnected;
            keeping = KeepAsync(lasts);
        }

        readonly AsyncSignal lost = new();

        void OnDisconnected(PeerId peer)
        {
            if (peer == relay.Peer) lost.Set();
        }

        // A reservation lives as long as the connection it was made on, and no longer than the relay said.
        async Task KeepAsync(TimeSpan lasts)
        {
            while (!closing.IsCancellationRequested)
            {
                using ITimer renewal = client.time.CreateTimer(_ => lost.Set(), null, lasts / 2, Timeout.InfiniteTimeSpan);
                await lost.WaitAsync();
                if (closing.IsCancellationRequested) return;
                try
                {
                    lasts = await client.ReserveAsync(relay, closing.Token);
                }
                catch (Exception)
                {
                    // The node remembers why; the relay may be back later.
                    lasts = 2 * RetryPause;
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            if (closing.IsCancellationRequested) return;
            closing.Cancel();
            client.node.PeerDisconnected -= OnDisconnected;
            client.listeners.TryRemove(new(relay.Peer!.Value, this));
            Arrived.Writer.TryComplete();
            lost.Set();
            await keeping;
        }
    }
}
