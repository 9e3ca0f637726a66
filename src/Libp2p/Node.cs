// Libp2p: a wire-compatible libp2p over TCP, with private networks. It knows nothing of vaults; a node listens, dials, opens
// streams in named protocols and hands inbound ones to handlers. Every layer is a folder: Multiaddrs, Tcp (sockets as pipes),
// Psk (a pipe around the pipe), Bandwidth (limits in bytes per second), Multistream, Noise, Yamux, Identify, Ping; Upgrade strings them together for one connection;
// Memory is a network inside the process for tests. What decides (multistream, Noise, Yamux) is a pure machine without sockets,
// clock or chance; what awaits is thin. README.md has an example, docs/protocols.md what we speak and where we deviate.
// Read next: Node.Connections.cs (how a link becomes a connection), Upgrade/Upgrader.cs, Yamux/Session.cs.

using System.Collections.Immutable;
using Vault.Libp2p.Bandwidth;
using Vault.Libp2p.Identify;
using Vault.Libp2p.Mdns;
using Vault.Libp2p.Multiaddrs;
using Vault.Libp2p.Ping;
using Vault.Libp2p.Psk;
using Vault.Libp2p.Upgrade;
using Vault.Primitives;

namespace Vault.Libp2p;

/// <summary>One participant: an identity, the connections it has, and the protocols it serves.</summary>
public sealed partial class Node : IAsyncDisposable
{
    readonly NodeOptions options;
    readonly Ed25519Key identity;
    readonly RandomSource random;
    ImmutableList<ITransport> transports;
    readonly Upgrader upgrader;
    readonly PeerBook book;
    readonly RunningTasks running = new();
    readonly CancellationTokenSource closing = new();
    readonly Lock gate = new();
    ImmutableDictionary<string, StreamHandler> handlers = ImmutableDictionary<string, StreamHandler>.Empty;
    ImmutableList<ITransportListener> listeners = [];

    /// <param name="identity">Borrowed: its owner disposes it after the node.</param>
    public Node(NodeOptions options, Ed25519Key identity, TimeProvider time, RandomSource random, params IReadOnlyList<ITransport> transports)
    {
        if (options.RequirePrivateNetwork && options.Networks.Count == 0)
            throw new ConfigException("A private network is required, but there is no pre-shared key.", "Give the node a swarm key, or don't require one.");
        CheckNumber(options.Networks);
        networks = [.. options.Networks];
        this.options = options;
        this.identity = identity;
        this.random = random;
        this.transports = [.. transports];
        Time = time;
        Upload = new Throttle(time, options.UploadLimit);
        Download = new Throttle(time, options.DownloadLimit);
        Id = PeerId.From(identity.Public);
        upgrader = new Upgrader(identity, random, options.Admit);
        book = new PeerBook(options.Limits, time, random);
        announce = time.CreateTimer(_ => running.Add(PushAsync()), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Handle(IdentifyProtocol.Id, (stream, cancel) => IdentifyProtocol.SendAsync(stream, Describe(stream.Connection), cancel));
        Handle(IdentifyProtocol.Push, AcceptPushAsync);
        Handle(PingProtocol.Id, PingProtocol.AnswerAsync);
        if (options.Mdns is { Speaks: true } mdns) discovery = new Discovery(mdns, Id, Networks, ListenAddresses, Discovered, time, random);
    }

    public PeerId Id { get; }

    /// <summary>What all connections together may send, and receive, in a second. Changes take effect at once.</summary>
    public Throttle Upload { get; }
    public Throttle Download { get; }

    internal TimeProvider Time { get; }
    internal NodeLimits Limits => options.Limits;
    internal CancellationToken Closing => closing.Token;
    internal IEnumerable<string> Protocols => handlers.Keys;
    internal bool Serves(string protocol) => handlers.ContainsKey(protocol);

    /// <summary>A connection is up, or down and why. A peer may have several; for most purposes the next three are enough.</summary>
    public event Action<ConnectionStatus>? ConnectionOpened;
    public event Action<ConnectionStatus, string>? ConnectionClosed;

    /// <summary>The first connection with a peer is up; the last one is down; the peer has told what it speaks.</summary>
    public event Action<PeerId>? PeerConnected, PeerDisconnected, PeerIdentified;

    /// <summary>A connection from outside that came to nothing, and why.</summary>
    public event Action<Multiaddr, string>? InboundRefused;

    /// <summary>Where this node listens, each with its peer id.</summary>
    public IReadOnlyList<Multiaddr> Addresses => [.. ListenAddresses().Select(address => address.WithPeer(Id))];

    /// <summary>Everyone this node knows or has tried to reach.</summary>
    public IReadOnlyList<PeerStatus> Peers
    {
        get { lock (gate) return [.. book.Entries.Select(Status)]; }
    }

    /// <summary>Serves a protocol from now on. Peers are told.</summary>
    public void Handle(string protocol, StreamHandler handler)
    {
        if (!ImmutableInterlocked.TryAdd(ref handlers, protocol, handler)) throw new InvalidOperationException($"{protocol} has a handler already.");
        AnnounceSoon();
    }

    public void Unhandle(string protocol)
    {
        if (ImmutableInterlocked.TryRemove(ref handlers, protocol, out _)) AnnounceSoon();
    }

    /// <summary>Adds a way to dial and listen that needs the node itself, such as a relay's circuits.</summary>
    internal void Use(ITransport transport) => ImmutableInterlocked.Update(ref transports, (list, added) => list.Add(added), transport);

    /// <summary>Accepts connections at an address; returns it with the port that was really bound, and our peer id.</summary>
    public async Task<Multiaddr> ListenAsync(Multiaddr address, CancellationToken cancel = default)
    {
        ITransport transport = transports.FirstOrDefault(transport => transport.CanListen(address))
            ?? throw new ConfigException($"There is no way to listen on {address}.");
        ITransportListener listener = await transport.ListenAsync(address, cancel);
        ImmutableInterlocked.Update(ref listeners, (list, added) => list.Add(added), listener);
        running.Add(AcceptAsync(listener));
        AnnounceSoon();
        discovery?.Speak();
        return listener.Address.WithPeer(Id);
    }

    /// <summary>
    /// Connects to whom the address leads to, unless a connection is there already, and remembers the address. With a /p2p part
    /// it is an error to find somebody else there.
    /// </summary>
    /// <param name="network">The private network the address belongs to; by default the node's first.</param>
    public async Task<PeerId> DialAsync(Multiaddr address, PreSharedKey? network = null, CancellationToken cancel = default)
    {
        if (address.Peer == Id) throw new ProtocolException("A node doesn't dial itself.");
        if (address.Peer is not { } peer) return (await DialOnceAsync(address, null, network, cancel)).Peer;
        AddAddress(peer, address, network);
        return (FindConnection(peer) ?? await DialPeerAsync(peer, address, cancel)).Peer;
    }

    /// <summary>Connects to a peer at the addresses known for it, unless a connection is there already.</summary>
    public async Task DialAsync(PeerId peer, CancellationToken cancel = default)
    {
        if (FindConnection(peer) is null) await DialPeerAsync(peer, null, cancel);
    }

    /// <summary>Remembers where a peer may be reached, and in which private network.</summary>
    public void AddAddress(PeerId peer, Multiaddr address, PreSharedKey? network = null)
    {
        lock (gate) book.Add(peer, address.WithPeer(peer), network ?? DefaultNetwork);
    }

    /// <summary>Opens a stream in the first of these protocols that the peer speaks; connects first where needed.</summary>
    public async Task<PeerStream> OpenStreamAsync(PeerId peer, IReadOnlyList<string> protocols, CancellationToken cancel = default)
    {
        Connection connection = FindConnection(peer) ?? await DialPeerAsync(peer, null, cancel);
        return await connection.OpenStreamAsync(protocols, lazy: false, cancel);
    }

    public Task<PeerStream> OpenStreamAsync(PeerId peer, string protocol, CancellationToken cancel = default) => OpenStreamAsync(peer, [protocol], cancel);

    /// <summary>
    /// Opens a stream in a protocol that the peer is sure to speak, without waiting for its word: what is written first leaves with
    /// the proposal, a round trip sooner. If the peer refuses after all, reading fails.
    /// </summary>
    public async Task<PeerStream> OpenLazyStreamAsync(PeerId peer, string protocol, CancellationToken cancel = default)
    {
        Connection connection = FindConnection(peer) ?? await DialPeerAsync(peer, null, cancel);
        return await connection.OpenStreamAsync([protocol], lazy: true, cancel);
    }

    /// <summary>One round trip through a stream.</summary>
    public async Task<TimeSpan> PingAsync(PeerId peer, CancellationToken cancel = default)
    {
        await using PeerStream stream = await OpenStreamAsync(peer, PingProtocol.Id, cancel);
        return await PingProtocol.MeasureAsync(stream, Time, random, cancel);
    }

    /// <summary>Closes every connection with a peer, after its streams have had a moment to finish.</summary>
    public async Task DisconnectAsync(PeerId peer, string? reason = null)
    {
        Connection[] all;
        lock (gate)
        {
            all = [.. ConnectionsWith(peer)];
            if (reason is not null) book.Note(peer, reason);
        }
        await Task.WhenAll(all.Select(CloseAsync));
    }

    async Task CloseAsync(Connection connection)
    {
        using CancellationTokenSource patience = new(Limits.CloseTimeout, Time);
        await connection.CloseAsync(patience.Token);
    }

    internal Task ServeAsync(PeerStream stream) =>
        handlers.TryGetValue(stream.Protocol, out StreamHandler? handler) ? handler(stream, Closing) : throw new ProtocolException($"{stream.Protocol} is no longer served.");

    public async ValueTask DisposeAsync()
    {
        if (discovery is not null) await discovery.DisposeAsync();
        foreach (ITransportListener listener in listeners) await listener.DisposeAsync();
        await announce.DisposeAsync();
        Connection[] all;
        lock (gate)
        {
            closed = true;
            all = [.. connections];
        }
        await Task.WhenAll(all.Select(CloseAsync));
        closing.Cancel();
        await running.WaitAsync();
        closing.Dispose();
    }
}
