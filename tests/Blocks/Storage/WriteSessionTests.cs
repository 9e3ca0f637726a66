using Vault.Primitives;
using Vault.Store;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Blocks.Tests;

/// <summary>What was reported durable survives a power cut between any two writes; what failed stays failed.</summary>
public sealed class WriteSessionTests
{
    readonly MemoryDatabase disk = Rig.NewBlocks();
    readonly WatchedDatabase blocks;
    readonly BlockStore store;

    public WriteSessionTests()
    {
        blocks = new WatchedDatabase(disk);
        store = new BlockStore(blocks, Rig.NewMeta(), new StandingClock());
    }

    static bool Holds(MemoryDatabase disk, BlockId id) =>
        disk.Get(StoreKeys.Blocks, StoreKeys.BlockKey(StoreKeys.InfoOf, Rig.Vault, id)) != null &&
        disk.Get(StoreKeys.Blocks, StoreKeys.BlockKey(StoreKeys.BytesOf, Rig.Vault, id)) is { } bytes && BlockId.Of(bytes) == id;

    [Theory]
    [InlineData(1)]
    [InlineData(11)] // sizes that come below, just at and beyond what the log takes
    [InlineData(12)]
    [InlineData(40)]
    public async Task Blocks_are_durable_once_a_flush_has_returned_and_not_before_it_began(int count)
    {
        using WriteSession session = store.BeginWrite(Rig.Vault);
        List<Block> added = [];
        for (int i = 0; i < count; i++)
        {
            added.Add(Some.Leaf(Some.Noise(400_000, (ulong)i)));
            await session.AddAsync(added[^1]);
        }
        Assert.All(added, block => Assert.False(Holds(disk.PowerCut(), block.Id)));
        await session.FlushAsync();
        Assert.All(added, block => Assert.True(Holds(disk.PowerCut(), block.Id)));
        Assert.Equal((count, count), (session.AllBlocks, session.NewBlocks));
    }

    /// <summary>Sessions side by side with contents that overlap; after each write the power is cut or the process killed, and what had been reported must be there.</summary>
    [Fact]
    public void Nothing_reported_durable_is_lost_at_any_boundary() => Seed.Check(LongRun.Cases(10, 1000), random => RunAsync(random).GetAwaiter().GetResult());

    static async Task RunAsync(RandomSource random)
    {
        using MemoryDatabase disk = Rig.NewBlocks();
        HashSet<BlockId> reported = [];
        void Check(DatabaseWrite write)
        {
            BlockId[] promised;
            lock (reported) promised = [.. reported];
            foreach (MemoryDatabase survivor in (MemoryDatabase[])[disk.PowerCut(), disk.Kill()])
                foreach (BlockId id in promised) Assert.True(Holds(survivor, id), $"{id} was reported durable and is lost at write {write.Number}");
        }
        using WatchedDatabase blocks = new(disk) { Before = Check, After = Check };
        using BlockStore store = new(blocks, Rig.NewMeta(), new StandingClock());
        Block[] pool = [.. Enumerable.Range(0, 24).Select(i => Some.Leaf(Some.Noise(i % 3 == 0 ? 1_500_000 : 20_000, (ulong)i)))];
        List<int>[] plans = [.. Enumerable.Range(0, 4).Select(_ => Enumerable.Range(0, 12).Select(_ => random.Below(pool.Length + 4)).ToList())];
        await Task.WhenAll(plans.Select(plan => Task.Run(async () =>
        {
            using WriteSession session = store.BeginWrite(Rig.Vault);
            List<BlockId> added = [];
            foreach (int step in plan.Append(pool.Length))
            {
                if (step < pool.Length)
                {
                    await session.AddAsync(pool[step]);
                    added.Add(pool[step].Id);
                    continue;
                }
                await session.FlushAsync();
                MemoryDatabase survivor = disk.PowerCut();
                Assert.All(added, id => Assert.True(Holds(survivor, id), $"{id} is not durable after a flush"));
                lock (reported) reported.UnionWith(added);
            }
        })));
    }

    [Fact]
    public async Task A_known_block_is_durable_after_a_flush_though_another_session_has_not_flushed_it()
    {
        Block[] large = [.. Enumerable.Range(0, 4).Select(i => Some.Leaf(Some.Noise(2_000_000, (ulong)i)))];
        using WriteSession first = store.BeginWrite(Rig.Vault), second = store.BeginWrite(Rig.Vault);
        foreach (Block block in large) await first.AddAsync(block);
        Assert.True(store.Contains(Rig.Vault, large[0].Id));
        Assert.False(Holds(disk.PowerCut(), large[0].Id));
        await second.AddAsync(large[0]);
        Assert.Equal(0, second.NewBlocks);
        await second.FlushAsync();
        Assert.True(Holds(disk.PowerCut(), large[0].Id));
    }

    [Fact]
    public async Task A_flush_waits_for_blocks_that_another_call_has_in_hand()
    {
        // The first call to flush takes what waits, and stands still on its way to the disk; the second finds nothing left.
        using WriteSession session = store.BeginWrite(Rig.Vault);
        Block block = Some.Leaf("in hand");
        await session.AddAsync(block);
        using ManualResetEventSlim arrived = new(), go = new();
        blocks.Before = _ =>
        {
            arrived.Set();
            go.Wait();
        };
        Task one = Task.Run(session.FlushAsync);
        arrived.Wait();
        Task two = session.FlushAsync();
        await session.AddAsync(block);
        Task three = session.FlushAsync();
        bool early = two.IsCompleted || three.IsCompleted;
        go.Set();
        Assert.False(early);
        foreach (Task flush in (Task[])[two, three])
        {
            await flush;
            Assert.True(Holds(disk.PowerCut(), block.Id));
        }
        await one;
    }

    [Theory]
    [InlineData(100)]
    [InlineData(2_000_000)]
    public async Task A_session_whose_write_failed_never_reports_again(int size)
    {
        using WriteSession session = store.BeginWrite(Rig.Vault);
        blocks.Before = _ => throw new StoreException("no space left");
        async Task FillAsync()
        {
            for (int i = 0; i < 3; i++) await session.AddAsync(Some.Leaf(Some.Noise(size, (ulong)i)));
            await session.FlushAsync();
        }
        await Assert.ThrowsAsync<StoreException>(FillAsync);
        blocks.Before = null;
        await Assert.ThrowsAsync<StoreException>(session.FlushAsync);
        await Assert.ThrowsAsync<StoreException>(async () => await session.AddAsync(Some.Leaf("more")));
    }

    [Fact]
    public async Task A_failed_flush_fails_every_session_that_might_have_counted_on_it_and_none_that_begins_later()
    {
        Block large = Some.Leaf(Some.Noise(2_000_000)), larger = Some.Leaf(Some.Noise(2_050_000, 2)), third = Some.Leaf(Some.Noise(2_060_000, 3));
        using WriteSession first = store.BeginWrite(Rig.Vault), second = store.BeginWrite(Rig.Vault);
        foreach (Block block in (Block[])[large, larger, third]) await first.AddAsync(block);
        await second.AddAsync(large);
        blocks.Before = write =>
        {
            if (write.Commit is null) throw new StoreException("input/output error");
        };
        await Assert.ThrowsAsync<StoreException>(first.FlushAsync);
        blocks.Before = null;
        await Assert.ThrowsAsync<StoreException>(first.FlushAsync);
        await Assert.ThrowsAsync<StoreException>(second.FlushAsync);

        using WriteSession later = store.BeginWrite(Rig.Vault);
        await later.AddAsync(large);
        await later.FlushAsync();
        Assert.True(Holds(disk.PowerCut(), large.Id));
    }

    [Fact]
    public async Task A_full_disk_is_noticed_before_anything_is_written()
    {
        DiskSpace full = new("/data", () => (1000, 1L << 40));
        using BlockStore limited = new(blocks, Rig.NewMeta(), new StandingClock(), full);
        using WriteSession session = limited.BeginWrite(Rig.Vault);
        blocks.Before = _ => Assert.Fail("Something was written.");
        await session.AddAsync(Some.Leaf("small"));
        await Assert.ThrowsAsync<StoreException>(session.FlushAsync);
    }

    [Fact]
    public async Task A_reader_who_comes_late_does_not_set_a_block_aside_that_was_deleted_or_stored_anew()
    {
        Block block = Some.Leaf("now you see me");
        using WriteSession session = store.BeginWrite(Rig.Vault);
        await session.AddAsync(block);
        await session.FlushAsync();
        byte[] bytesKey = StoreKeys.BlockKey(StoreKeys.BytesOf, Rig.Vault, block.Id), infoKey = StoreKeys.BlockKey(StoreKeys.InfoOf, Rig.Vault, block.Id);

        // A collection deletes it between the look into the index and the read.
        blocks.Finding = () => disk.Commit(new Batch().Delete(StoreKeys.Blocks, bytesKey).Delete(StoreKeys.Blocks, infoKey), Durability.Synced);
        Assert.Null(store.Read(Rig.Vault, block.Id));
        blocks.Finding = null;
        Assert.Empty(store.Damaged(Rig.Vault));

        // The disk gives something else once only; meanwhile it is stored anew.
        disk.Commit(new Batch().Put(StoreKeys.Blocks, bytesKey, new byte[50]).Put(StoreKeys.Blocks, infoKey, new BlockInfo(block.Bytes.Length, 0).Encode()), Durability.Synced);
        int call = 0;
        blocks.Finding = () =>
        {
            if (++call == 2) disk.Commit(new Batch().Put(StoreKeys.Blocks, bytesKey, block.Bytes), Durability.Synced);
        };
        using StoredBlock? read = store.Read(Rig.Vault, block.Id);
        Assert.Equal(block.Bytes.ToArray(), read!.Bytes.ToArray());
        Assert.True(store.Contains(Rig.Vault, block.Id));
    }
}
