using Vault.Libp2p.Mdns;
using Vault.Libp2p.Memory;
using Vault.Libp2p.Multiaddrs;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Libp2p.Tests.Nodes;

/// <summary>What a node does about peers that discovery finds. Who is found, the tests say; nothing goes over a real network.</summary>
public class DiscoveryTests
{
    static readonly LinkQuality Slow = new(TimeSpan.FromSeconds(1));

    static NodeOptions Options(bool dial = true) => new() { Mdns = new MdnsOptions { Dial = dial, Speaks = false } };

    /// <summary>A peer that nobody has ever met, at an address where nobody listens.</summary>
    static Sighting Invented(int number)
    {
        using Ed25519Key key = Ed25519Key.Generate(RandomSource.Seeded(1000 + (ulong)number));
        PeerId peer = PeerId.From(key.Public);
        return new Sighting(peer, [Multiaddr.Parse($"/ip4/10.9.{number / 250}.{number % 250 + 1}/tcp/4001/p2p/{peer}")!], MdnsLimits.TimeToLive);
    }

    static Sighting Of(TestNode node, TimeSpan? timeToLive = null) => new(node.Id, [node.Address], timeToLive ?? MdnsLimits.TimeToLive);

    static int CountOf(TestNode node, PeerState state) => node.Node.Peers.Count(peer => peer.State == state);

    [Fact]
    public void Who_is_found_is_told_of_and_connected_to_once() => VirtualRun.Of(async time =>
    {
        MemoryNetwork network = new(time);
        await using TestNode a = await TestNode.StartAsync(network, time, 1, Options()), b = await TestNode.StartAsync(network, time, 2);
        List<PeerId> told = [];
        a.Node.PeerDiscovered += told.Add;
        for (int i = 0; i < 3; i++) a.Node.Discovered(Of(b), null);
        await Task.Delay(TimeSpan.FromSeconds(1), time);
        a.Node.Discovered(Of(b), null);
        await Task.Delay(TimeSpan.FromSeconds(1), time);
        Assert.Equal([b.Id, b.Id, b.Id, b.Id], told);
        Assert.Single(Assert.Single(a.Node.Peers).ConnectedAt);
    });

    [Fact]
    public void Invented_peers_are_dialed_a_few_at_a_time_and_not_again_before_their_pause_is_over() => VirtualRun.Of(async time =>
    {
        MemoryNetwork network = new(time) { Quality = Slow };
        await using TestNode a = await TestNode.StartAsync(network, time, 1, Options());
        for (int i = 0; i < 40; i++) a.Node.Discovered(Invented(i), null);
        Assert.Equal(MdnsLimits.MaxDials, CountOf(a, PeerState.Connecting));

        await Task.Delay(TimeSpan.FromSeconds(2.5), time);
        Assert.Equal(0, CountOf(a, PeerState.Connecting));
        Assert.Equal(MdnsLimits.MaxDials, CountOf(a, PeerState.BackingOff));
        Assert.All(a.Node.Peers.Where(peer => peer.State == PeerState.BackingOff), peer => Assert.StartsWith("discovered: ", peer.LastFailure));

        for (int i = 0; i < 40; i++) a.Node.Discovered(Invented(i), null);
        Assert.Equal(MdnsLimits.MaxDials, CountOf(a, PeerState.Connecting));
        Assert.Equal(MdnsLimits.MaxDials, CountOf(a, PeerState.BackingOff));
    });

    [Fact]
    public void Invented_peers_beyond_the_limit_are_not_remembered_and_make_nobody_forgotten() => VirtualRun.Of(async time =>
    {
        MemoryNetwork network = new(time);
        await using TestNode a = await TestNode.StartAsync(network, time, 1, Options(dial: false)), b = await TestNode.StartAsync(network, time, 2);
        a.Node.Discovered(Of(b), null);
        for (int i = 0; i < 2 * MdnsLimits.MaxPeers; i++) a.Node.Discovered(Invented(i), null);
        Assert.Equal(MdnsLimits.MaxPeers, a.Node.Peers.Count);
        Assert.Contains(a.Node.Peers, peer => peer.Peer == b.Id);
    });

    [Fact]
    public void Without_dialing_an_address_is_remembered_until_it_expires() => VirtualRun.Of(async time =>
    {
        MemoryNetwork network = new(time);
        await using TestNode a = await TestNode.StartAsync(network, time, 1, Options(dial: false)), b = await TestNode.StartAsync(network, time, 2), c = await TestNode.StartAsync(network, time, 3);
        b.Node.Handle(Protocols.Echo, Protocols.EchoAsync);
        c.Node.Handle(Protocols.Echo, Protocols.EchoAsync);
        a.Node.Discovered(Of(b, TimeSpan.FromSeconds(10)), null);
        a.Node.Discovered(Of(c, TimeSpan.FromSeconds(10)), null);
        await Task.Delay(TimeSpan.FromSeconds(9), time);
        Assert.Equal(0, CountOf(a, PeerState.Connected));
        await using (await a.Node.OpenStreamAsync(b.Id, Protocols.Echo)) { }
        await Task.Delay(TimeSpan.FromSeconds(2), time);
        await Assert.ThrowsAsync<ProtocolException>(() => a.Node.OpenStreamAsync(c.Id, Protocols.Echo));

        a.Node.Discovered(Of(c, TimeSpan.FromSeconds(10)), null);
        await using (await a.Node.OpenStreamAsync(c.Id, Protocols.Echo)) { }
    });

    [Fact]
    public void A_peer_that_is_not_admitted_is_neither_told_of_nor_remembered() => VirtualRun.Of(async time =>
    {
        MemoryNetwork network = new(time);
        await using TestNode a = await TestNode.StartAsync(network, time, 1, Options() with { Admit = _ => false }), b = await TestNode.StartAsync(network, time, 2);
        a.Node.PeerDiscovered += _ => Assert.Fail("It was told of.");
        a.Node.Discovered(Of(b), null);
        Assert.Empty(a.Node.Peers);
    });
}
