using Vault.Identity;
using Vault.Libp2p;
using Vault.Libp2p.Memory;
using Vault.Libp2p.Multiaddrs;
using Vault.Libp2p.Psk;
using Vault.Primitives;

namespace Vault.Swarm.Tests;

/// <summary>A vault with its control records, for tests of who is let in.</summary>
sealed class TestVault : IDisposable
{
    readonly List<IDisposable> owned = [];

    public TestVault(TimeProvider time, ulong seed = 1)
    {
        Random = RandomSource.Seeded(seed);
        Keys = Own(VaultKeys.Create(Random));
        Clock = new HybridClock(time);
        Owner = Device();
        Membership = Membership.Of(Keys.Vault, Genesis.Create(Keys, Owner, Clock, Random, "photos"));
    }

    public RandomSource Random { get; }
    public HybridClock Clock { get; }
    public VaultKeys Keys { get; }
    public Ed25519Key Owner { get; }
    public Membership Membership { get; set; }

    public ControlAuthor Author => new(Keys, Owner, Clock, Random);

    public Ed25519Key Device() => Own(Ed25519Key.Generate(Random));

    public Ed25519Key Device(Role role)
    {
        Ed25519Key device = Device();
        Membership = Membership.With([Author.Certify(Membership, device.Public, role)]);
        return device;
    }

    /// <summary>The vault as somebody knows it who knows these records.</summary>
    public GateVault Gate(Func<Membership>? known = null, Action<IReadOnlyList<ControlRecord>>? learn = null) => new(Keys, known ?? (() => Membership), learn ?? (_ => { }));

    T Own<T>(T item) where T : IDisposable
    {
        owned.Add(item);
        return item;
    }

    public void Dispose() => owned.ForEach(item => item.Dispose());
}

/// <summary>A node of a device on a memory network in which all have the swarm key.</summary>
sealed class TestNode : IAsyncDisposable
{
    readonly PreSharedKey network = PreSharedKey.FromBytes(Enumerable.Repeat((byte)9, 32).ToArray());

    TestNode(Ed25519Key key, MemoryNetwork memory, TimeProvider time, int number)
    {
        Key = key;
        Host = $"10.0.0.{number}";
        Node = new Node(new NodeOptions { Networks = [network] }, key, time, RandomSource.Seeded((ulong)number), memory.Host(Host));
    }

    public Ed25519Key Key { get; }
    public string Host { get; }
    public Node Node { get; }
    public Multiaddr Address { get; private set; } = null!;

    public static async Task<TestNode> StartAsync(Ed25519Key key, MemoryNetwork memory, TimeProvider time, int number)
    {
        TestNode started = new(key, memory, time, number);
        started.Address = await started.Node.ListenAsync(Multiaddr.Parse($"/ip4/{started.Host}/tcp/4001")!);
        return started;
    }

    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        network.Dispose();
    }
}
