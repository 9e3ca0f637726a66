using Vault.Libp2p.Memory;
using Vault.Libp2p.Multiaddrs;
using Vault.Libp2p.Psk;
using Vault.Primitives;

namespace Vault.Libp2p.Tests.Nodes;

/// <summary>A node on a memory network, listening on a host of its own.</summary>
sealed class TestNode : IAsyncDisposable
{
    readonly Ed25519Key identity;

    TestNode(Node node, Ed25519Key identity, Multiaddr address, string host) => (Node, this.identity, Address, Host) = (node, identity, address, host);

    public Node Node { get; }
    public Multiaddr Address { get; }
    public string Host { get; }
    public PeerId Id => Node.Id;
    public Ed25519Key Identity => identity;

    /// <summary>What inbound connections came to nothing for.</summary>
    public List<string> Refusals { get; } = [];

    public static async Task<TestNode> StartAsync(MemoryNetwork network, TimeProvider time, int number, NodeOptions? options = null, params ITransport[] more)
    {
        RandomSource random = RandomSource.Seeded((ulong)number);
        Ed25519Key identity = Ed25519Key.Generate(random);
        string host = $"10.0.{number / 250}.{number % 250 + 1}";
        Node node = new(options ?? new NodeOptions(), identity, time, random, [network.Host(host), .. more]);
        TestNode started = new(node, identity, await node.ListenAsync(Multiaddr.Parse($"/ip4/{host}/tcp/4001")!), host);
        node.InboundRefused += (_, reason) => started.Refusals.Add(reason);
        return started;
    }

    public static PreSharedKey Network(byte fill) => PreSharedKey.FromBytes(Enumerable.Repeat(fill, 32).ToArray());

    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        identity.Dispose();
    }
}
