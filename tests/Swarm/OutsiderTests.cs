using System.IO.Pipelines;
using Vault.Blocks;
using Vault.Identity;
using Vault.Libp2p;
using Vault.Libp2p.Memory;
using Vault.Primitives;
using Vault.Store;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Swarm.Tests;

/// <summary>What a device sends to whom, by what it knows of who is in.</summary>
public sealed class OutsiderTests
{
    static readonly string[] protocols = [SwarmNode.SyncProtocol, SwarmNode.BlocksProtocol, SwarmNode.ChatProtocol, SwarmNode.HoldingsProtocol, "/vault/secrets/1", JoinProtocol.Id];

    /// <summary>A device with keys of its own and a membership of its own, which learns what it is shown at the gate.</summary>
    sealed class Device : IAsyncDisposable
    {
        readonly BlockStore store;

        public Device(TestNode node, VaultKeys keys, Membership known, HybridClock clock, TimeProvider time)
        {
            (Node, Keys, Known) = (node, keys, known);
            store = new BlockStore(new MemoryDatabase(StoreKeys.Blocks), new MemoryDatabase([.. StoreKeys.MetaFamilies]), time);
            Swarm = new SwarmNode(node.Node, node.Key.Public, clock, time, RandomSource.Seeded(7));
            LackedSecrets lacked = new(() => EpochSecrets.AreMissing(Known, keys), box => Taken += SealedSecrets.Open(box.Span, Known, node.Key, keys) ?? 0);
            Swarm.Add(new SwarmVault(new GateVault(keys, () => Known, Learn), store, SyncAsync, (_, _, _) => throw new InvalidOperationException("nobody joins"), SyncAsync, Secrets: lacked));
        }

        public TestNode Node { get; }
        public VaultKeys Keys { get; }
        public Membership Known { get; private set; }
        public SwarmNode Swarm { get; }
        public int Taken { get; private set; }

        public bool IsSyncingWith(Device other) => Swarm.StandingOf(Keys.Vault).Any(peer => peer.Peer == other.Node.Node.Id && peer.Syncing);

        public void Learn(IReadOnlyList<ControlRecord> records)
        {
            Known = Known.With(records);
            Swarm.Recheck(Keys.Vault);
        }

        static async Task SyncAsync(VaultChannel channel, CancellationToken stop)
        {
            while (await channel.Pipe.Input.ReadAsync(stop) is { IsCompleted: false } more) channel.Pipe.Input.AdvanceTo(more.Buffer.End);
        }

        public async ValueTask DisposeAsync()
        {
            await Swarm.DisposeAsync();
            await Node.DisposeAsync();
            store.Dispose();
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_peer_that_has_the_swarm_key_alone_gets_no_byte_and_no_stream_and_sees_what_a_device_without_a_vault_shows(int seed) => VirtualRun.Of(async time =>
    {
        MemoryNetwork memory = new(time);
        using TestVault vault = new(time, (ulong)seed); // whose id is smaller differs from seed to seed
        await using TestNode outsider = await TestNode.StartAsync(vault.Device(), memory, time, 2);
        await using TestNode bare = await TestNode.StartAsync(vault.Device(), memory, time, 3);
        await using SwarmNode without = new(bare.Node, bare.Key.Public, vault.Clock, time, RandomSource.Seeded(8));
        await using Device owner = new(await TestNode.StartAsync(vault.Owner, memory, time, 1), vault.Keys, vault.Membership, vault.Clock, time);
        int streams = 0;
        foreach (string protocol in protocols)
            outsider.Node.Handle(protocol, (stream, cancel) =>
            {
                streams++;
                return Task.CompletedTask;
            });
        await outsider.Node.DialAsync(owner.Node.Address);
        await outsider.Node.DialAsync(bare.Address);
        await time.Pass(TimeSpan.FromMinutes(20));
        Assert.Equal(0, streams);
        Assert.Empty(owner.Swarm.StandingOf(vault.Keys.Vault));
        string[] shown = ProtocolsOf(owner.Node), blank = ProtocolsOf(bare);
        Assert.Equal(blank, shown);
        Assert.Contains(SwarmNode.SyncProtocol, shown);

        long bytes = 0;
        RandomSource random = RandomSource.Seeded((ulong)seed);
        foreach (string protocol in protocols.SkipLast(1)) // joining has an answer, of one byte
            foreach (byte[] said in new byte[][] { [], [0, 0, 0, 32, .. random.Bytes(32)], [0, 0, 1, 0, .. random.Bytes(256)], random.Bytes(3000) })
            {
                await using PeerStream stream = await outsider.Node.OpenStreamAsync(owner.Node.Node.Id, protocol);
                await stream.Output.WriteAsync(said);
                bytes += await Arrived.CountAsync(stream.Input);
            }
        Assert.Equal((0, 0), (bytes, streams));

        string[] ProtocolsOf(TestNode of) => [.. outsider.Node.Peers.Single(peer => peer.Peer == of.Node.Id).Protocols.Order(StringComparer.Ordinal)];
    });

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_member_of_whom_nobody_has_heard_here_knocks_and_is_met(int seed) => VirtualRun.Of(async time =>
    {
        MemoryNetwork memory = new(time);
        using TestVault vault = new(time, (ulong)seed);
        Membership before = vault.Membership;
        Ed25519Key newcomer = vault.Device(Role.Writer);
        await using Device old = new(await TestNode.StartAsync(vault.Owner, memory, time, 1), vault.Keys, before, vault.Clock, time);
        await using Device come = new(await TestNode.StartAsync(newcomer, memory, time, 2), vault.Keys, vault.Membership, vault.Clock, time);
        await old.Node.Node.DialAsync(come.Node.Address);
        await time.Pass(TimeSpan.FromSeconds(5));
        Assert.True(old.IsSyncingWith(come) && come.IsSyncingWith(old));
        Assert.NotNull(old.Known.Find(newcomer.Public));
    });

    [Fact]
    public void Secrets_that_no_record_holds_for_a_device_are_handed_over_by_the_first_member_that_has_them() => VirtualRun.Of(async time =>
    {
        MemoryNetwork memory = new(time);
        using TestVault vault = new(time);
        using VaultKeys away = Copy(vault.Keys), second = Copy(vault.Keys);
        // Two epochs were made while the device was let in elsewhere: neither is sealed to it. Who made them isn't there.
        Membership known = vault.Membership;
        Ed25519Key other = vault.Device(Role.Reader);
        for (int i = 0; i < 2; i++)
        {
            vault.Membership = vault.Membership.With([vault.Author.NewEpoch(vault.Membership)]);
            EpochSecrets.Open(vault.Membership, vault.Owner, vault.Keys);
        }
        EpochSecrets.Open(vault.Membership, other, second);
        Ed25519Key late = vault.Device(Role.Reader);
        Assert.True(EpochSecrets.AreMissing(vault.Membership, away));
        Assert.Equal(0, EpochSecrets.Open(vault.Membership, late, away));

        await using Device has = new(await TestNode.StartAsync(other, memory, time, 1), second, vault.Membership, vault.Clock, time);
        await using Device lacks = new(await TestNode.StartAsync(late, memory, time, 2), away, known.With(vault.Membership.Standing.Where(record => record.Kind == ControlKind.Certificate)), vault.Clock, time);
        await lacks.Node.Node.DialAsync(has.Node.Address);
        await time.Pass(TimeSpan.FromSeconds(30));
        Assert.Equal(0, lacks.Taken); // it knows of no epoch, and asks for none
        lacks.Learn([.. vault.Membership.Epochs]);
        await time.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(2, lacks.Taken);
        Assert.Equal(vault.Membership.CurrentEpoch, away.Current.Number);
        Assert.True(away.Current.CanRead);
    });

    static VaultKeys Copy(VaultKeys keys) => new(keys.Vault, keys.AllEpochs.Select(epoch => new SecretEpoch(epoch.Number, epoch.SyncSecret.Span, epoch.ReadSecret.Span)));
}
