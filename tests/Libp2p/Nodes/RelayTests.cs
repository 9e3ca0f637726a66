using System.IO.Pipelines;
using Vault.Libp2p.Memory;
using Vault.Libp2p.Multiaddrs;
using Vault.Libp2p.Records;
using Vault.Libp2p.Relay;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Libp2p.Tests.Nodes;

public class RelayTests
{
    static readonly NodeOptions Private = new() { Networks = [TestNode.Network(1)] };

    /// <summary>Two nodes whose cable to each other is cut, and a relay that both reach.</summary>
    static async Task RunAsync(VirtualTime time, RelayLimits limits, Func<TestNode, TestNode, TestNode, Multiaddr, Task> body)
    {
        MemoryNetwork network = new(time);
        await using TestNode a = await TestNode.StartAsync(network, time, 1, Private), b = await TestNode.StartAsync(network, time, 2, Private), relay = await TestNode.StartAsync(network, time, 3, Private);
        await using RelayClient aClient = new(a.Node, time), bClient = new(b.Node, time);
        network.Cut(a.Host, b.Host);
        RelayService service = new(relay.Node, relay.Identity, limits, time);
        a.Node.Handle(Protocols.Echo, Protocols.EchoAsync);
        Multiaddr reserved = await a.Node.ListenAsync(Multiaddr.Join(relay.Address, Multiaddr.Parse("/p2p-circuit")!));
        await body(a, b, relay, reserved);
        await b.Node.DisconnectAsync(a.Id);
        await time.Pass(TimeSpan.FromSeconds(5));
        Assert.Equal(0, service.Circuits);
    }

    static async Task<byte[]> EchoAsync(Node node, PeerId peer, byte[] data)
    {
        await using PeerStream stream = await node.OpenStreamAsync(peer, Protocols.Echo);
        await stream.Output.WriteAsync(data);
        await stream.Output.CompleteAsync();
        return await Protocols.ReadAllAsync(stream.Input);
    }

    [Fact]
    public void Two_that_can_not_reach_each_other_speak_through_a_third() => VirtualRun.Of(time => RunAsync(time, new RelayLimits(), async (a, b, relay, reserved) =>
    {
        Assert.Equal(a.Id, await b.Node.DialAsync(reserved));
        byte[] data = RandomSource.Seeded(1).Bytes(60_000);
        Assert.Equal(data, await EchoAsync(b.Node, a.Id, data));
        PeerStatus status = b.Node.Peers.Single(peer => peer.Peer == a.Id);
        Assert.True(Assert.Single(status.ConnectedAt).IsCircuit);
        Assert.Contains(status.ListenAddresses, address => address.IsCircuit);
    }));

    [Fact]
    public void A_circuit_carries_no_more_than_it_may() => VirtualRun.Of(time => RunAsync(time, new RelayLimits { Data = 100_000 }, async (a, b, relay, reserved) =>
    {
        await b.Node.DialAsync(reserved);
        await Assert.ThrowsAnyAsync<Exception>(() => EchoAsync(b.Node, a.Id, new byte[200_000]));
        await time.Pass(TimeSpan.FromSeconds(5));
        Assert.Equal(PeerState.Connected, b.Node.Peers.Single(peer => peer.Peer == relay.Id).State);
    }));

    [Fact]
    public void A_circuit_lasts_no_longer_than_it_may() => VirtualRun.Of(time => RunAsync(time, new RelayLimits { Duration = TimeSpan.FromMinutes(1) }, async (a, b, relay, reserved) =>
    {
        await b.Node.DialAsync(reserved);
        await time.Pass(TimeSpan.FromSeconds(59));
        await b.Node.PingAsync(a.Id);
        await time.Pass(TimeSpan.FromSeconds(5));
        Assert.NotEqual(PeerState.Connected, b.Node.Peers.Single(peer => peer.Peer == a.Id).State);
    }));

    [Fact]
    public void A_reservation_is_kept_alive_and_without_one_nobody_is_reached() => VirtualRun.Of(time => RunAsync(time, new RelayLimits { ReservationTime = TimeSpan.FromMinutes(10) }, async (a, b, relay, reserved) =>
    {
        await time.Pass(TimeSpan.FromMinutes(30));
        await b.Node.DialAsync(reserved);
        Multiaddr toRelayItself = Multiaddr.Join(relay.Address, Multiaddr.Parse($"/p2p-circuit/p2p/{b.Id}")!);
        Exception refused = await Assert.ThrowsAsync<ProtocolException>(() => a.Node.DialAsync(toRelayItself));
        Assert.Contains("NoReservation", refused.Message);
    }), TimeSpan.FromHours(2));

    [Fact]
    public void An_envelope_is_the_vector_and_opens_only_for_its_purpose()
    {
        Dictionary<string, string> vector = VectorFile.Load("peerrecord.txt");
        using Ed25519Key key = Ed25519Key.FromSeed(VectorFile.Hex(vector["identitySeed"]));
        byte[] type = VectorFile.Hex(vector["payloadType"]), payload = VectorFile.Hex(vector["payload"]);
        byte[] envelope = SignedEnvelope.Seal(key, vector["domain"], type, payload).Encode();
        Assert.Equal(vector["envelope"], Convert.ToHexStringLower(envelope));
        Assert.Equal(payload, SignedEnvelope.Open(envelope, vector["domain"], type)!.Payload);
        Assert.Null(SignedEnvelope.Open(envelope, "libp2p-relay-rsvp", type));
        Assert.Null(SignedEnvelope.Open(envelope, vector["domain"], [3, 2]));
    }

    [Fact]
    public void Mutated_relay_identify_and_envelope_messages_are_read_or_refused()
    {
        byte[] peer = TestPeer().Bytes.ToArray();
        byte[] hop = new RelayMessage
        {
            Type = 2, Status = RelayStatus.Ok, Peer = PeerId.FromBytes(peer), Duration = TimeSpan.FromMinutes(1), Data = 9,
            Reservation = new Reservation(1_900_000_000, [Multiaddr.Parse("/ip4/1.2.3.4/tcp/5")!], [1, 2, 3]),
        }.EncodeHop()[1..];
        byte[] identify = new Libp2p.Identify.IdentifyMessage { Agent = "a/1", Protocols = ["/x", "/y"], ListenAddresses = [Multiaddr.Parse("/ip4/1.2.3.4/tcp/5")!] }.Encode().ToArray();
        byte[] envelope = VectorFile.Hex(VectorFile.Load("peerrecord.txt")["envelope"]);
        Seed.Check(LongRun.Cases(100_000, 1_000_000), random =>
        {
            RelayMessage.DecodeHop(Mutation.Of(hop, random));
            RelayMessage.DecodeStop(Mutation.Of(hop, random));
            Libp2p.Identify.IdentifyMessage.Decode(Mutation.Of(identify, random));
        });
        // Checking a signature takes longer than reading a message.
        Seed.Check(LongRun.Cases(5_000, 1_000_000), random => SignedEnvelope.Open(Mutation.Of(envelope, random), "libp2p-peer-record", [3, 1]));
    }

    static PeerId TestPeer()
    {
        using Ed25519Key key = Ed25519Key.Generate(RandomSource.Seeded(4));
        return PeerId.From(key.Public);
    }
}
