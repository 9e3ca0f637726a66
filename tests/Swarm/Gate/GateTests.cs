using System.Buffers;
using System.IO.Pipelines;
using Vault.Identity;
using Vault.Libp2p;
using Vault.Libp2p.Memory;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Swarm.Tests.Gate;

/// <summary>Two nodes with the swarm key; what passes between them is counted at the stream.</summary>
public sealed class GateTests
{
    const string Protocol = "/vault/test/1";

    /// <summary>The owner's node, which lets members of its vault say something on <see cref="Protocol"/> and answers "welcome".</summary>
    sealed class Scene(TestVault vault, TestNode owner, TestNode guest, VirtualTime time) : IAsyncDisposable
    {
        public TestVault Vault => vault;
        public TestNode Guest => guest;
        public List<string> Said { get; } = [];
        public List<ControlRecord> Learnt { get; } = [];

        /// <summary>What the owner knows of who is in.</summary>
        public Membership Known { get; set; } = vault.Membership;

        public static async Task<Scene> StartAsync(VirtualTime time, Func<TestVault, Ed25519Key> device)
        {
            MemoryNetwork memory = new(time);
            TestVault vault = new(time);
            Ed25519Key key = device(vault);
            Scene scene = new(vault, await TestNode.StartAsync(vault.Owner, memory, time, 1), await TestNode.StartAsync(key, memory, time, 2), time);
            scene.Serve();
            await scene.Guest.Node.DialAsync(scene.Owner.Address);
            return scene;
        }

        TestNode Owner => owner;

        void Serve()
        {
            VaultSession session = new(owner.Key.Public, vault.Clock, time);
            owner.Node.Handle(Protocol, async (stream, cancel) =>
            {
                VaultChannel channel = await session.AcceptAsync(stream, stream.Peer, stream.ChannelBinding, [vault.Gate(() => Known, Learnt.AddRange)], cancel) ?? throw new ProtocolException("not let in");
                Said.Add(channel.Role.ToString());
                await channel.Pipe.Output.WriteAsync("welcome"u8.ToArray(), cancel);
            });
        }

        public async Task<PeerStream> StreamAsync() => await guest.Node.OpenStreamAsync(owner.Node.Id, Protocol);

        public async Task<string?> KnockAsync(GateVault? with = null)
        {
            await using PeerStream stream = await StreamAsync();
            VaultChannel? channel = await new VaultSession(guest.Key.Public, vault.Clock, time).OpenAsync(stream, owner.Node.Id, stream.ChannelBinding, with ?? vault.Gate(), default);
            return channel is null ? null : System.Text.Encoding.UTF8.GetString(await ReadAllAsync(channel.Pipe.Input));
        }

        public async ValueTask DisposeAsync()
        {
            await guest.DisposeAsync();
            await owner.DisposeAsync();
            vault.Dispose();
        }
    }

    static async Task<byte[]> ReadAllAsync(PipeReader input)
    {
        MemoryStream all = new();
        while (true)
        {
            ReadResult result = await input.ReadAsync();
            all.Write(result.Buffer.ToArray());
            input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted) return all.ToArray();
        }
    }

    [Theory]
    [InlineData(Role.Blind)]
    [InlineData(Role.Writer)]
    public void A_member_is_let_in(Role role) => VirtualRun.Of(async time =>
    {
        await using Scene scene = await Scene.StartAsync(time, vault => vault.Device(role));
        Assert.Equal("welcome", await scene.KnockAsync());
        Assert.Equal([role.ToString()], scene.Said);
        Assert.Empty(scene.Learnt);
    });

    [Fact]
    public void One_of_whom_nobody_has_heard_yet_shows_its_certificates_and_they_are_learnt() => VirtualRun.Of(async time =>
    {
        await using Scene scene = await Scene.StartAsync(time, vault => vault.Device());
        Membership before = scene.Vault.Membership;
        scene.Known = before;
        scene.Vault.Membership = before.With([scene.Vault.Author.Certify(before, scene.Guest.Key.Public, Role.Reader)]);
        Assert.Equal("welcome", await scene.KnockAsync());
        Assert.Single(scene.Learnt);
    });

    [Fact]
    public void A_stranger_with_the_swarm_key_gets_no_byte_whatever_it_says() => VirtualRun.Of(async time =>
    {
        await using Scene scene = await Scene.StartAsync(time, vault => vault.Device());
        using TestVault foreign = new(time, seed: 7);
        foreign.Membership = foreign.Membership.With([foreign.Author.Certify(foreign.Membership, scene.Guest.Key.Public, Role.Admin)]);
        Assert.Null(await scene.KnockAsync(foreign.Gate()));
        RandomSource random = RandomSource.Seeded(1);
        foreach (byte[] said in new byte[][] { [], [0, 0, 0, 0], [0, 0, 0, 32, .. random.Bytes(32)], [0, 0, 1, 0, .. random.Bytes(256)], [0, 0, 1, 1], [255, 255, 255, 255], random.Bytes(5000) })
        {
            await using PeerStream stream = await scene.StreamAsync();
            await stream.Output.WriteAsync(said);
            Assert.Equal(0, await Arrived.CountAsync(stream.Input)); // also of who just waits, until patience ends
        }
        Assert.Empty(scene.Said);
    });

    [Fact]
    public void One_with_the_secret_and_no_certificate_gets_a_proof_and_a_reason_and_nothing_of_the_protocol() => VirtualRun.Of(async time =>
    {
        await using Scene scene = await Scene.StartAsync(time, vault => vault.Device());
        ProtocolException fault = await Assert.ThrowsAsync<ProtocolException>(() => scene.KnockAsync());
        Assert.Contains("no certificate", fault.Message, StringComparison.Ordinal);
        Assert.Empty(scene.Said);
    });

    [Fact]
    public void One_that_was_put_out_gets_no_byte_although_it_has_the_secret() => VirtualRun.Of(async time =>
    {
        await using Scene scene = await Scene.StartAsync(time, vault => vault.Device(Role.Writer));
        Membership still = scene.Vault.Membership;
        scene.Known = still.With(scene.Vault.Author.Revoke(still, scene.Guest.Key.Public, []));
        Assert.Null(await scene.KnockAsync());
        Assert.Empty(scene.Said);
    });

    [Fact]
    public void A_certificate_that_has_run_out_is_told_so() => VirtualRun.Of(async time =>
    {
        await using Scene scene = await Scene.StartAsync(time, vault => vault.Device());
        HybridTime until = HybridTime.At(time.GetUtcNow() + TimeSpan.FromMinutes(5));
        Membership before = scene.Vault.Membership;
        scene.Known = scene.Vault.Membership = before.With([scene.Vault.Author.Certify(before, scene.Guest.Key.Public, Role.Reader, until)]);
        Assert.Equal("welcome", await scene.KnockAsync());
        await Task.Delay(TimeSpan.FromMinutes(6), time);
        ProtocolException fault = await Assert.ThrowsAsync<ProtocolException>(() => scene.KnockAsync());
        Assert.Contains("run out", fault.Message, StringComparison.Ordinal);
    });
}
