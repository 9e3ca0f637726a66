using System.Threading.Channels;
using Vault.Libp2p.Multiaddrs;
using Vault.Primitives;

namespace Vault.Libp2p.Memory;

/// <summary>How the links of a memory network behave.</summary>
/// <param name="Latency">From one end to the other.</param>
/// <param name="BytesPerSecond">In each direction; null for no limit.</param>
public sealed record LinkQuality(TimeSpan Latency = default, long? BytesPerSecond = null);

/// <summary>
/// A network inside the process, for tests and simulations: hosts with IP addresses, links with latency and bandwidth by the
/// clock it is given, and cables that can be pulled.
/// </summary>
public sealed class MemoryNetwork(TimeProvider time)
{
    readonly Lock gate = new();
    readonly Dictionary<string, Listener> listeners = [];
    readonly List<(string From, string To, MemoryLink Near, MemoryLink Far)> links = [];
    readonly HashSet<(string, string)> cuts = [];
    int nextPort = 10_000;

    /// <summary>For links made from now on.</summary>
    public LinkQuality Quality { get; set; } = new();

    /// <summary>The transport of one host: it listens on, and dials from, this IPv4 address.</summary>
    public ITransport Host(string address) => new Transport(this, address);

    /// <summary>Breaks every link between two hosts, both ends at once, and keeps new ones from being made.</summary>
    public void Cut(string one, string other)
    {
        List<MemoryLink> broken = [];
        lock (gate)
        {
            cuts.Add((one, other));
            cuts.Add((other, one));
            foreach ((string from, string to, MemoryLink near, MemoryLink far) in links)
                if ((from, to) == (one, other) || (from, to) == (other, one)) broken.AddRange([near, far]);
        }
        foreach (MemoryLink link in broken) link.Abort();
    }

    /// <summary>Two hosts reach each other again.</summary>
    public void Heal(string one, string other)
    {
        lock (gate)
        {
            cuts.Remove((one, other));
            cuts.Remove((other, one));
        }
    }

    MemoryLink Connect(string from, Multiaddr address)
    {
        address.TryGetTcp(out TcpTarget? target);
        lock (gate)
        {
            if (cuts.Contains((from, target!.Host))) throw new ProtocolException("The network is unreachable.");
            if (!listeners.TryGetValue($"{target.Host}:{target.Port}", out Listener? listener)) throw new ProtocolException("The connection was refused.");
            Multiaddr local = Multiaddr.Parse($"/ip4/{from}/tcp/{nextPort++}")!;
            (MemoryLink near, MemoryLink far) = MemoryLink.Pair(local, address.WithoutPeer()!, Quality, time);
            links.RemoveAll(link => link.Near.IsAborted && link.Far.IsAborted);
            links.Add((from, target.Host, near, far));
            listener.Arrived.Writer.TryWrite(far);
            return near;
        }
    }

    Listener Listen(string host, int port)
    {
        lock (gate)
        {
            if (port == 0) port = nextPort++;
            Listener listener = new(this, $"{host}:{port}", Multiaddr.Parse($"/ip4/{host}/tcp/{port}")!);
            return listeners.TryAdd(listener.Key, listener) ? listener : throw new ConfigException($"{listener.Key} is in use.");
        }
    }

    sealed class Transport(MemoryNetwork network, string host) : ITransport
    {
        public bool CanDial(Multiaddr address) => address.TryGetTcp(out TcpTarget? target) && target.Port != 0;

        public bool CanListen(Multiaddr address) => address.TryGetTcp(out TcpTarget? target) && target.Host == host;

        public async ValueTask<ILink> DialAsync(Multiaddr address, CancellationToken cancel)
        {
            // A TCP handshake takes a round trip.
            if (network.Quality.Latency > TimeSpan.Zero) await Task.Delay(2 * network.Quality.Latency, network.Time, cancel);
            return network.Connect(host, address);
        }

        public ValueTask<ITransportListener> ListenAsync(Multiaddr address, CancellationToken cancel)
        {
            address.TryGetTcp(out TcpTarget? target);
            return ValueTask.FromResult<ITransportListener>(network.Listen(host, target!.Port));
        }
    }

    TimeProvider Time => time;

    sealed class Listener(MemoryNetwork network, string key, Multiaddr address) : ITransportListener
    {
        public string Key => key;
        public Multiaddr Address => address;
        public Channel<ILink> Arrived { get; } = Channel.CreateUnbounded<ILink>();

        public async ValueTask<ILink?> AcceptAsync() => await Arrived.Reader.WaitToReadAsync() && Arrived.Reader.TryRead(out ILink? link) ? link : null;

        public ValueTask DisposeAsync()
        {
            lock (network.gate) network.listeners.Remove(key);
            Arrived.Writer.TryComplete();
            return ValueTask.CompletedTask;
        }
    }
}
