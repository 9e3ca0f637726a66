using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

public sealed class HostileTests
{
    /// <summary>Ids that one side's member made equal cancel each other in the cells and look alike in lists; only whole hashes tell them apart.</summary>
    [Fact]
    public void Leaves_of_one_id_end_in_one_set_all_the_same() => Seed.Check(LongRun.Cases(40, 2000), random =>
    {
        Leaf[] shared = random.Leaves(random.Below(2000));
        List<Leaf> one = [.. shared], other = [.. shared];
        for (int i = 1 + random.Below(4); i > 0; i--)
        {
            (Leaf a, Leaf b) = Forgery.SameId(random);
            switch (random.Below(3))
            {
                case 0: one.AddRange([a, b]); break;
                case 1: one.Add(a); other.Add(b); break;
                default: one.AddRange([a, b]); other.Add(b); break;
            }
        }
        using Pair pair = new Pair(new MemorySet([.. one, .. random.Leaves(random.Below(4))]), new MemorySet([.. other, .. random.Leaves(random.Below(4))])).Begin();
        SyncTests.AssertInStep(pair);
    });

    [Fact]
    public void Sets_that_xor_or_adding_finds_equal_are_told_apart_and_become_one()
    {
        RandomSource random = RandomSource.Seeded(11);
        Leaf[] shared = random.Leaves(1000), cancelling = Forgery.XorToZero(random);
        using Pair byXor = new Pair(new MemorySet([.. shared, .. cancelling]), new MemorySet(shared)).Begin();
        SyncTests.AssertInStep(byXor);
        Assert.Equal(1000 + cancelling.Length, byXor.Secondary.Set.Count);

        (Leaf[] one, Leaf[] other) = Forgery.SameSum(random);
        Assert.Equal((uint)one.Sum(leaf => Forgery.Cut(leaf)), (uint)other.Sum(leaf => Forgery.Cut(leaf)));
        using Pair byAdding = new Pair(new MemorySet([.. shared, .. one]), new MemorySet([.. shared, .. other])).Begin();
        SyncTests.AssertInStep(byAdding);
        Assert.Equal(1004, byAdding.Primary.Set.Count);
    }

    [Fact]
    public void A_greeting_with_garbage_cells_costs_no_more_than_a_walk_down_the_tree() => Seed.Check(LongRun.Cases(40, 2000), random =>
    {
        MemorySet set = new(random.Leaves(300));
        using Side victim = new(random.Below(2) == 0 ? SyncSide.Primary : SyncSide.Secondary, set, null);
        Cell[] cells = random.Below(2) == 0 ? Forgery.Garbage(random, 64) : Forgery.AllPure(random, 64, MemorySet.Key);
        victim.Machine.Receive(Encode(Greeting(1 + random.Below(2000), random.NextHash(), cells)), TimeSpan.Zero);
        victim.Drain();
        Assert.InRange(victim.BytesSent, 1, 100_000);
        Assert.Equal(0, victim.RecordBytesSent);
    });

    /// <summary>A peer that speaks at random, but well-formed: it is refused, or led to the end, and never gets a record into the set that it didn't send.</summary>
    [Fact]
    public void Messages_in_any_order_are_answered_or_refused() => Seed.Check(LongRun.Cases(400, 20_000), random =>
    {
        MemorySet set = new(random.Leaves(random.Below(300)));
        int before = set.Count;
        using Side victim = new(random.Below(2) == 0 ? SyncSide.Primary : SyncSide.Secondary, set, new SyncStanding(null!, PullOnly: random.Below(4) == 0));
        if (random.Below(2) == 0) victim.Machine.Begin();
        TimeSpan now = TimeSpan.Zero;
        try
        {
            for (int i = 0; i < 40; i++)
            {
                now += TimeSpan.FromSeconds(random.Below(3));
                victim.Drain();
                victim.Receive(Encode(RandomMessage.Of(random, set)), now, 0);
            }
        }
        catch (ProtocolException)
        {
            // Refused: the connection would be closed.
        }
        Assert.True(set.Count <= before + victim.RecordsReceived);
    });

    [Fact]
    public void Mutated_conversations_end_in_a_refusal_or_in_step_or_are_told_apart() => Seed.Check(LongRun.Cases(200, 20_000), random =>
    {
        Leaf[] shared = random.Leaves(random.Below(500));
        using Pair pair = new(new MemorySet([.. shared, .. random.Leaves(random.Below(100))]), new MemorySet([.. shared, .. random.Leaves(random.Below(100))]));
        pair.Primary.Machine.Begin();
        TimeSpan now = TimeSpan.Zero;
        try
        {
            for (int flight = 0; flight < 100; flight++)
            {
                now += TimeSpan.FromMinutes(1);
                List<byte[]> one = pair.Primary.Drain(), other = pair.Secondary.Drain();
                if (one.Count + other.Count == 0) break;
                foreach (byte[] message in one) pair.Secondary.Machine.Receive(Mutate(message), now);
                foreach (byte[] message in other) pair.Primary.Machine.Receive(message, now);
            }
        }
        catch (ProtocolException)
        {
            return;
        }
        bool says = pair.Primary.Results.LastOrDefault(SyncResult.Differs) == SyncResult.InStep && pair.Secondary.Results.LastOrDefault(SyncResult.Differs) == SyncResult.InStep;
        if (says) Assert.Equal(pair.Primary.Set.Root, pair.Secondary.Set.Root);

        byte[] Mutate(byte[] message)
        {
            if (random.Below(8) == 0) message[random.Below(Math.Min(message.Length, 100))] ^= (byte)(1 << random.Below(8));
            return message;
        }
    });

    [Fact]
    public void A_tag_of_another_side_or_another_channel_is_not_the_same()
    {
        Hash32 root = Hash32.Of("root"u8);
        HashSet<Hash32> tags = [root, RootTag.Of(root, SyncSide.Primary, Pair.Channel), RootTag.Of(root, SyncSide.Secondary, Pair.Channel), RootTag.Of(root, SyncSide.Primary, new byte[32])];
        Assert.Equal(4, tags.Count);
    }

    [Fact]
    public void A_peer_that_repeats_our_own_tag_is_not_in_step()
    {
        MemorySet set = new(RandomSource.Seeded(1).Leaves(10));
        using Side victim = new(SyncSide.Primary, set, null);
        victim.Machine.Receive(Encode(Greeting(10, RootTag.Of(set.Root, SyncSide.Primary, Pair.Channel), [])), TimeSpan.Zero);
        victim.Drain();
        Assert.Empty(victim.Results);
    }

    [Fact]
    public void Who_sends_more_records_than_were_asked_for_is_refused()
    {
        RandomSource random = RandomSource.Seeded(1);
        MemorySet theirs = new(random.Leaves(10)), set = new(theirs.Leaves.Skip(1));
        using Side victim = new(SyncSide.Primary, set, null);
        victim.Machine.Receive(Encode(Greeting(10, random.NextHash(), theirs.View().Cells(64).ToArray())), TimeSpan.Zero);
        SyncMessage flood = new SyncMessage.Records(false, false, [.. random.Leaves(SyncLimits.SpareRecords + SyncLimits.RecordsPerAsked + 1).Select(Record.Of)]);
        Assert.Throws<ProtocolException>(() => victim.Machine.Receive(Encode(flood), TimeSpan.Zero));
    }

    [Fact]
    public void Who_sends_more_news_than_can_be_checked_is_refused_until_time_has_passed()
    {
        RandomSource random = RandomSource.Seeded(1);
        MemorySet set = new(random.Leaves(10));
        using Side victim = new(SyncSide.Primary, set, null);
        victim.Machine.Receive(Encode(Greeting(10, RootTag.Of(set.Root, SyncSide.Secondary, Pair.Channel), [])), TimeSpan.Zero);
        byte[] news = Encode(new SyncMessage.Records(false, true, [.. random.Leaves(1024).Select(Record.Of)]));
        for (int i = 0; i < 4; i++) victim.Machine.Receive(news, TimeSpan.Zero);
        Assert.Throws<ProtocolException>(() => victim.Machine.Receive(news, TimeSpan.Zero));
        victim.Machine.Receive(news, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void Who_greets_without_end_is_refused()
    {
        using Side victim = new(SyncSide.Primary, new MemorySet(), null);
        byte[] greeting = Encode(Greeting(1, Hash32.Of("x"u8), []));
        Assert.Throws<ProtocolException>(() =>
        {
            for (int i = 0; i < 20; i++) victim.Machine.Receive(greeting, TimeSpan.Zero);
        });
    }

    [Fact]
    public void Large_walks_on_a_peers_account_are_rare()
    {
        RandomSource random = RandomSource.Seeded(1);
        MemorySet set = new(random.Leaves(5000));
        using Side victim = new(SyncSide.Secondary, set, null);
        Assert.Throws<ProtocolException>(() =>
        {
            for (int i = 0; i < 6; i++)
            {
                victim.Machine.Receive(Encode(Greeting(5000, random.NextHash(), Forgery.Garbage(random, 64))), TimeSpan.FromSeconds(i));
                victim.Machine.Receive(Encode(new SyncMessage.AskIds()), TimeSpan.FromSeconds(i));
                victim.Drain();
            }
        });
    }

    static SyncMessage.Hello Greeting(long count, Hash32 tag, Cell[] cells) => new(false, count, 0, 1, 1, 0, 0, tag, cells);

    static byte[] Encode(SyncMessage message) => SyncCodec.Encode(message);
}
