using System.Net;
using Vault.Libp2p.Memory;
using Vault.Libp2p.Multiaddrs;
using Vault.Libp2p.Psk;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Libp2p.Tests.Nodes;

/// <summary>A ring of private networks that changes while the node runs, and what is told about connections.</summary>
public class NetworksTests
{
    [Fact]
    public void A_network_that_is_added_while_the_node_runs_is_served_and_dialed_by_name() => VirtualRun.Of(async time =>
    {
        MemoryNetwork network = new(time);
        PreSharedKey ours = TestNode.Network(1), theirs = TestNode.Network(2);
        await using TestNode a = await TestNode.StartAsync(network, time, 1, new NodeOptions { Networks = [ours] });
        await using TestNode b = await TestNode.StartAsync(network, time, 2, new NodeOptions { Networks = [theirs] });
        await Assert.ThrowsAnyAsync<Exception>(() => b.Node.DialAsync(a.Address));
        await a.Node.UseNetworksAsync([ours, theirs]);
        await b.Node.DialAsync(a.Address);
        await time.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(theirs.Fingerprint, a.Node.Peers[0].Connections[0].Network);
        await b.Node.DisconnectAsync(a.Id);
        await time.Pass(TimeSpan.FromSeconds(10));
        await a.Node.DialAsync(b.Address, theirs);
        await a.Node.PingAsync(b.Id);
    });

    [Fact]
    public void Leaving_a_network_closes_its_connections_forgets_its_addresses_and_leaves_the_others_alone() => VirtualRun.Of(async time =>
    {
        MemoryNetwork network = new(time);
        PreSharedKey old = TestNode.Network(1), current = TestNode.Network(2);
        await using TestNode a = await TestNode.StartAsync(network, time, 1, new NodeOptions { Networks = [current, old] });
        await using TestNode b = await TestNode.StartAsync(network, time, 2, new NodeOptions { Networks = [old] });
        await using TestNode c = await TestNode.StartAsync(network, time, 3, new NodeOptions { Networks = [current] });
        List<string> closed = [];
        a.Node.ConnectionClosed += (connection, reason) => closed.Add($"{connection.Peer}: {reason}");
        await a.Node.DialAsync(b.Address, old);
        await a.Node.DialAsync(c.Address);
        await time.Pass(TimeSpan.FromSeconds(1));
        await a.Node.UseNetworksAsync([current]);
        Assert.Equal([$"{b.Id}: Its network was left."], closed);
        PeerStatus left = a.Node.Peers.Single(peer => peer.Peer == b.Id);
        Assert.Equal((PeerState.Disconnected, 0, "Its network was left."), (left.State, left.Addresses.Count, left.LastFailure));
        await a.Node.PingAsync(c.Id);
        await Assert.ThrowsAnyAsync<Exception>(() => b.Node.DialAsync(a.Address));
    });

    [Fact]
    public void A_private_node_does_not_become_public() => VirtualRun.Of(async time =>
    {
        await using TestNode node = await TestNode.StartAsync(new MemoryNetwork(time), time, 1, new NodeOptions { Networks = [TestNode.Network(1)] });
        await Assert.ThrowsAsync<ConfigException>(() => node.Node.UseNetworksAsync([]));
        await Assert.ThrowsAsync<ConfigException>(() => node.Node.UseNetworksAsync([.. Enumerable.Range(1, 17).Select(i => TestNode.Network((byte)i))]));
        Assert.Single(node.Node.Networks);
    });

    [Fact]
    public void Whoever_asks_is_told_of_each_connection_when_it_comes_and_goes_and_why() => VirtualRun.Of(async time =>
    {
        MemoryNetwork network = new(time) { Quality = new LinkQuality(TimeSpan.FromMilliseconds(20)) };
        await using TestNode a = await TestNode.StartAsync(network, time, 1), b = await TestNode.StartAsync(network, time, 2);
        List<string> events = [];
        a.Node.ConnectionOpened += connection => events.Add($"opened, dialed {connection.Dialed}, {connection.Path}, {connection.RemoteAddress}");
        a.Node.ConnectionClosed += (connection, reason) => events.Add($"closed: {reason}");
        await a.Node.DialAsync(b.Address);
        await time.Pass(TimeSpan.FromSeconds(1));
        ConnectionStatus connection = Assert.Single(a.Node.Peers[0].Connections);
        Assert.Equal(TimeSpan.FromMilliseconds(40), connection.RoundTrip);
        Assert.Equal(b.Node.Peers[0].Connections[0].ChannelBinding, connection.ChannelBinding);
        await b.Node.DisconnectAsync(a.Id);
        await time.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal([$"opened, dialed True, Lan, {b.Address.WithoutPeer()}", "closed: The peer closed the connection."], events);
    });

    [Fact]
    public void The_round_trip_is_measured_again_while_the_connection_stands() => VirtualRun.Of(async time =>
    {
        MemoryNetwork network = new(time) { Quality = new LinkQuality(TimeSpan.FromMilliseconds(20), 100_000) };
        await using TestNode a = await TestNode.StartAsync(network, time, 1), b = await TestNode.StartAsync(network, time, 2);
        await a.Node.DialAsync(b.Address);
        await time.Pass(TimeSpan.FromSeconds(5));
        TimeSpan? first = a.Node.Peers[0].RoundTrip;
        b.Node.Handle("/bulk", (stream, _) => Protocols.CountAsync(stream.Input));
        await using PeerStream bulk = await a.Node.OpenStreamAsync(b.Id, "/bulk");
        for (int i = 0; i < 350; i++) await bulk.Output.WriteAsync(new byte[10_000]); // thirty seconds of this line, and what waits to be sent
        await time.Pass(TimeSpan.FromSeconds(1));
        Assert.True(a.Node.Peers[0].RoundTrip > first, "the ping beside bulk took no longer than the one without");
    });

    /// <summary>js-libp2p breaks under a private network when it is handed more than 640 KiB at once.</summary>
    [Theory]
    [InlineData("vault/9.9", true)]
    [InlineData("helia/4.2.5 js-libp2p/2.3.1", false)]
    public void In_a_private_network_only_a_peer_of_our_kind_is_let_send_much_at_once(string agent, bool much) => VirtualRun.Of(async time =>
    {
        const int Read = 32 << 20, MaxUnsent = 512 << 10;
        MemoryNetwork network = new(time);
        await using TestNode a = await TestNode.StartAsync(network, time, 1, new NodeOptions { Networks = [TestNode.Network(1)], Agent = agent });
        await using TestNode b = await TestNode.StartAsync(network, time, 2, new NodeOptions { Networks = [TestNode.Network(1)] });
        b.Node.Handle("/sink", async (stream, cancel) =>
        {
            await Protocols.CountAsync(stream.Input, Read);
            await Task.Delay(Timeout.InfiniteTimeSpan, cancel);
        });
        await a.Node.DialAsync(b.Address);
        await time.Pass(TimeSpan.FromSeconds(1));
        PeerStream stream = await a.Node.OpenStreamAsync(b.Id, "/sink");
        long written = 0;
        Task writing = WriteAsync();
        await time.Pass(TimeSpan.FromSeconds(30));
        Assert.False(writing.IsCompleted);
        int allowed = much ? 4 << 20 : 512 << 10;
        Assert.InRange(written - Read, allowed / 2, allowed + 2 * MaxUnsent);
        stream.Abort("enough");
        await Assert.ThrowsAnyAsync<Exception>(() => writing);

        async Task WriteAsync()
        {
            for (byte[] chunk = new byte[64 << 10]; ; written += chunk.Length) await stream.Output.WriteAsync(chunk);
        }
    });

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1", PathKind.Lan)]
    [InlineData("192.168.1.5", "192.168.1.9", PathKind.Lan)]
    [InlineData("192.168.1.5", "8.8.8.8", PathKind.Direct)]
    [InlineData("2001:db8:1:2::5", "2001:db8:1:2::9", PathKind.Lan)]
    [InlineData("2001:db8:1:2::5", "2001:db8:1:3::9", PathKind.Direct)]
    [InlineData("fe80::1", "fe80::2", PathKind.Lan)]
    public void A_path_is_near_when_the_other_end_is_in_a_private_network_or_in_ours(string local, string remote, PathKind expected)
    {
        static Multiaddr At(string ip) => Multiaddr.From(new IPEndPoint(IPAddress.Parse(ip), 4001));
        (MemoryLink link, _) = MemoryLink.Pair(At(local), At(remote), new LinkQuality(), TimeProvider.System);
        Assert.Equal(expected, Paths.Of(link));
    }
}
