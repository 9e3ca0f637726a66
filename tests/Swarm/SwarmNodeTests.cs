using Vault.Blocks;
using Vault.Identity;
using Vault.Libp2p.Memory;
using Vault.Primitives;
using Vault.Store;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Swarm.Tests;

/// <summary>What a device keeps up with a peer while connections come and go.</summary>
public sealed class SwarmNodeTests
{
    sealed class Device : IAsyncDisposable
    {
        readonly BlockStore store;

        public Device(TestNode node, TestVault vault, TimeProvider time, Func<VaultChannel, CancellationToken, Task> sync)
        {
            Node = node;
            store = new BlockStore(new MemoryDatabase(StoreKeys.Blocks), new MemoryDatabase([.. StoreKeys.MetaFamilies]), time);
            Swarm = new SwarmNode(node.Node, node.Key.Public, new HybridClock(time), time, RandomSource.Seeded(7));
            Swarm.Add(new SwarmVault(vault.Gate(), store, sync, (_, _, _) => throw new InvalidOperationException("nobody joins")));
        }

        public TestNode Node { get; }
        public SwarmNode Swarm { get; }

        public async ValueTask DisposeAsync()
        {
            await Swarm.DisposeAsync();
            await Node.DisposeAsync();
            store.Dispose();
        }
    }

    [Fact]
    public void Who_comes_back_while_something_waits_for_its_next_attempt_gets_every_stream_again() => VirtualRun.Of(async time =>
    {
        MemoryNetwork memory = new(time);
        using TestVault vault = new(time);
        Ed25519Key other = vault.Device(Role.Writer);
        int syncs = 0;
        Task OnceAsync(VaultChannel channel, CancellationToken stop) // which comes to nothing each time: the pauses grow
        {
            syncs++;
            return Task.CompletedTask;
        }
        await using Device one = new(await TestNode.StartAsync(vault.Owner, memory, time, 1), vault, time, OnceAsync);
        await using Device two = new(await TestNode.StartAsync(other, memory, time, 2), vault, time, OnceAsync);
        await one.Node.Node.DialAsync(two.Node.Address);
        await time.Pass(TimeSpan.FromMinutes(5));
        Assert.True(IsFetching(one) && IsFetching(two));

        await one.Node.Node.DisconnectAsync(PeerId.From(other.Public));
        await time.Pass(TimeSpan.FromSeconds(10)); // enough for who had a stream to see it, and not for who waits
        Assert.False(IsFetching(one) || IsFetching(two));
        int before = syncs;
        await one.Node.Node.DialAsync(two.Node.Address);
        await time.Pass(TimeSpan.FromSeconds(20));
        Assert.True(IsFetching(one) && IsFetching(two));
        Assert.True(syncs > before);

        bool IsFetching(Device device) => device.Swarm.StandingOf(vault.Keys.Vault).Any(peer => peer.Fetching);
    });
}
