using System.Buffers;
using System.IO.Pipelines;
using Vault.Libp2p.Memory;
using Vault.Libp2p.Multiaddrs;
using Vault.Libp2p.Psk;
using Vault.Libp2p.Upgrade;
using Vault.Libp2p.Yamux;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Libp2p.Tests.Nodes;

/// <summary>
/// Peers that mean harm, against a node with an honest guest: every attack ends with the attacker's connection or stream closed
/// for a reason, bounded work on our side, and the guest undisturbed.
/// </summary>
public class HostileTests
{
    /// <summary>A node, an honest guest that is connected all along, and a place to attack from.</summary>
    sealed class Scene(MemoryNetwork network, VirtualTime time, TestNode node, TestNode guest) : IAsyncDisposable
    {
        public TestNode Node => node;
        public MemoryNetwork Network => network;

        public static async Task<Scene> StartAsync(VirtualTime time, NodeOptions? options = null)
        {
            MemoryNetwork network = new(time);
            Scene scene = new(network, time, await TestNode.StartAsync(network, time, 1, options), await TestNode.StartAsync(network, time, 2));
            scene.Node.Node.Handle(Protocols.Echo, Protocols.EchoAsync);
            await scene.AssertServesAsync();
            return scene;
        }

        public async Task<ILink> LinkAsync(int from = 66) => await network.Host($"10.66.0.{from}").DialAsync(node.Address, default);

        /// <summary>A muxed connection in the hands of somebody who writes frames himself.</summary>
        public async Task<Attacker> AttackerAsync(int seed = 99)
        {
            RandomSource random = RandomSource.Seeded((ulong)seed);
            Ed25519Key key = Ed25519Key.Generate(random);
            SecuredLink link = await new Upgrader(key, random, _ => true).DialAsync(await LinkAsync(), node.Id, null, default);
            return new Attacker(link);
        }

        public async Task AssertServesAsync()
        {
            await guest.Node.DialAsync(node.Address);
            Assert.True(await guest.Node.PingAsync(node.Id) < TimeSpan.FromSeconds(1));
            TestNode newcomer = await TestNode.StartAsync(network, time, 100 + random++);
            await newcomer.Node.DialAsync(node.Address);
            await newcomer.Node.PingAsync(node.Id);
            await newcomer.DisposeAsync();
        }

        int random;

        public async ValueTask DisposeAsync()
        {
            await AssertServesAsync();
            await guest.DisposeAsync();
            await node.DisposeAsync();
        }
    }

    /// <summary>Speaks Yamux by hand over a good handshake.</summary>
    sealed class Attacker(SecuredLink link)
    {
        public PeerId Self { get; } = link.Peer;

        public async Task<bool> SendAsync(params byte[][] frames)
        {
            foreach (byte[] frame in frames)
            {
                for (int at = 0; at < frame.Length; at += 60_000)
                {
                    int length = Math.Min(60_000, frame.Length - at);
                    Span<byte> sealedFrame = link.Pipe.Output.GetSpan(length + 18);
                    frame.AsSpan(at, length).CopyTo(sealedFrame[2..]);
                    link.Pipe.Output.Advance(link.Noise.Seal(sealedFrame, length));
                }
            }
            return !(await link.Pipe.Output.FlushAsync()).IsCompleted;
        }

        public static byte[] Frame(FrameType type, FrameFlags flags, uint stream, uint length, params byte[] payload)
        {
            byte[] frame = new byte[FrameHeader.Size + payload.Length];
            new FrameHeader(type, flags, stream, length).Write(frame);
            payload.CopyTo(frame, FrameHeader.Size);
            return frame;
        }

        /// <summary>Everything the node says until it closes; the last frames tell why.</summary>
        public async Task<List<FrameHeader>> UntilClosedAsync()
        {
            List<FrameHeader> frames = [];
            List<byte> plain = [];
            try
            {
                while (true)
                {
                    ReadResult result = await link.Pipe.Input.ReadAsync();
                    ReadOnlySequence<byte> rest = result.Buffer;
                    while (link.Noise.TryOpen(ref rest, out ReadOnlySpan<byte> opened)) plain.AddRange(opened);
                    link.Pipe.Input.AdvanceTo(rest.Start, rest.End);
                    if (result.IsCompleted) break;
                }
            }
            catch (ProtocolException)
            {
                // Cut off: as good an end as any.
            }
            for (int at = 0; at + FrameHeader.Size <= plain.Count;)
            {
                FrameHeader header = FrameHeader.Read([.. plain.Skip(at).Take(FrameHeader.Size)])!.Value;
                frames.Add(header);
                at += FrameHeader.Size + (header.Type == FrameType.Data ? (int)header.Length : 0);
            }
            return frames;
        }
    }

    static void AssertToldProtocolError(List<FrameHeader> frames) =>
        Assert.Contains(frames, frame => frame is { Type: FrameType.GoAway, Length: (uint)GoAwayCode.ProtocolError });

    static byte[] Open(uint id) => Attacker.Frame(FrameType.WindowUpdate, FrameFlags.Syn, id, 0);

    [Fact]
    public void A_handshake_that_drips_is_cut_off_after_its_deadline() => VirtualRun.Of(async time =>
    {
        await using Scene scene = await Scene.StartAsync(time);
        ILink link = await scene.LinkAsync();
        TimeSpan startedAt = time.Elapsed;
        try
        {
            foreach (byte b in "\u0013/multistream/1.0.0\n"u8.ToArray())
            {
                if ((await link.Output.WriteAsync(new[] { b })).IsCompleted) break;
                await time.Pass(TimeSpan.FromSeconds(2));
            }
            Assert.Fail("A slow handshake went on for long.");
        }
        catch (Exception e) when (e is ProtocolException or InvalidOperationException)
        {
            Assert.InRange(time.Elapsed - startedAt, TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(13));
        }
        Assert.Contains("The handshake took too long.", scene.Node.Refusals);
    });

    [Fact]
    public void A_flood_of_half_open_links_is_turned_away_at_the_limit_and_is_gone_after_the_deadline() => VirtualRun.Of(async time =>
    {
        NodeLimits limits = new() { MaxHalfOpenPerAddress = 20, MaxHalfOpen = 50 };
        await using Scene scene = await Scene.StartAsync(time, new NodeOptions { Limits = limits });
        for (int host = 1; host <= 10; host++)
            for (int i = 0; i < 30; i++) await scene.LinkAsync(host);
        await time.Pass(TimeSpan.FromMilliseconds(1));
        Assert.Equal(300 - 50, scene.Node.Refusals.Count);
        Assert.Equal(20, scene.Node.Refusals.Count(reason => reason.Contains("from one address")));
        await time.Pass(TimeSpan.FromSeconds(11));
        Assert.Equal(300, scene.Node.Refusals.Count);
    });

    [Fact]
    public void Garbage_at_every_stage_costs_only_its_own_link() => VirtualRun.Of(async time =>
    {
        await using Scene scene = await Scene.StartAsync(time);
        RandomSource random = RandomSource.Seeded(7);
        foreach (byte[] start in new byte[][] { [], [.. "\u0013/multistream/1.0.0\n"u8], [.. "\u0013/multistream/1.0.0\n\u0007/noise\n"u8], [.. "\u0013/multistream/1.0.0\n\u0007/noise\n"u8, 0, 32] })
            for (int i = 0; i < 20; i++)
            {
                ILink link = await scene.LinkAsync();
                await link.Output.WriteAsync((byte[])[.. start, .. random.BytesUpTo(5000)]);
                await link.Output.CompleteAsync();
            }
        await time.Pass(TimeSpan.FromSeconds(30));
        Assert.Equal(80, scene.Node.Refusals.Count);
    });

    [Fact]
    public void A_frame_past_the_window_closes_the_connection_with_a_reason() => VirtualRun.Of(async time =>
    {
        await using Scene scene = await Scene.StartAsync(time);
        Attacker attacker = await scene.AttackerAsync();
        await attacker.SendAsync(Open(1), Attacker.Frame(FrameType.Data, FrameFlags.None, 1, MuxLimits.InitialWindow + 1, new byte[100]));
        AssertToldProtocolError(await attacker.UntilClosedAsync());
        Assert.Contains(scene.Node.Node.Peers, peer => peer.LastFailure?.Contains("window") == true);
    });

    [Theory]
    [InlineData(9, 1)]  // an unknown version
    [InlineData(0, 9)]  // an unknown type
    public void A_header_that_is_none_closes_the_connection_with_a_reason(byte version, byte type) => VirtualRun.Of(async time =>
    {
        await using Scene scene = await Scene.StartAsync(time);
        Attacker attacker = await scene.AttackerAsync();
        await attacker.SendAsync([version, type, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
        AssertToldProtocolError(await attacker.UntilClosedAsync());
    });

    [Fact]
    public void Reusing_a_living_id_or_one_of_our_side_closes_the_connection_with_a_reason() => VirtualRun.Of(async time =>
    {
        await using Scene scene = await Scene.StartAsync(time);
        foreach (byte[][] frames in new byte[][][] { [Open(1), Open(1)], [Open(2)], [Open(0)] })
        {
            Attacker attacker = await scene.AttackerAsync();
            await attacker.SendAsync(frames);
            AssertToldProtocolError(await attacker.UntilClosedAsync());
        }
    });

    [Fact]
    public void A_storm_of_streams_opened_and_reset_ends_that_connection() => VirtualRun.Of(async time =>
    {
        await using Scene scene = await Scene.StartAsync(time);
        Attacker attacker = await scene.AttackerAsync();
        Task<List<FrameHeader>> closed = attacker.UntilClosedAsync();
        try
        {
            for (uint id = 1; id < 20_000 && !closed.IsCompleted; id += 2)
                await attacker.SendAsync(Open(id), Attacker.Frame(FrameType.WindowUpdate, FrameFlags.Rst, id, 0));
        }
        catch (Exception e) when (e is ProtocolException or InvalidOperationException)
        {
            // Cut off while it was still storming.
        }
        AssertToldProtocolError(await closed);
        Assert.Contains(scene.Node.Node.Peers, peer => peer.LastFailure?.Contains("resets") == true);
    });

    [Fact]
    public void A_peer_that_never_reads_is_held_to_bounded_buffers_and_given_up_by_keep_alive() => VirtualRun.Of(async time =>
    {
        await using Scene scene = await Scene.StartAsync(time);
        Attacker attacker = await scene.AttackerAsync();
        byte[] hello = [.. "\u0013/multistream/1.0.0\n\u000C/echo/1.0.0\n"u8];
        long taken = 0;
        Task sending = SendAsync();
        await time.Pass(TimeSpan.FromSeconds(20));
        long afterTwenty = taken;
        await time.Pass(TimeSpan.FromSeconds(20));
        Assert.Equal(afterTwenty, taken); // nothing moves any more: what was taken is all that is ever held
        Assert.True(taken < 2 * MuxLimits.InitialWindow + 512 * 1024, $"{taken} bytes were taken from a peer that reads nothing");
        await time.Pass(TimeSpan.FromSeconds(60));
        await sending;
        Assert.DoesNotContain(scene.Node.Node.Peers, peer => peer.State == PeerState.Connected && peer.ConnectedAt.Any(address => address.ToString().Contains("10.66.")));
        Assert.Contains(scene.Node.Node.Peers, peer => peer.LastFailure?.Contains("no longer answers") == true);

        async Task SendAsync()
        {
            try
            {
                await attacker.SendAsync(Open(1), Attacker.Frame(FrameType.Data, FrameFlags.None, 1, (uint)hello.Length, hello));
                for (int i = hello.Length; i + 1000 < MuxLimits.InitialWindow; i += 1000)
                {
                    await attacker.SendAsync(Attacker.Frame(FrameType.Data, FrameFlags.None, 1, 1000, new byte[1000]));
                    taken += 1000;
                }
            }
            catch (Exception e) when (e is ProtocolException or InvalidOperationException)
            {
                // Cut off.
            }
        }
    });

    [Fact]
    public void A_flood_of_pings_whose_answers_are_never_read_ends_that_connection() => VirtualRun.Of(async time =>
    {
        await using Scene scene = await Scene.StartAsync(time);
        Attacker attacker = await scene.AttackerAsync();
        try
        {
            for (int i = 0; i < 100_000; i++) await attacker.SendAsync(Attacker.Frame(FrameType.Ping, FrameFlags.Syn, 0, 1));
            Assert.Fail("A hundred thousand pings were taken.");
        }
        catch (Exception e) when (e is ProtocolException or InvalidOperationException)
        {
            // Cut off.
        }
        Assert.Contains(scene.Node.Node.Peers, peer => peer.LastFailure?.Contains("faster than it reads") == true);
    });

    [Fact]
    public void Streams_that_never_name_a_protocol_are_reset_after_their_deadline() => VirtualRun.Of(async time =>
    {
        await using Scene scene = await Scene.StartAsync(time);
        Attacker attacker = await scene.AttackerAsync();
        Task<List<FrameHeader>> closed = attacker.UntilClosedAsync();
        for (uint id = 1; id < 2 * 1500; id += 2) await attacker.SendAsync(Open(id));
        await time.Pass(TimeSpan.FromSeconds(29)); // it answers no ping, so the connection itself goes at thirty
        await time.Pass(TimeSpan.FromSeconds(31));
        List<FrameHeader> frames = await closed;
        Assert.Equal(1024, frames.Count(frame => frame.Has(FrameFlags.Ack) && frame.Type == FrameType.WindowUpdate));
        Assert.Equal(1500, frames.Count(frame => frame.Has(FrameFlags.Rst)));
    });

    [Theory]
    [InlineData("ffffffffffffffff7f")] // the largest length there is
    [InlineData("ffffffffffffffffffff01")] // longer than a varint may be
    [InlineData("8000")] // not the shortest form
    [InlineData("00")] // an empty message: malformed as identify, but nothing more
    [InlineData("03ffffff")]
    public void A_malformed_push_resets_that_stream_alone(string hex) => VirtualRun.Of(async time =>
    {
        await using Scene scene = await Scene.StartAsync(time);
        await using TestNode other = await TestNode.StartAsync(scene.Network, time, 50);
        await other.Node.DialAsync(scene.Node.Address);
        await using PeerStream stream = await other.Node.OpenStreamAsync(scene.Node.Id, "/ipfs/id/push/1.0.0");
        await stream.Output.WriteAsync(VectorFile.Hex(hex));
        await stream.Output.CompleteAsync();
        try
        {
            await Protocols.ReadAllAsync(stream.Input);
        }
        catch (ProtocolException)
        {
            // Reset.
        }
        await other.Node.PingAsync(scene.Node.Id);
    });

    [Fact]
    public void More_connections_than_a_peer_may_have_are_refused() => VirtualRun.Of(async time =>
    {
        await using Scene scene = await Scene.StartAsync(time, new NodeOptions { Limits = new NodeLimits { MaxConnectionsPerPeer = 3 } });
        for (int i = 0; i < 10; i++) await (await scene.AttackerAsync(seed: 7)).SendAsync(Open(1));
        await time.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(7, scene.Node.Refusals.Count(reason => reason.Contains("already")));
    });
}
