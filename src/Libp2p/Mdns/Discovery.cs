using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Vault.Libp2p.Multiaddrs;
using Vault.Libp2p.Psk;
using Vault.Primitives;

namespace Vault.Libp2p.Mdns;

/// <summary>
/// Multicast DNS over real sockets: one for each family, joined on every usable interface, and for each interface and network a
/// <see cref="Conversation"/> that decides what is said. Neither waits for the other; everything happens under one lock.
/// </summary>
sealed class Discovery : IAsyncDisposable
{
    readonly PeerId self;
    readonly DnsName name;
    readonly bool commonName;
    readonly Func<IEnumerable<Multiaddr>> listening;
    readonly Action<Sighting, PreSharedKey?> found;
    readonly TimeProvider time;
    readonly RandomSource random;
    readonly long startedAt;
    readonly Lock gate = new();
    readonly Dictionary<(int Link, DnsName Service), Conversation> conversations = [];
    readonly List<MulticastSocket> sockets = [];
    readonly ITimer timer;
    readonly Task receiving;
    Dictionary<int, Link> links = [];
    Dictionary<DnsName, PreSharedKey?> networks; // by the name of their service
    bool closed;

    public Discovery(
        MdnsOptions options, PeerId self, IReadOnlyList<PreSharedKey> networks,
        Func<IEnumerable<Multiaddr>> listening, Action<Sighting, PreSharedKey?> found, TimeProvider time, RandomSource random)
    {
        (this.self, this.listening, this.found, this.time, this.random) = (self, listening, found, time, random);
        commonName = options.CommonName;
        SetNetworks(networks);
        name = ServiceName.NewPeer(random);
        startedAt = time.GetTimestamp();
        foreach (AddressFamily family in new[] { AddressFamily.InterNetwork, AddressFamily.InterNetworkV6 })
            if (MulticastSocket.TryOpen(family) is { } socket) sockets.Add(socket);
        timer = time.CreateTimer(_ => Speak(), null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        NetworkChange.NetworkAddressChanged += OnNetworkChanged;
        receiving = Task.WhenAll(sockets.Select(ReceiveAsync));
    }

    TimeSpan Now => time.GetElapsedTime(startedAt);

    /// <summary>Looks for peers of these networks from now on, and no others.</summary>
    public void Use(IReadOnlyList<PreSharedKey> ring)
    {
        lock (gate) SetNetworks(ring);
        Speak();
    }

    [MemberNotNull(nameof(networks))]
    void SetNetworks(IReadOnlyList<PreSharedKey> ring)
    {
        IEnumerable<PreSharedKey?> found = ring.Take(commonName ? 1 : ring.Count).DefaultIfEmpty(null).DistinctBy(network => network?.Fingerprint);
        networks = found.ToDictionary(network => ServiceName.Of(commonName ? null : network));
    }

    void OnNetworkChanged(object? sender, EventArgs e) => Speak();

    /// <summary>Looks at the interfaces afresh, says what is due, and sets the clock for the next time.</summary>
    public void Speak()
    {
        lock (gate)
        {
            if (closed) return;
            TimeSpan now = Now;
            Look(now);
            TimeSpan next = now + MdnsLimits.LookInterval;
            foreach (((int link, _), Conversation conversation) in conversations)
            {
                foreach (byte[] packet in conversation.Due(now))
                    foreach (MulticastSocket socket in sockets.Where(socket => links[link].Has(socket.Family))) socket.Send(packet, links[link]);
                if (conversation.NextAt < next) next = conversation.NextAt;
            }
            timer.Change(next - now, Timeout.InfiniteTimeSpan);
        }
    }

    void Look(TimeSpan now)
    {
        Dictionary<int, Link> current = MulticastSocket.UsableLinks().ToDictionary(link => link.Index);
        foreach (MulticastSocket socket in sockets) socket.Join(links, current);
        foreach ((int Link, DnsName Service) key in conversations.Keys.Where(key => !current.ContainsKey(key.Link) || !networks.ContainsKey(key.Service)).ToArray())
            conversations.Remove(key);
        links = current;
        foreach (Link link in links.Values)
        {
            IReadOnlyList<Multiaddr> addresses = LinkAddresses.ToTell(listening(), link.Addresses, self);
            foreach (DnsName service in networks.Keys)
            {
                if (!conversations.TryGetValue((link.Index, service), out Conversation? conversation))
                    conversations.Add((link.Index, service), conversation = new Conversation(self, service, name, link, random, now));
                conversation.Update(link, addresses, now);
            }
        }
    }

    async Task ReceiveAsync(MulticastSocket socket)
    {
        byte[] buffer = new byte[MdnsLimits.MaxReceived];
        while (await socket.ReceiveAsync(buffer) is { } packet)
        {
            // Whoever isn't on the link has no business here (RFC 6762, 11), and neither has a link that isn't private.
            if (!LinkAddresses.IsPrivate(packet.From) || DnsMessage.Decode(buffer.AsSpan(0, packet.Length)) is not { } message) continue;
            List<(Sighting Seen, PreSharedKey? Network)> seen = [];
            bool sooner = false;
            lock (gate)
            {
                TimeSpan now = Now;
                foreach ((var key, Conversation conversation) in conversations)
                {
                    if (key.Link != packet.Link) continue;
                    TimeSpan before = conversation.NextAt;
                    foreach (Sighting sighting in conversation.Receive(message, now)) seen.Add((sighting, networks[key.Service]));
                    sooner |= conversation.NextAt < before;
                }
            }
            foreach ((Sighting sighting, PreSharedKey? network) in seen) found(sighting, network);
            if (sooner) Speak();
        }
    }

    public async ValueTask DisposeAsync()
    {
        NetworkChange.NetworkAddressChanged -= OnNetworkChanged;
        lock (gate) closed = true;
        await timer.DisposeAsync();
        foreach (MulticastSocket socket in sockets) socket.Dispose();
        await receiving;
    }
}
