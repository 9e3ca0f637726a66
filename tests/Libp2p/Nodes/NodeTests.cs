using System.Buffers;
using System.IO.Pipelines;
using Vault.Libp2p.Memory;
using Vault.Libp2p.Multiaddrs;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Libp2p.Tests.Nodes;

public class NodeTests
{
    [Fact]
    public void Two_nodes_of_one_network_echo_a_message() => VirtualRun.Of(async time =>
    {
        NodeOptions options = new() { Networks = [TestNode.Network(1)] };
        MemoryNetwork network = new(time);
        await using TestNode a = await TestNode.StartAsync(network, time, 1, options), b = await TestNode.StartAsync(network, time, 2, options);
        b.Node.Handle(Protocols.Echo, Protocols.EchoAsync);
        Assert.Equal(b.Id, await a.Node.DialAsync(b.Address));
        await using PeerStream stream = await a.Node.OpenStreamAsync(b.Id, Protocols.Echo);
        await stream.Output.WriteAsync("hello"u8.ToArray());
        await stream.Output.CompleteAsync();
        Assert.Equal("hello"u8.ToArray(), await Protocols.ReadAllAsync(stream.Input));
        Assert.Equal(b.Id, stream.Peer);
    });

    [Fact]
    public void The_channel_binding_is_the_same_at_both_ends_and_differs_between_connections() => VirtualRun.Of(async time =>
    {
        MemoryNetwork network = new(time);
        await using TestNode a = await TestNode.StartAsync(network, time, 1), b = await TestNode.StartAsync(network, time, 2), c = await TestNode.StartAsync(network, time, 3);
        List<Hash32> seen = [];
        b.Node.Handle("/bind", (stream, _) =>
        {
            seen.Add(stream.ChannelBinding);
            return Task.CompletedTask;
        });
        foreach (TestNode dialer in new[] { a, c })
        {
            await dialer.Node.DialAsync(b.Address);
            await using PeerStream stream = await dialer.Node.OpenStreamAsync(b.Id, "/bind");
            await Protocols.ReadAllAsync(stream.Input);
            Assert.Equal(seen[^1], stream.ChannelBinding);
        }
        Assert.NotEqual(seen[0], seen[1]);
    });

    [Theory]
    [InlineData(1, 2)]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    public void Nodes_of_different_networks_never_meet(byte dialer, byte listener) => VirtualRun.Of(async time =>
    {
        MemoryNetwork network = new(time);
        await using TestNode a = await TestNode.StartAsync(network, time, 1, new NodeOptions { Networks = dialer == 0 ? [] : [TestNode.Network(dialer)] });
        await using TestNode b = await TestNode.StartAsync(network, time, 2, new NodeOptions { Networks = listener == 0 ? [] : [TestNode.Network(listener)] });
        await Assert.ThrowsAnyAsync<Exception>(() => a.Node.DialAsync(b.Address));
        PeerStatus status = Assert.Single(a.Node.Peers);
        Assert.Equal(PeerState.BackingOff, status.State);
        Assert.NotNull(status.LastFailure);
        Assert.Empty(b.Node.Peers);
        Assert.NotEmpty(b.Refusals);
    });

    [Fact]
    public void A_listener_with_a_ring_of_keys_serves_dialers_of_each() => VirtualRun.Of(async time =>
    {
        MemoryNetwork network = new(time);
        await using TestNode b = await TestNode.StartAsync(network, time, 9, new NodeOptions { Networks = [TestNode.Network(1), TestNode.Network(2), TestNode.Network(3)] });
        for (byte key = 1; key <= 3; key++)
        {
            await using TestNode a = await TestNode.StartAsync(network, time, key, new NodeOptions { Networks = [TestNode.Network(key)] });
            await a.Node.DialAsync(b.Address);
            await a.Node.PingAsync(b.Id);
        }
    });

    [Fact]
    public void Whoever_answers_under_another_name_is_refused() => VirtualRun.Of(async time =>
    {
        MemoryNetwork network = new(time);
        await using TestNode a = await TestNode.StartAsync(network, time, 1), b = await TestNode.StartAsync(network, time, 2), c = await TestNode.StartAsync(network, time, 3);
        Multiaddr wrong = b.Address.WithoutPeer()!.WithPeer(c.Id);
        await Assert.ThrowsAsync<ProtocolException>(() => a.Node.DialAsync(wrong));
        await Assert.ThrowsAsync<ProtocolException>(() => a.Node.DialAsync(a.Address));
        Assert.DoesNotContain(a.Node.Peers, peer => peer.State == PeerState.Connected);
    });

    [Fact]
    public void A_peer_that_is_not_admitted_stays_outside_in_both_directions() => VirtualRun.Of(async time =>
    {
        MemoryNetwork network = new(time);
        await using TestNode a = await TestNode.StartAsync(network, time, 1);
        await using TestNode b = await TestNode.StartAsync(network, time, 2, new NodeOptions { Admit = peer => peer != a.Id });
        await Assert.ThrowsAnyAsync<Exception>(() => b.Node.DialAsync(a.Address));
        await a.Node.DialAsync(b.Address); // the dialer is done before the listener can judge it
        await time.Pass(TimeSpan.FromMilliseconds(1000));
        Assert.DoesNotContain(b.Node.Peers, peer => peer.State == PeerState.Connected);
        Assert.DoesNotContain(a.Node.Peers, peer => peer.State == PeerState.Connected);
        Assert.Contains(b.Refusals, reason => reason.Contains("not admitted"));
    });

    [Fact]
    public void Failed_dials_back_off_further_each_time_and_a_named_address_is_tried_at_once() => VirtualRun.Of(async time =>
    {
        MemoryNetwork network = new(time);
        await using TestNode a = await TestNode.StartAsync(network, time, 1), b = await TestNode.StartAsync(network, time, 2);
        network.Cut(a.Host, b.Host);
        a.Node.AddAddress(b.Id, b.Address);
        TimeSpan last = TimeSpan.Zero;
        for (int i = 0; i < 4; i++)
        {
            await Assert.ThrowsAnyAsync<Exception>(() => a.Node.DialAsync(b.Id));
            TimeSpan pause = Assert.Single(a.Node.Peers).RetryAt!.Value - time.GetUtcNow();
            Assert.True(pause > last * 1.5, $"{i}: {pause} after {last}");
            Exception waiting = await Assert.ThrowsAsync<ProtocolException>(() => a.Node.DialAsync(b.Id));
            Assert.Contains("not tried again", waiting.Message);
            await time.Pass(pause + TimeSpan.FromMilliseconds(1));
            last = pause;
        }
        network.Heal(a.Host, b.Host);
        await a.Node.DialAsync(b.Address);
        Assert.Equal(PeerState.Connected, Assert.Single(a.Node.Peers).State);
    });

    [Fact]
    public void Each_learns_what_the_other_speaks_and_hears_of_changes() => VirtualRun.Of(async time =>
    {
        MemoryNetwork network = new(time);
        await using TestNode a = await TestNode.StartAsync(network, time, 1), b = await TestNode.StartAsync(network, time, 2);
        await a.Node.DialAsync(b.Address);
        await time.Pass(TimeSpan.FromMilliseconds(1000));
        PeerStatus known = Assert.Single(a.Node.Peers);
        Assert.Equal("vault/0.1", known.Agent);
        Assert.Contains("/ipfs/ping/1.0.0", known.Protocols);
        Assert.Equal([b.Address.WithoutPeer()!], known.ListenAddresses);
        Assert.StartsWith($"/ip4/{a.Host}/tcp/", known.ObservedAddress!.ToString());
        b.Node.Handle("/new/1", Protocols.EchoAsync);
        await time.Pass(TimeSpan.FromMilliseconds(5000));
        Assert.Contains("/new/1", Assert.Single(a.Node.Peers).Protocols);
    });

    [Fact]
    public void The_first_byte_of_a_stream_arrives_after_as_few_round_trips_as_the_protocols_allow() => VirtualRun.Of(async time =>
    {
        TimeSpan latency = TimeSpan.FromMilliseconds(50);
        MemoryNetwork network = new(time) { Quality = new LinkQuality(latency) };
        await using TestNode a = await TestNode.StartAsync(network, time, 1, new NodeOptions { Networks = [TestNode.Network(1)] });
        await using TestNode b = await TestNode.StartAsync(network, time, 2, new NodeOptions { Networks = [TestNode.Network(1)] });
        TimeSpan? arrived = null;
        b.Node.Handle(Protocols.Echo, async (stream, cancel) =>
        {
            await stream.Input.ReadAsync(cancel);
            arrived = time.Elapsed;
        });
        await a.Node.DialAsync(b.Address);
        // One for TCP, one for the two messages that the dialer can't do without.
        Assert.Equal(4 * latency, time.Elapsed);
        PeerStream stream = await a.Node.FindConnection(b.Id)!.OpenStreamAsync([Protocols.Echo], lazy: true, default);
        await stream.Output.WriteAsync("x"u8.ToArray());
        await time.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(5 * latency, arrived);
    });

    [Fact]
    public void When_both_dial_at_once_both_connections_work_and_one_is_kept() => VirtualRun.Of(async time =>
    {
        MemoryNetwork network = new(time) { Quality = new LinkQuality(TimeSpan.FromMilliseconds(20)) };
        await using TestNode a = await TestNode.StartAsync(network, time, 1), b = await TestNode.StartAsync(network, time, 2);
        await Task.WhenAll(a.Node.DialAsync(b.Address), b.Node.DialAsync(a.Address));
        await time.Pass(TimeSpan.FromMilliseconds(500));
        Assert.Equal(2, Assert.Single(a.Node.Peers).ConnectedAt.Count);
        await Task.WhenAll(a.Node.PingAsync(b.Id), b.Node.PingAsync(a.Id));
        await time.Pass(TimeSpan.FromMilliseconds(10_000));
        Assert.Single(Assert.Single(a.Node.Peers).ConnectedAt);
        Assert.Single(Assert.Single(b.Node.Peers).ConnectedAt);
        await Task.WhenAll(a.Node.PingAsync(b.Id), b.Node.PingAsync(a.Id));
    });

    [Fact]
    public void A_pulled_cable_is_noticed_by_keep_alive_and_healed_by_dialing_again() => VirtualRun.Of(async time =>
    {
        MemoryNetwork network = new(time);
        await using TestNode a = await TestNode.StartAsync(network, time, 1), b = await TestNode.StartAsync(network, time, 2);
        await a.Node.DialAsync(b.Address);
        await a.Node.PingAsync(b.Id);
        network.Cut(a.Host, b.Host);
        await time.Pass(TimeSpan.FromMilliseconds(1000));
        Assert.Equal(PeerState.Disconnected, Assert.Single(a.Node.Peers).State);
        network.Heal(a.Host, b.Host);
        await a.Node.PingAsync(b.Id);
    });

    [Fact]
    public void A_large_transfer_fills_the_link_and_a_chat_stays_quick_beside_it() => VirtualRun.Of(async time =>
    {
        const int rate = 2_000_000, size = 10_000_000;
        TimeSpan latency = TimeSpan.FromMilliseconds(10);
        MemoryNetwork network = new(time) { Quality = new LinkQuality(latency, rate) };
        await using TestNode a = await TestNode.StartAsync(network, time, 1), b = await TestNode.StartAsync(network, time, 2);
        TaskCompletionSource<long> received = new();
        b.Node.Handle("/bulk", async (stream, _) => received.SetResult(await Protocols.CountAsync(stream.Input)));
        await a.Node.DialAsync(b.Address);
        await a.Node.PingAsync(b.Id);

        TimeSpan startedAt = time.Elapsed, slowest = default;
        Task sending = SendAsync();
        while (!received.Task.IsCompleted)
        {
            TimeSpan ping = await a.Node.PingAsync(b.Id);
            if (ping > slowest) slowest = ping;
            await time.Pass(TimeSpan.FromMilliseconds(100));
        }
        await sending;
        Assert.Equal(size, await received.Task);
        TimeSpan floor = TimeSpan.FromSeconds((double)size / rate);
        Assert.InRange(time.Elapsed - startedAt, floor, 1.2 * floor);
        // What lies before it: at most 64 KiB taken for the wire, one frame being sealed and the link's own buffers.
        Assert.True(slowest < 4 * latency + TimeSpan.FromSeconds(256.0 * 1024 / rate), $"a ping took {slowest}");

        async Task SendAsync()
        {
            await using PeerStream stream = await a.Node.OpenStreamAsync(b.Id, "/bulk");
            byte[] chunk = new byte[20_000];
            for (int sent = 0; sent < size; sent += chunk.Length) await stream.Output.WriteAsync(chunk);
        }
    });

    [Fact]
    public void A_thousand_streams_are_opened_and_closed_at_once() => VirtualRun.Of(async time =>
    {
        MemoryNetwork network = new(time);
        await using TestNode a = await TestNode.StartAsync(network, time, 1), b = await TestNode.StartAsync(network, time, 2);
        await a.Node.DialAsync(b.Address);
        await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => a.Node.PingAsync(b.Id)));
        await time.Pass(TimeSpan.FromMilliseconds(2 * 60_000));
        Assert.Equal(0, a.Node.FindConnection(b.Id)!.StreamCount);
        Assert.Equal(0, b.Node.FindConnection(a.Id)!.StreamCount);
    });

    [Fact]
    public void Closing_lets_what_was_written_arrive() => VirtualRun.Of(async time =>
    {
        MemoryNetwork network = new(time) { Quality = new LinkQuality(TimeSpan.FromMilliseconds(30)) };
        TestNode a = await TestNode.StartAsync(network, time, 1);
        await using TestNode b = await TestNode.StartAsync(network, time, 2);
        TaskCompletionSource<byte[]> received = new();
        b.Node.Handle("/last-words", async (stream, _) => received.SetResult(await Protocols.ReadAllAsync(stream.Input)));
        await a.Node.DialAsync(b.Address);
        PeerStream stream = await a.Node.OpenStreamAsync(b.Id, "/last-words");
        await stream.Output.WriteAsync(new byte[50_000]);
        await stream.DisposeAsync();
        await a.DisposeAsync();
        Assert.Equal(50_000, (await received.Task).Length);
    });

    [Fact]
    public void A_protocol_nobody_serves_is_refused_and_costs_only_its_stream() => VirtualRun.Of(async time =>
    {
        MemoryNetwork network = new(time);
        await using TestNode a = await TestNode.StartAsync(network, time, 1), b = await TestNode.StartAsync(network, time, 2);
        b.Node.Handle("/broken", (_, _) => throw new InvalidOperationException("a handler's bug"));
        b.Node.Handle(Protocols.Echo, Protocols.EchoAsync);
        await a.Node.DialAsync(b.Address);
        await Assert.ThrowsAsync<ProtocolException>(() => a.Node.OpenStreamAsync(b.Id, "/no/such"));
        await using PeerStream broken = await a.Node.OpenStreamAsync(b.Id, "/broken");
        await Assert.ThrowsAsync<ProtocolException>(() => Protocols.ReadAllAsync(broken.Input));
        await using PeerStream second = await a.Node.OpenStreamAsync(b.Id, ["/no/such", Protocols.Echo]);
        Assert.Equal(Protocols.Echo, second.Protocol);
    });
}
