using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

public sealed class PullOnlyTests
{
    [Fact]
    public void A_replica_of_doubtful_age_takes_everything_and_gives_nothing() => Seed.Check(LongRun.Cases(60, 2000), random =>
    {
        Leaf[] shared = random.Leaves(random.Below(1000)), extra = random.Leaves(random.Below(50)), missing = random.Leaves(random.Below(600));
        MemorySet restored = new([.. shared, .. extra]), current = new([.. shared, .. missing]);
        bool primary = random.Below(2) == 0;
        SyncStanding old = new(null!, PullOnly: true);
        using Pair pair = primary ? new Pair(restored, current, old) : new Pair(current, restored, null, old);
        pair.Begin(both: random.Below(2) == 0);

        Assert.Equal(shared.Length + missing.Length, current.Count);
        Assert.All(missing, leaf => Assert.Contains(leaf, restored.Leaves));
        SyncResult expected = extra.Length == 0 ? SyncResult.InStep : SyncResult.Pulled;
        Assert.Equal(expected, pair.Primary.Results[^1]);
        Assert.Equal(expected, pair.Secondary.Results[^1]);
    });

    [Fact]
    public void What_it_has_replaced_already_does_not_keep_it_from_catching_up() => Seed.Check(20, random =>
    {
        Leaf[] shared = random.Leaves(random.Below(1000)), later = random.Leaves(3), replaced = random.Leaves(3), missing = random.Leaves(random.Below(20));
        MemorySet restored = new([.. shared, .. later]) { Refuses = replaced.Contains }, current = new([.. shared, .. replaced, .. missing]);
        SyncStanding old = new(null!, PullOnly: true);
        using Pair pair = random.Below(2) == 0 ? new Pair(restored, current, old) : new Pair(current, restored, null, old);
        pair.Begin(both: random.Below(2) == 0);

        Assert.All(missing, leaf => Assert.Contains(leaf, restored.Leaves));
        Assert.Equal(SyncResult.Pulled, pair.Primary.Results[^1]);
        Assert.Equal(SyncResult.Pulled, pair.Secondary.Results[^1]);
    });

    [Fact]
    public void A_device_that_was_put_back_finds_out_from_a_peer_that_remembers() => Seed.Check(20, random =>
    {
        Leaf[] shared = random.Leaves(200), later = random.Leaves(20), unsent = random.Leaves(3);
        MemorySet rolledBack = new([.. shared, .. unsent]), peer = new([.. shared, .. later]);
        using Pair pair = new(rolledBack, peer, new SyncStanding(null!, Incarnation: 7, Sequence: 10), new SyncStanding(null!, Incarnation: 8, Sequence: 99, SeenIncarnation: 7, SeenSequence: 12));
        pair.Begin(both: random.Below(2) == 0);

        Assert.Equal(new SyncOutput.RolledBack(10, 12), Assert.Single(pair.Primary.RolledBack));
        Assert.Equal(220, peer.Count);
        Assert.Equal(223, rolledBack.Count);
        Assert.Equal(SyncResult.Pulled, pair.Primary.Results[^1]);
        Assert.False(pair.Primary.Machine.Announce([Record.Of(unsent[0])]));
    });

    [Fact]
    public void A_restored_database_is_another_and_no_peer_remembers_it()
    {
        Leaf[] shared = RandomSource.Seeded(1).Leaves(20);
        using Pair pair = new Pair(new MemorySet(shared), new MemorySet(shared[..10]), new SyncStanding(null!, Incarnation: 9, Sequence: 10), new SyncStanding(null!, SeenIncarnation: 7, SeenSequence: 12)).Begin();
        Assert.Empty(pair.Primary.RolledBack);
        SyncTests.AssertInStep(pair);
    }

    [Fact]
    public void Two_that_only_take_leave_each_other_as_they_are()
    {
        RandomSource random = RandomSource.Seeded(1);
        SyncStanding old = new(null!, PullOnly: true);
        using Pair pair = new Pair(new MemorySet(random.Leaves(5)), new MemorySet(random.Leaves(5)), old, old).Begin();
        Assert.Equal([SyncResult.Differs], pair.Primary.Results);
        Assert.Equal([SyncResult.Differs], pair.Secondary.Results);
    }

    [Fact]
    public void One_that_only_takes_and_gives_all_the_same_is_refused()
    {
        RandomSource random = RandomSource.Seeded(1);
        MemorySet set = new(random.Leaves(10));
        using Side victim = new(SyncSide.Primary, set, null);
        victim.Machine.Receive(SyncCodec.Encode(new SyncMessage.Hello(true, 5, 0, 0, 0, 0, 0, random.NextHash(), Forgery.Garbage(random, 64))), TimeSpan.Zero);
        Assert.Throws<ProtocolException>(() => victim.Machine.Receive(SyncCodec.Encode(new SyncMessage.Records(true, false, [Record.Of(random.NextLeaf())])), TimeSpan.Zero));
    }
}
