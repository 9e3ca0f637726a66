using System.IO.Pipelines;
using Vault.Libp2p.Multiaddrs;
using Vault.Libp2p.Tcp;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Libp2p.Tests.Nodes;

/// <summary>The same node on real sockets and threads.</summary>
public class TcpTests
{
    [Theory]
    [InlineData("/ip4/127.0.0.1/tcp/0", null)]
    [InlineData("/ip6/::1/tcp/0", null)]
    [InlineData("/ip4/127.0.0.1/tcp/0", "/dns4/localhost/tcp/")]
    public async Task Bytes_pass_both_ways_intact_on_several_streams_at_once(string listen, string? dial)
    {
        if (listen.Contains("ip6") && !System.Net.Sockets.Socket.OSSupportsIPv6) return;
        NodeOptions options = new() { Networks = [TestNode.Network(1)] };
        using Ed25519Key aKey = Ed25519Key.Generate(RandomSource.System), bKey = Ed25519Key.Generate(RandomSource.System);
        await using Node a = new(options, aKey, TimeProvider.System, RandomSource.System, new TcpTransport(TimeProvider.System));
        await using Node b = new(options, bKey, TimeProvider.System, RandomSource.System, new TcpTransport(TimeProvider.System));
        b.Handle(Protocols.Echo, Protocols.EchoAsync);
        Multiaddr address = await b.ListenAsync(Multiaddr.Parse(listen)!);
        if (dial is not null && address.TryGetTcp(out TcpTarget? target)) address = Multiaddr.Parse(dial + target.Port)!.WithPeer(b.Id);
        Assert.Equal(b.Id, await a.DialAsync(address));

        await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
        {
            byte[] data = RandomSource.Seeded((ulong)i).Bytes(3_000_000 + i);
            await using PeerStream stream = await a.OpenStreamAsync(b.Id, Protocols.Echo);
            Task<byte[]> reading = ReadAsync(stream.Input, data.Length);
            for (int at = 0; at < data.Length; at += 100_000) await stream.Output.WriteAsync(data.AsMemory(at, Math.Min(100_000, data.Length - at)));
            await stream.Output.CompleteAsync();
            Assert.Equal(data, await reading);
        }));
    }

    [Fact]
    public void Every_interface_is_told_by_its_addresses()
    {
        Multiaddr everywhere = Multiaddr.Parse("/ip4/0.0.0.0/tcp/7")!, one = Multiaddr.Parse("/ip4/127.0.0.1/tcp/7")!;
        List<Multiaddr> told = [.. InterfaceAddresses.Expand(everywhere)];
        Assert.Contains(one, told);
        Assert.DoesNotContain(everywhere, told);
        Assert.Equal([one], InterfaceAddresses.Expand(one));
    }

    static async Task<byte[]> ReadAsync(PipeReader input, int size)
    {
        using MemoryStream whole = new(size);
        while (true)
        {
            ReadResult result = await input.ReadAsync();
            foreach (ReadOnlyMemory<byte> segment in result.Buffer) whole.Write(segment.Span);
            input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted) return whole.ToArray();
        }
    }
}
