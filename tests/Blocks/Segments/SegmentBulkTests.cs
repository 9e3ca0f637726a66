using System.Collections.Concurrent;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Blocks.Tests;

/// <summary>What is found, and when it counts; what a power cut does to the files themselves is tested with the real store, in Survival.</summary>
public sealed class SegmentBulkTests : IDisposable
{
    readonly TemporaryFolder folder = new();
    readonly MemoryDatabase disk = Rig.NewBlocks();
    readonly FaultyDatabase database;
    readonly SegmentFiles files;
    readonly SegmentBulk bulk;

    public SegmentBulkTests()
    {
        database = new FaultyDatabase(disk);
        files = new SegmentFiles(folder["segments"]);
        bulk = new SegmentBulk(files, database);
    }

    public void Dispose()
    {
        bulk.Dispose();
        files.Dispose();
        disk.Dispose();
        folder.Dispose();
    }

    static Block Numbered(int number, int size = 5000) => Some.Leaf(Some.Noise(size, (ulong)number));

    void Write(params Block[] blocks) => bulk.Write(Rig.Vault, [.. blocks.Select(NewBlock.Of)]);

    static BlockInfo? Indexed(MemoryDatabase database, BlockId id, VaultTag? vault = null) =>
        database.Get(StoreKeys.Blocks, StoreKeys.BlockKey(StoreKeys.InfoOf, vault ?? Rig.Vault, id)) is { } value ? BlockInfo.Decode(value) : null;

    static byte[]? Read(SegmentFiles files, BlockInfo info)
    {
        using StoredValue? value = files.Read(info.Place!.Value, info.Length);
        return value?.Span.ToArray();
    }

    [Fact]
    public void A_block_is_found_at_once_survives_from_its_flush_on_and_comes_into_the_index_in_its_time()
    {
        Block[] blocks = [.. Enumerable.Range(0, 20).Select(number => Numbered(number, 1000 + 9000 * number))];
        Write(blocks[..10]);
        foreach (Block block in blocks[10..]) Write(block);
        foreach (Block block in blocks)
        {
            Assert.Equal(block.Bytes.ToArray(), Read(files, bulk.Find(Rig.Vault, block.Id)!.Value));
            Assert.Null(Indexed(disk, block.Id));
            Assert.Null(bulk.Find(Rig.OtherVault, block.Id));
        }
        bulk.Flush();
        using MemoryDatabase atOnce = disk.PowerCut();
        SegmentIndexing.Run(files, atOnce);
        bulk.Index();
        using MemoryDatabase later = disk.PowerCut();
        foreach (Block block in blocks)
        {
            Assert.Null(bulk.Find(Rig.Vault, block.Id));
            foreach (MemoryDatabase survivor in (MemoryDatabase[])[atOnce, later]) Assert.Equal(block.Bytes.ToArray(), Read(files, Indexed(survivor, block.Id)!.Value));
        }
        Assert.Equal(default, SegmentIndexing.Run(files, later));
    }

    [Fact]
    public void No_more_than_a_number_of_blocks_waits_for_the_index()
    {
        using SegmentBulk eager = new(files, disk, mostUnindexed: 10);
        for (int i = 0; i < 25; i++)
        {
            eager.Write(Rig.Vault, [NewBlock.Of(Numbered(i))]);
            eager.Flush();
            Assert.Equal((i + 1) / 10 * 10, Enumerable.Range(0, i + 1).Count(number => Indexed(disk, Numbered(number).Id) is not null));
            Assert.Equal((i + 1) % 10, Enumerable.Range(0, i + 1).Count(number => eager.Find(Rig.Vault, Numbered(number).Id) is not null));
        }
    }

    [Fact]
    public void What_the_index_did_not_take_is_there_all_the_same_and_is_put_into_it_at_the_next_call()
    {
        Block first = Numbered(1), second = Numbered(2);
        database.Plan = new FaultPlan { CommitLost = 0 };
        Write(first);
        bulk.Flush();
        Assert.ThrowsAny<VaultException>(bulk.Index);
        Assert.NotNull(bulk.Find(Rig.Vault, first.Id));
        Write(second);
        using (MemoryDatabase survivor = disk.PowerCut())
        {
            SegmentIndexing.Run(files, survivor);
            Assert.Equal(first.Bytes.ToArray(), Read(files, Indexed(survivor, first.Id)!.Value));
        }
        bulk.Index();
        Assert.NotNull(Indexed(disk, first.Id));
        Assert.Null(Indexed(disk, second.Id)); // not flushed
        Assert.NotNull(bulk.Find(Rig.Vault, second.Id));
    }

    [Fact]
    public void What_ends_in_order_leaves_nothing_for_the_next_opening()
    {
        Write(Numbered(1), Numbered(2));
        bulk.Flush();
        bulk.Dispose();
        Assert.NotNull(Indexed(disk, Numbered(2).Id));
        Assert.Equal(default, SegmentIndexing.Run(files, disk));
    }

    [Fact]
    public void A_segment_is_finished_when_nobody_appends_to_it_and_all_of_it_is_in_the_index()
    {
        Write(Numbered(1));
        bulk.BeginAnother();
        Assert.Empty(bulk.Finished());
        bulk.Flush();
        Assert.Single(bulk.Finished());
        Assert.NotNull(Indexed(disk, Numbered(1).Id));
    }

    [Fact]
    public void A_disk_that_takes_no_file_is_told_and_when_it_does_again_the_store_goes_on()
    {
        Directory.Delete(files.FullPath);
        Assert.Throws<StoreException>(() => Write(Numbered(1)));
        Directory.CreateDirectory(files.FullPath);
        Write(Numbered(1));
        bulk.Flush();
        bulk.Index();
        Assert.NotNull(Indexed(disk, Numbered(1).Id));
    }

    [Fact]
    public void What_was_written_and_not_flushed_before_an_end_is_indexed_at_the_next_opening_once()
    {
        Write(Numbered(1), Numbered(2));
        bulk.Flush();
        Write(Numbered(3), Numbered(4));
        bulk.Dispose();
        SegmentIndexing.Report first = SegmentIndexing.Run(files, disk), second = SegmentIndexing.Run(files, disk);
        Assert.Equal((2, 0), (first.Blocks, first.Damaged));
        Assert.Equal(default, second);
        Assert.Equal(Numbered(4).Bytes.ToArray(), Read(files, Indexed(disk, Numbered(4).Id)!.Value));
    }

    [Fact]
    public void Without_an_index_everything_is_found_again()
    {
        Block[] blocks = [.. Enumerable.Range(0, 3000).Select(number => Numbered(number, 200))];
        foreach (Block[] run in blocks.Chunk(700)) Write(run);
        bulk.Flush();
        bulk.Index();
        using MemoryDatabase fresh = Rig.NewBlocks();
        Assert.Equal((3000, 0), (SegmentIndexing.Run(files, fresh).Blocks, 0));
        Assert.All(blocks, block => Assert.Equal(Indexed(disk, block.Id), Indexed(fresh, block.Id)));
    }

    [Fact]
    public void What_is_on_its_way_into_a_vault_that_is_parted_with_never_arrives()
    {
        Write(Numbered(1));
        bulk.Write(Rig.OtherVault, [NewBlock.Of(Numbered(1))]);
        bulk.Flush();
        bulk.Write(Rig.OtherVault, [NewBlock.Of(Numbered(2))]);
        bool parted = false;
        bulk.Forget(Rig.OtherVault, () => parted = true);
        Assert.True(parted);
        bulk.Flush();
        bulk.Index();
        SegmentIndexing.Run(files, disk);
        Assert.NotNull(Indexed(disk, Numbered(1).Id));
        foreach (int number in (int[])[1, 2]) Assert.Null(Indexed(disk, Numbered(number).Id, Rig.OtherVault));
    }

    [Fact]
    public void Segments_that_are_read_while_more_than_can_be_open_are_used_give_their_bytes()
    {
        Block[] blocks = [.. Enumerable.Range(0, 200).Select(number => Numbered(number, 100))];
        foreach (Block block in blocks)
        {
            Write(block);
            bulk.Flush();
            bulk.BeginAnother();
        }
        bulk.Index();
        Assert.Equal(200, files.Numbers().Count());
        Parallel.ForEach(Enumerable.Repeat(blocks, 5).SelectMany(all => all), block => Assert.Equal(block.Bytes.ToArray(), Read(files, Indexed(disk, block.Id)!.Value)));
    }

    /// <summary>Writers, flushes and the index side by side, faults of the index among them: what a flush that returned had in sight is found, and is whole after a power cut.</summary>
    [Fact]
    public void What_a_flush_reported_is_there_whatever_fails_beside_it() => Seed.Check(LongRun.Cases(20, 2000), random =>
    {
        using TemporaryFolder place = new();
        using MemoryDatabase memory = Rig.NewBlocks();
        using SegmentFiles segments = new(place["segments"]);
        using SegmentBulk shared = new(segments, new FaultyDatabase(memory, random.Below(3) == 0 ? null : new FaultPlan { CommitLost = random.Below(12), CommitUnanswered = random.Below(40) }), mostUnindexed: 1 + random.Below(60));
        ConcurrentBag<Block> reported = [];
        ulong[] seeds = [.. Enumerable.Range(0, 4).Select(_ => random.NextUInt64())];
        Parallel.ForEach(seeds, seed =>
        {
            RandomSource mine = RandomSource.Seeded(seed);
            for (int round = 0; round < 8; round++)
            {
                Block[] blocks = [.. Enumerable.Range(0, 1 + mine.Below(6)).Select(_ => Numbered(mine.Below(60), 50 + mine.Below(3) * 40_000))];
                try
                {
                    shared.Write(Rig.Vault, [.. blocks.Select(NewBlock.Of)]);
                    if (mine.Below(4) == 0) shared.BeginAnother();
                    if (mine.Below(4) == 0) shared.Index();
                    if (mine.Below(3) == 0) continue;
                    shared.Flush();
                }
                catch (VaultException)
                {
                    continue;
                }
                foreach (Block block in blocks)
                {
                    Assert.NotNull(shared.Find(Rig.Vault, block.Id) ?? Indexed(memory, block.Id));
                    reported.Add(block);
                }
            }
        });
        using MemoryDatabase survivor = memory.PowerCut();
        SegmentIndexing.Run(segments, survivor);
        foreach (Block block in reported) Assert.Equal(block.Bytes.ToArray(), Read(segments, Indexed(survivor, block.Id)!.Value));
        using MemoryDatabase fresh = Rig.NewBlocks();
        SegmentIndexing.Run(segments, fresh);
        foreach (Block block in reported) Assert.NotNull(Indexed(fresh, block.Id));
    });
}
