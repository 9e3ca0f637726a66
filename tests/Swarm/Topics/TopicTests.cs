using Vault.Identity;
using Vault.Libp2p;
using Vault.Libp2p.Gossipsub;
using Vault.Libp2p.Memory;
using Vault.Libp2p.Pubsub;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Swarm.Tests.Topics;

/// <summary>Three nodes with the swarm key in a line: a member, one in the middle, and another member. What each hears.</summary>
public sealed class TopicTests
{
    sealed class Device(TestNode node, Gossip gossip) : IAsyncDisposable
    {
        public TestNode Node => node;
        public Gossip Gossip => gossip;
        public VaultTopic? Topic { get; set; }
        public List<string> Heard { get; } = [];

        public static async Task<Device> StartAsync(Ed25519Key key, MemoryNetwork memory, TimeProvider time, int number)
        {
            TestNode node = await TestNode.StartAsync(key, memory, time, number);
            return new Device(node, new Gossip(node.Node, key, new Parameters(), time, RandomSource.Seeded((ulong)number)));
        }

        public void Join(GateVault vault)
        {
            Topic = new VaultTopic(gossip, vault, "test", RandomSource.Seeded(5));
            Topic.Received += (_, payload) => Heard.Add(System.Text.Encoding.UTF8.GetString(payload.Span));
        }

        public async ValueTask DisposeAsync()
        {
            Topic?.Dispose();
            await gossip.DisposeAsync();
            await node.DisposeAsync();
        }
    }

    sealed class Line : IAsyncDisposable
    {
        public required TestVault Vault { get; init; }
        public required Device[] Devices { get; init; }

        /// <param name="keys">Of all but the first, who owns the vault.</param>
        public static async Task<Line> StartAsync(VirtualTime time, Func<TestVault, Ed25519Key[]> keys)
        {
            MemoryNetwork memory = new(time);
            TestVault vault = new(time);
            Ed25519Key[] all = [vault.Owner, .. keys(vault)];
            Device[] devices = new Device[all.Length];
            for (int i = 0; i < all.Length; i++)
            {
                devices[i] = await Device.StartAsync(all[i], memory, time, i + 1);
                if (i > 0) await devices[i].Node.Node.DialAsync(devices[i - 1].Node.Address);
            }
            return new Line { Vault = vault, Devices = devices };
        }

        public async ValueTask DisposeAsync()
        {
            foreach (Device device in Devices) await device.DisposeAsync();
            Vault.Dispose();
        }
    }

    [Fact]
    public void Members_hear_each_other_through_members() => VirtualRun.Of(async time =>
    {
        await using Line line = await Line.StartAsync(time, vault => [vault.Device(Role.Blind), vault.Device(Role.Reader)]);
        foreach (Device device in line.Devices) device.Join(line.Vault.Gate());
        await time.Pass(TimeSpan.FromSeconds(3));
        line.Devices[0].Topic!.Publish("changed"u8);
        await time.Pass(TimeSpan.FromSeconds(3));
        Assert.Equal((0, 1, 1), (line.Devices[0].Heard.Count, line.Devices[1].Heard.Count, line.Devices[2].Heard.Count));
    });

    [Fact]
    public void Whoever_is_no_member_is_told_of_no_topic_and_not_heard_though_it_knows_the_secret() => VirtualRun.Of(async time =>
    {
        await using Line line = await Line.StartAsync(time, vault => [vault.Device()]);
        Device owner = line.Devices[0], stranger = line.Devices[1];
        string? name = null;
        owner.Gossip.Received += (message, _) => name = message.Topic;
        owner.Join(line.Vault.Gate());
        // It has the keys, and believes itself to be in: only the owner's records say otherwise.
        Membership imagined = line.Vault.Membership.With([line.Vault.Author.Certify(line.Vault.Membership, stranger.Node.Key.Public, Role.Admin)]);
        stranger.Join(line.Vault.Gate(() => imagined));
        await time.Pass(TimeSpan.FromSeconds(3));
        owner.Topic!.Publish("secret"u8);
        stranger.Topic!.Publish("listen to me"u8);
        await time.Pass(TimeSpan.FromSeconds(3));
        Assert.Empty(stranger.Heard);
        Assert.Empty(owner.Heard);
        Assert.Null(name);
    });

    [Fact]
    public void A_new_member_is_heard_as_soon_as_it_is_known_and_one_that_was_put_out_no_more() => VirtualRun.Of(async time =>
    {
        await using Line line = await Line.StartAsync(time, vault => [vault.Device()]);
        Device owner = line.Devices[0], other = line.Devices[1];
        owner.Join(line.Vault.Gate());
        line.Vault.Membership = line.Vault.Membership.With([line.Vault.Author.Certify(line.Vault.Membership, other.Node.Key.Public, Role.Writer)]);
        other.Join(line.Vault.Gate());
        owner.Topic!.Recheck();
        await time.Pass(TimeSpan.FromSeconds(3));
        other.Topic!.Publish("hello"u8);
        await time.Pass(TimeSpan.FromSeconds(3));
        Assert.Equal(["hello"], owner.Heard);

        line.Vault.Membership = line.Vault.Membership.With(line.Vault.Author.Revoke(line.Vault.Membership, other.Node.Key.Public, []));
        owner.Topic.Recheck();
        other.Topic.Publish("still here"u8);
        owner.Topic.Publish("without you"u8);
        await time.Pass(TimeSpan.FromSeconds(3));
        Assert.Equal(["hello"], owner.Heard);
        Assert.Empty(other.Heard);
    });

    [Fact]
    public void A_notice_makes_who_lacks_the_change_compare_once_however_often_it_is_said() => VirtualRun.Of(async time =>
    {
        await using Line line = await Line.StartAsync(time, vault => [vault.Device(Role.Writer)]);
        Hash32 here = Hash32.Of("before"u8), there = here;
        int compared = 0;
        using ChangeNotices tells = new(new VaultTopic(line.Devices[0].Gossip, line.Vault.Gate(), "changes", RandomSource.Seeded(1)), () => here, () => { }, time);
        using ChangeNotices hears = new(new VaultTopic(line.Devices[1].Gossip, line.Vault.Gate(), "changes", RandomSource.Seeded(2)), () => there, () => compared++, time);
        await time.Pass(TimeSpan.FromSeconds(3));

        here = there = Hash32.Of("both have it"u8);
        tells.Changed();
        await time.Pass(ChangeNotices.Rest);
        Assert.Equal(0, compared);

        here = Hash32.Of("it comes by itself"u8);
        tells.Changed();
        await time.Pass(ChangeNotices.Patience / 2);
        there = here;
        await time.Pass(ChangeNotices.Rest);
        Assert.Equal(0, compared);

        TimeSpan began = time.Elapsed;
        while (time.Elapsed - began < ChangeNotices.Rest * 4)
        {
            here = Hash32.Of(BitConverter.GetBytes(time.Elapsed.Ticks));
            tells.Changed();
            await time.Pass(TimeSpan.FromMilliseconds(50));
        }
        Assert.InRange(compared, 3, 5);
    });
}
