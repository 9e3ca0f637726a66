using Vault.Libp2p.Memory;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Libp2p.Tests.Nodes;

/// <summary>Limits on what a node moves in a second: kept, shared, changed while bulk runs, and no burden to small talk.</summary>
public class BandwidthTests
{
    const long Rate = 200_000;
    const int Size = 2_000_000;

    static readonly TimeSpan Floor = TimeSpan.FromSeconds((double)Size / Rate);

    static async Task<MemoryNetwork> NewNetwork(VirtualTime time)
    {
        await Task.Yield();
        return new MemoryNetwork(time) { Quality = new LinkQuality(TimeSpan.FromMilliseconds(5), 10_000_000) };
    }

    static async Task SendAsync(TestNode from, TestNode to, int size = Size)
    {
        await using PeerStream stream = await from.Node.OpenStreamAsync(to.Id, "/bulk");
        byte[] chunk = new byte[20_000];
        for (int sent = 0; sent < size; sent += chunk.Length) await stream.Output.WriteAsync(chunk);
        await stream.Output.CompleteAsync();
        await Protocols.ReadAllAsync(stream.Input);
    }

    static Task ReceiveAsync(PeerStream stream, CancellationToken cancel) => Protocols.CountAsync(stream.Input);

    /// <summary>The slowest ping while a task runs.</summary>
    static async Task<TimeSpan> SlowestPingAsync(VirtualTime time, TestNode from, TestNode to, Task while_)
    {
        TimeSpan slowest = default;
        while (!while_.IsCompleted)
        {
            TimeSpan ping = await from.Node.PingAsync(to.Id);
            if (ping > slowest) slowest = ping;
            await time.Pass(TimeSpan.FromMilliseconds(100));
        }
        return slowest;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_limit_is_kept_by_bulk_in_either_direction_and_small_talk_stays_quick(bool limitsSender) => VirtualRun.Of(async time =>
    {
        MemoryNetwork network = await NewNetwork(time);
        await using TestNode a = await TestNode.StartAsync(network, time, 1, limitsSender ? new NodeOptions { UploadLimit = Rate } : null);
        await using TestNode b = await TestNode.StartAsync(network, time, 2, limitsSender ? null : new NodeOptions { DownloadLimit = Rate });
        b.Node.Handle("/bulk", ReceiveAsync);
        await a.Node.DialAsync(b.Address);
        await time.Pass(TimeSpan.FromSeconds(1));
        TimeSpan startedAt = time.Elapsed;
        Task sending = SendAsync(a, b);
        TimeSpan slowest = await SlowestPingAsync(time, a, b, sending);
        await sending;
        Assert.InRange(time.Elapsed - startedAt, 0.85 * Floor, 1.15 * Floor); // a window and a burst may come before the limit bites
        Assert.True(slowest < TimeSpan.FromMilliseconds(150), $"a ping took {slowest}");
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Connections_share_a_limit_evenly(bool upload) => VirtualRun.Of(async time =>
    {
        MemoryNetwork network = await NewNetwork(time);
        await using TestNode hub = await TestNode.StartAsync(network, time, 1, upload ? new NodeOptions { UploadLimit = Rate } : new NodeOptions { DownloadLimit = Rate });
        await using TestNode b = await TestNode.StartAsync(network, time, 2), c = await TestNode.StartAsync(network, time, 3);
        foreach (TestNode node in new[] { hub, b, c }) node.Node.Handle("/bulk", ReceiveAsync);
        await hub.Node.DialAsync(b.Address);
        await hub.Node.DialAsync(c.Address);
        await time.Pass(TimeSpan.FromSeconds(1));
        TimeSpan startedAt = time.Elapsed;
        List<TimeSpan> ended = [];
        async Task RunAsync(TestNode other)
        {
            await (upload ? SendAsync(hub, other) : SendAsync(other, hub));
            ended.Add(time.Elapsed - startedAt);
        }
        await Task.WhenAll(RunAsync(b), RunAsync(c));
        Assert.All(ended, one => Assert.InRange(one, 1.6 * Floor, 2.2 * Floor));
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_limit_that_is_changed_while_bulk_runs_holds_from_then_on(bool upload) => VirtualRun.Of(async time =>
    {
        MemoryNetwork network = await NewNetwork(time);
        await using TestNode a = await TestNode.StartAsync(network, time, 1), b = await TestNode.StartAsync(network, time, 2);
        b.Node.Handle("/bulk", ReceiveAsync);
        await a.Node.DialAsync(b.Address);
        void Limit(long? rate)
        {
            if (upload) a.Node.Upload.BytesPerSecond = rate;
            else b.Node.Download.BytesPerSecond = rate;
        }
        Limit(8192);
        TimeSpan startedAt = time.Elapsed;
        Task sending = SendAsync(a, b);
        await time.Pass(TimeSpan.FromSeconds(20));
        Assert.InRange(a.Node.Peers[0].BytesOut, 20 * 8192 / 2, 20 * 8192 + 600_000);
        Limit(Rate);
        await time.Pass(TimeSpan.FromSeconds(2));
        Assert.False(sending.IsCompleted);
        Limit(null);
        await sending;
        Assert.InRange(time.Elapsed - startedAt, TimeSpan.FromSeconds(22), TimeSpan.FromSeconds(23));
    });

    [Fact]
    public void A_crowd_of_new_streams_keeps_the_limit_of_downloads_too() => VirtualRun.Of(async time =>
    {
        MemoryNetwork network = await NewNetwork(time);
        await using TestNode a = await TestNode.StartAsync(network, time, 1);
        await using TestNode b = await TestNode.StartAsync(network, time, 2, new NodeOptions { DownloadLimit = Rate });
        b.Node.Handle("/bulk", ReceiveAsync);
        await a.Node.DialAsync(b.Address);
        TimeSpan startedAt = time.Elapsed;
        for (int i = 0; i < 20; i++) await SendAsync(a, b, size: 100_000); // each well inside its first window
        Assert.InRange(time.Elapsed - startedAt, 0.65 * Floor, 1.1 * Floor); // what two first windows bring comes before it bites
    });

    [Fact]
    public void A_node_under_a_limit_closes_without_waiting_for_it() => VirtualRun.Of(async time =>
    {
        MemoryNetwork network = await NewNetwork(time);
        TestNode a = await TestNode.StartAsync(network, time, 1, new NodeOptions { UploadLimit = 4096 });
        await using TestNode b = await TestNode.StartAsync(network, time, 2);
        b.Node.Handle("/bulk", ReceiveAsync);
        await a.Node.DialAsync(b.Address);
        Task sending = SendAsync(a, b);
        await time.Pass(TimeSpan.FromSeconds(1));
        TimeSpan startedAt = time.Elapsed;
        await a.DisposeAsync();
        Assert.True(time.Elapsed - startedAt < TimeSpan.FromSeconds(5));
        await Assert.ThrowsAnyAsync<Exception>(() => sending);
    });

    [Fact]
    public void What_moves_is_counted_at_both_ends_and_survives_the_connection() => VirtualRun.Of(async time =>
    {
        MemoryNetwork network = await NewNetwork(time);
        await using TestNode a = await TestNode.StartAsync(network, time, 1), b = await TestNode.StartAsync(network, time, 2);
        b.Node.Handle("/bulk", ReceiveAsync);
        await a.Node.DialAsync(b.Address);
        await SendAsync(a, b);
        await time.Pass(TimeSpan.FromSeconds(1));
        PeerStatus sender = Assert.Single(a.Node.Peers), receiver = Assert.Single(b.Node.Peers);
        Assert.InRange(sender.BytesOut, Size, Size * 1.01);
        Assert.Equal((sender.BytesOut, sender.BytesIn), (receiver.BytesIn, receiver.BytesOut));
        Assert.Equal(sender.BytesOut, Assert.Single(sender.Connections).BytesOut);
        await a.Node.DisconnectAsync(b.Id);
        await a.Node.PingAsync(b.Id);
        Assert.True(a.Node.Peers[0].BytesOut > sender.BytesOut);
        Assert.True(a.Node.Peers[0].Connections[0].BytesOut < Size);
    });
}
