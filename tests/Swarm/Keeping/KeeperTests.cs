using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Swarm.Tests;

public sealed class KeeperTests
{
    static int CopiesOf(KeeperWorld world, BlockId id) => world.Devices.Count(device => device.Up && device.Blocks.Contains(id));

    [Fact]
    public void What_devices_hold_is_known_everywhere_though_gossip_is_lost() => Seed.Check(LongRun.Cases(5, 100), random =>
    {
        KeeperWorld world = new(random, 5, target: 1) { Loss = 50 };
        for (int i = 0; i < 300; i++)
        {
            world.Block([.. world.Devices.Where(_ => random.Below(2) > 0)]);
            KeeperWorld.Device device = world.Devices[random.Below(5)];
            if (device.Blocks.Count > 0 && random.Below(3) == 0 && device.Blocks.First() is var gone && device.Blocks.Remove(gone)) device.Keeper.Lose([gone]);
            if (random.Below(10) == 0) world.Pass(TimeSpan.FromSeconds(1));
        }
        world.Pass(TimeSpan.FromMinutes(1));
        world.Heals = false; // a copy made now might be told of in vain
        world.Pass(HoldingsLimits.CompareEvery * (1 << HoldingsLimits.CompareDoublings) * 1.25 + TimeSpan.FromSeconds(5)); // the longest that two don't compare
        foreach (KeeperWorld.Device here in world.Devices)
            foreach (BlockId id in world.Needed)
                Assert.Equal(world.Devices.Where(device => device.Blocks.Contains(id)).Select(device => device.Holder.Device).ToHashSet(),
                    here.Keeper.WhoHolds(id, world.Now).Select(copy => copy.Device).ToHashSet());
    });

    [Fact]
    public void While_nothing_changes_hardly_anything_is_said_and_what_is_lost_then_is_found_all_the_same()
    {
        KeeperWorld world = new(RandomSource.Seeded(6), 5, target: 3) { Loss = 100 };
        for (int i = 0; i < 50; i++) world.Block(world.Devices[..3]);
        world.Pass(TimeSpan.FromMinutes(15));
        (long said, long compared) = (world.Said, world.Compared);
        world.Pass(TimeSpan.FromHours(1));
        Assert.Equal(said, world.Said); // all see each other
        Assert.InRange(world.Compared - compared, 20 * 10, 20 * 22); // each of twenty pairs every four minutes

        world.Heals = false; // who hasn't heard of the copies would make more of them: what is known is asked here
        BlockId news = world.Block(world.Devices[..3]);
        world.Pass(TimeSpan.FromMinutes(6)); // the statement is lost, as all are here
        Assert.All(world.Devices, device => Assert.Equal(3, device.Keeper.WhoHolds(news, world.Now).Count));

        said = world.Said;
        world.Stop(world.Devices[4]);
        world.Pass(TimeSpan.FromMinutes(10));
        Assert.InRange(world.Said - said, 4, 4 * 4); // it may hear of them through others
        world.Pass(TimeSpan.FromMinutes(10));
        said = world.Said;
        world.Pass(TimeSpan.FromMinutes(10));
        Assert.Equal(said, world.Said);
    }

    [Fact]
    public void A_device_that_starts_again_knows_thousands_of_blocks_of_another_by_one_comparison()
    {
        RandomSource random = RandomSource.Seeded(1);
        KeeperWorld world = new(random, 2, target: 1);
        for (int i = 0; i < 20_000; i++) world.Block(world.Devices);
        for (int i = 0; i < 10; i++) world.Block(world.Devices[1]);
        world.Stop(world.Devices[0]);
        world.Start(world.Devices[0]);
        world.Pass(TimeSpan.FromSeconds(5));
        Assert.Equal(20_010, world.Needed.Count(id => world.Devices[0].Keeper.WhoHolds(id, world.Now).Any(copy => copy.Device == world.Devices[1].Holder.Device)));
    }

    [Fact]
    public void Before_it_knows_what_is_here_a_device_asks_nobody_what_it_holds()
    {
        RandomSource random = RandomSource.Seeded(8);
        DeviceId[] devices = [.. Enumerable.Range(0, 2).Select(_ => new DeviceId(random.Bytes(DeviceId.Size)))];
        Keeper keeper = new(devices[0], new SketchKey(new byte[SketchKey.Size]), 1, random, TimeSpan.Zero);
        keeper.Use(devices.Select(device => new Holder(device, Site.Of(device, 0), DeviceClass.Server, 0)), 2, 1);
        keeper.Connected(devices[1], TimeSpan.Zero);
        TimeSpan now = TimeSpan.Zero;
        for (; now < TimeSpan.FromMinutes(3); now += HoldingsLimits.Pause) keeper.Tick(now);
        Assert.False(keeper.TryTake(out _));
        keeper.BeginNeeded();
        keeper.EndNeeded();
        keeper.Tick(now + HoldingsLimits.Pause);
        List<KeeperOutput> said = [];
        while (keeper.TryTake(out KeeperOutput? output)) said.Add(output);
        Assert.Contains(said, output => output is KeeperOutput.Send { Message: KeeperMessage.Ask });
    }

    [Fact]
    public void What_others_held_is_known_after_a_restart_though_it_is_more_than_strangers_may_claim()
    {
        RandomSource random = RandomSource.Seeded(7);
        SketchKey key = new(new byte[SketchKey.Size]);
        DeviceId[] devices = [.. Enumerable.Range(0, 2).Select(_ => new DeviceId(random.Bytes(DeviceId.Size)))];
        Holder[] holders = [.. devices.Select(device => new Holder(device, Site.Of(device, 0), DeviceClass.Server, 0))];
        BlockId[] blocks = [.. Enumerable.Range(0, HoldingsLimits.Strangers + 10_000).Select(_ => new BlockId(new Hash32(random.Bytes(Hash32.Size))))];
        Keeper Begin(ulong run)
        {
            Keeper keeper = new(devices[0], key, run, random, TimeSpan.Zero);
            keeper.Use(holders, 2, 1);
            return keeper;
        }
        Keeper before = Begin(1);
        before.BeginNeeded();
        foreach (BlockId block in blocks) before.Need(block, inner: false, isHere: false);
        before.EndNeeded();
        ulong sequence = 0;
        foreach (BlockId[] some in blocks.Chunk(HoldingsLimits.IdsInStatement)) Assert.True(before.Hear(new HoldingStatement(devices[1], 1, ++sequence, default, [.. some.Select(HeldId.Of)], []), TimeSpan.Zero));
        ByteWriter saved = new(1 << 20);
        before.Save(saved, TimeSpan.Zero);

        Keeper after = Begin(2);
        ByteReader reader = new(saved.Written);
        after.Load(ref reader, TimeSpan.Zero, TimeSpan.Zero);
        Assert.All(blocks, block => Assert.Contains(after.WhoHolds(block, TimeSpan.Zero), copy => copy.Device == devices[1]));
        Assert.Equal(0, after.Map.Renumbered);
    }

    [Fact]
    public void Who_was_away_itself_doesnt_take_those_for_lost_whom_it_couldnt_have_heard_meanwhile()
    {
        RandomSource random = RandomSource.Seeded(7);
        Holder[] holders = [.. Enumerable.Range(1, 3).Select(number => PlacementTests.Device(number, 1UL << 40))]; // servers: a quarter of an hour
        Keeper Begin(ulong run)
        {
            Keeper keeper = new(holders[0].Device, KeeperWorld.Key, run, random, TimeSpan.Zero);
            keeper.Use(holders, 2, 1);
            return keeper;
        }
        Keeper before = Begin(1);
        foreach (Holder other in holders[1..])
        {
            before.Connected(other.Device, TimeSpan.Zero);
            before.Disconnected(other.Device, TimeSpan.Zero);
        }
        ByteWriter saved = new(1 << 10);
        before.Save(saved, TimeSpan.FromMinutes(5));

        Keeper after = Begin(2);
        ByteReader reader = new(saved.Written);
        after.Load(ref reader, TimeSpan.Zero, TimeSpan.FromHours(10));
        after.Connected(holders[1].Device, TimeSpan.FromMinutes(1));
        after.Tick(TimeSpan.FromMinutes(9));
        Assert.Equal(0, after.Counts.LostDevices);
        Assert.True(after.Standings(TimeSpan.FromMinutes(9)).Single(standing => standing.Device == holders[2].Device).LastHeard > TimeSpan.FromHours(10)); // as it is told to people
        after.Tick(TimeSpan.FromMinutes(11)); // five and then ten
        Assert.Equal(1, after.Counts.LostDevices);
    }

    [Fact]
    public void Who_restarts_after_everything_was_healed_has_its_time_and_nothing_is_copied() => Seed.Check(LongRun.Cases(3, 50), random =>
    {
        KeeperWorld world = new(random, 5, target: 3, minimum: 3);
        for (int i = 0; i < 100; i++) world.Block(world.Devices[0]);
        while (!world.Needed.All(id => CopiesOf(world, id) == 3)) world.Pass(world.Step);
        world.Pass(3 * HoldingsLimits.Pause); // all have heard of it, and haven't looked again
        long pulled = world.Pulled;
        foreach (KeeperWorld.Device device in world.Devices)
        {
            world.Stop(device);
            world.Pass(HealingLimits.UrgentPatience - TimeSpan.FromSeconds(3));
            world.Start(device);
            world.Pass(TimeSpan.FromMinutes(1));
        }
        Assert.Equal(pulled, world.Pulled);
    });

    [Fact]
    public void Copies_that_are_missing_are_made_once_and_those_of_a_lost_device_again() => Seed.Check(LongRun.Cases(3, 50), random =>
    {
        KeeperWorld world = new(random, 6, target: 3, minimum: 1);
        for (int i = 0; i < 200; i++) world.Block(world.Devices[random.Below(6)]);
        world.Pass(TimeSpan.FromMinutes(3));
        Assert.All(world.Needed, id => Assert.Equal(3, CopiesOf(world, id)));
        Assert.Equal(400, world.Pulled);

        KeeperWorld.Device lost = world.Devices[0];
        int held = lost.Blocks.Count;
        world.Stop(lost);
        world.Pass(TimeSpan.FromMinutes(10));
        Assert.Equal(400, world.Pulled); // it may only be away
        world.Pass(TimeSpan.FromMinutes(10));
        Assert.Equal(400 + held, world.Pulled);
        Assert.All(world.Needed, id => Assert.Equal(3, CopiesOf(world, id)));
        Assert.All(world.Devices.Skip(1), device => Assert.Contains((KeeperEvent.DeviceLost, lost.Holder.Device), device.Events));
        Assert.All(world.Devices.Skip(1), device => Assert.True(device.Keeper.Counts is { Liars: 0, Wrong: 0, LostDevices: 1 }));

        world.Start(lost);
        world.Pass(TimeSpan.FromMinutes(10));
        Assert.Equal(400 + held, world.Pulled);
        CopyFigures figures = world.Devices[1].Keeper.Figures(world.Now);
        Assert.Equal((0, 200), (figures.UnderTarget, figures.Needed));
    });

    [Fact]
    public void In_a_vault_of_many_devices_each_follows_some_and_what_was_lost_is_made_again_once() => Seed.Check(LongRun.Cases(1, 20), random =>
    {
        (KeeperWorld world, Placement placement) = Large(random);
        Assert.All(world.Devices, device => Assert.True(device.Keeper.Neighbourhood.IsPart));
        world.Pass(TimeSpan.FromMinutes(2));
        Assert.Equal(0, world.Pulled);
        KeeperWorld.Device lost = world.Devices[random.Below(world.Devices.Length)];
        world.Stop(lost);
        world.Pass(TimeSpan.FromMinutes(18));
        Assert.All(world.Needed, id => Assert.Equal(3, CopiesOf(world, id)));
        Assert.Equal(lost.Blocks.Count, world.Pulled);
        foreach (BlockId id in world.Needed)
            Assert.All(world.Devices.Where(device => device.Up && device.Keeper.Neighbourhood.LooksAfter(HeldId.Of(id))), device => Assert.Equal(3, device.Keeper.WhoHolds(id, world.Now).Count(copy => copy.Device != lost.Holder.Device)));
    });

    [Fact]
    public void Where_too_few_of_the_first_are_left_the_next_in_rank_stand_in() => Seed.Check(LongRun.Cases(1, 20), random =>
    {
        (KeeperWorld world, Placement placement) = Large(random);
        world.Pass(TimeSpan.FromMinutes(2));
        BlockId chosen = world.Needed[random.Below(world.Needed.Count)];
        // One of three holders is left, and one more of those who look after the block; the third copy is for somebody who doesn't.
        Holder[] first = [.. placement.FirstOf(Placement.BucketOf(HeldId.Of(chosen)))];
        foreach (Holder holder in first.Skip(2)) world.Stop(world.Devices.Single(device => device.Holder == holder));
        world.Pass(TimeSpan.FromMinutes(45));
        Assert.Equal(3, CopiesOf(world, chosen));
        Assert.All(world.Needed.Where(id => world.Devices.Any(device => device.Up && device.Blocks.Contains(id))), id => Assert.Equal(3, CopiesOf(world, id)));
    });

    /// <summary>Thirty devices are many here, and every block is where it belongs.</summary>
    static (KeeperWorld World, Placement Placement) Large(RandomSource random)
    {
        KeeperWorld world = new(random, 30, target: 3, everybody: 10);
        Placement placement = new(world.Devices.Select(device => device.Holder), target: 3);
        for (int i = 0; i < 100; i++)
        {
            BlockId id = world.Block();
            foreach (Holder holder in placement.RankOf(HeldId.Of(id)).Take(3))
            {
                KeeperWorld.Device device = world.Devices.Single(one => one.Holder == holder);
                device.Blocks.Add(id);
                device.Keeper.Hold([id]);
            }
        }
        return (world, placement);
    }

    [Fact]
    public void Under_the_minimum_nobody_waits_for_the_lost_to_come_back()
    {
        KeeperWorld world = new(RandomSource.Seeded(2), 5, target: 2, minimum: 2);
        for (int i = 0; i < 100; i++) world.Block(world.Devices[0], world.Devices[1]);
        world.Pass(TimeSpan.FromMinutes(1));
        Assert.Equal(0, world.Pulled);
        world.Stop(world.Devices[0]);
        world.Pass(TimeSpan.FromMinutes(1));
        Assert.All(world.Needed, id => Assert.Equal(2, CopiesOf(world, id)));
        Assert.Equal(100, world.Pulled);
    }

    /// <summary>A hundred blocks, all on the first three of six devices that know of each other.</summary>
    static KeeperWorld HeldByThreeOfSix(int minimum)
    {
        KeeperWorld world = new(RandomSource.Seeded(2), 6, target: 3, minimum);
        for (int i = 0; i < 100; i++) world.Block(world.Devices[0], world.Devices[1], world.Devices[2]);
        world.Pass(TimeSpan.FromMinutes(1));
        return world;
    }

    [Fact]
    public void What_nobody_in_reach_has_isnt_copied_from_the_first_who_comes_back()
    {
        KeeperWorld world = HeldByThreeOfSix(minimum: 1);
        foreach (KeeperWorld.Device device in world.Devices[..3]) world.Stop(device);
        world.Pass(TimeSpan.FromMinutes(1));
        foreach (KeeperWorld.Device device in world.Devices[..3])
        {
            world.Start(device);
            world.Pass(TimeSpan.FromSeconds(7));
        }
        world.Pass(TimeSpan.FromMinutes(2));
        Assert.Equal(0, world.Pulled);
    }

    [Fact]
    public void A_copy_on_its_way_is_let_go_when_those_who_were_missed_are_back()
    {
        KeeperWorld world = HeldByThreeOfSix(minimum: 2);
        world.Arrives = false;
        foreach (KeeperWorld.Device device in world.Devices[1..3]) world.Stop(device);
        world.Pass(TimeSpan.FromSeconds(25));
        Assert.Equal(100, world.Devices.Sum(device => device.Pulling.Count));
        foreach (KeeperWorld.Device device in world.Devices[1..3]) world.Start(device);
        world.Pass(TimeSpan.FromMinutes(1));
        Assert.Equal(0, world.Devices.Sum(device => device.Pulling.Count + device.Keeper.Pulls));
        world.Arrives = true;
        world.Pass(TimeSpan.FromMinutes(1));
        Assert.Equal(0, world.Pulled);
    }

    [Fact]
    public void Who_comes_and_goes_is_expected_back_for_some_times_as_long_as_it_was_away()
    {
        KeeperWorld world = HeldByThreeOfSix(minimum: 2);
        KeeperWorld.Device[] two = world.Devices[1..3];
        foreach (KeeperWorld.Device device in two) // one at a time: two are in reach
        {
            world.Stop(device);
            world.Pass(TimeSpan.FromMinutes(1));
            world.Start(device);
            world.Pass(TimeSpan.FromMinutes(1));
        }
        foreach (KeeperWorld.Device device in two) world.Stop(device);
        world.Pass(TimeSpan.FromMinutes(2));
        Assert.Equal(0, world.Pulled);
        foreach (KeeperWorld.Device device in two) world.Start(device);
        world.Pass(TimeSpan.FromMinutes(1));

        foreach (KeeperWorld.Device device in two) world.Stop(device);
        world.Pass(TimeSpan.FromMinutes(7.5));
        Assert.Equal(0, world.Pulled); // it was two minutes by now
        world.Pass(TimeSpan.FromMinutes(3));
        Assert.Equal(100, world.Pulled); // what the minimum takes
    }

    [Fact]
    public void Restarts_one_after_the_other_move_nothing()
    {
        KeeperWorld world = new(RandomSource.Seeded(3), 5, target: 3, minimum: 2);
        for (int i = 0; i < 100; i++) world.Block(world.Devices[i % 5], world.Devices[(i + 1) % 5], world.Devices[(i + 2) % 5]);
        world.Pass(TimeSpan.FromMinutes(2));
        foreach (KeeperWorld.Device device in world.Devices)
        {
            world.Stop(device);
            world.Pass(TimeSpan.FromSeconds(20));
            world.Start(device);
            world.Pass(TimeSpan.FromMinutes(1));
        }
        Assert.Equal(0, world.Pulled);
    }

    [Fact]
    public void A_liar_is_found_at_the_first_question_and_counts_for_nobody()
    {
        KeeperWorld world = new(RandomSource.Seeded(4), 5, target: 3, minimum: 1);
        KeeperWorld.Device liar = world.Devices[4];
        liar.Lies = true;
        for (int i = 0; i < 100; i++) world.Block(world.Devices[i % 2]);
        liar.Keeper.Hold(world.Needed);
        world.Pass(TimeSpan.FromMinutes(5));
        Assert.All(world.Devices.Take(4), device => Assert.Contains((KeeperEvent.Liar, liar.Holder.Device), device.Events));
        Assert.All(world.Devices.Take(4), device => Assert.True(device.Keeper.Counts is { Liars: 1, Wrong: > 0, Right: > 0, LostDevices: 0 }));
        Assert.All(world.Needed, id => Assert.Equal(3, world.Devices.Take(4).Count(device => device.Blocks.Contains(id))));
        Assert.All(world.Needed, id => Assert.DoesNotContain(world.Devices[0].Keeper.WhoHolds(id, world.Now), copy => copy.Device == liar.Holder.Device && copy.Counts));
    }

    [Fact]
    public void Who_dropped_one_in_a_hundred_is_found_within_eleven_hours()
    {
        int found = 0, runs = LongRun.Cases(5, 300);
        for (int run = 0; run < runs; run++)
        {
            KeeperWorld world = new(RandomSource.Seeded((ulong)run), 2, target: 2);
            for (int i = 0; i < 1000; i++) world.Block(world.Devices);
            world.Pass(TimeSpan.FromMinutes(5));
            foreach (BlockId id in world.Devices[1].Blocks.Take(10).ToList()) world.Devices[1].Blocks.Remove(id); // it doesn't say so
            (world.Heals, world.Step) = (false, TimeSpan.FromSeconds(25)); // nine turns between two questions
            world.Pass(TimeSpan.FromHours(11));
            if (world.Devices[0].Events.Contains((KeeperEvent.CopyLost, world.Devices[1].Holder.Device))) found++;
        }
        Assert.True(found >= runs - 1);
    }

    [Fact]
    public void Messages_are_read_as_they_were_written_and_noise_as_none()
    {
        RandomSource random = RandomSource.Seeded(5);
        BlockId[] blocks = [.. Enumerable.Range(0, 5).Select(_ => new BlockId(random.Bytes(BlockId.Size)))];
        HeldId[] held = [.. blocks.Select(HeldId.Of)];
        Hash32 nonce = new(random.Bytes(Hash32.Size));
        Cell[] cells = [.. Enumerable.Range(0, 9).Select(_ => new Cell(random.NextUInt64(), random.NextUInt64()))];
        KeeperMessage[] messages =
        [
            new KeeperMessage.Ask(64), new KeeperMessage.Tell(1, 2, new HeldDigest(3, 4), cells), new KeeperMessage.AskList(7), new KeeperMessage.TellList(held, 9),
            new KeeperMessage.Challenge(nonce, held), new KeeperMessage.Proof(nonce, [nonce, null]), new KeeperMessage.AskLock(nonce, blocks),
            new KeeperMessage.Locked(nonce, [null, nonce], random.Bytes(Ed25519PublicKey.SignatureSize)), new KeeperMessage.AskLevels(blocks), new KeeperMessage.TellLevels(blocks, [0, 1, 2, 255, 0]), new KeeperMessage.StandIn([0, 7, 4095]),
        ];
        foreach (KeeperMessage message in messages)
        {
            byte[] bytes = KeeperCodec.Encode(message);
            Assert.Equal(bytes, KeeperCodec.Encode(KeeperCodec.Decode(bytes)!));
            for (int length = 0; length < bytes.Length; length++) Assert.Null(KeeperCodec.Decode(bytes.AsSpan(0, length)));
            Assert.Null(KeeperCodec.Decode([.. bytes, 0]));
        }
        Seed.Check(LongRun.Cases(2000, 100_000), noise =>
        {
            byte[] bytes = noise.Bytes(1 + noise.Below(200));
            bytes[0] = (byte)noise.Below(12);
            if (KeeperCodec.Decode(bytes) is { } message) Assert.Equal(bytes, KeeperCodec.Encode(message));
        });
    }
}
