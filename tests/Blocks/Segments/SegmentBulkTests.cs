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
    public void A_block_is_found_at_once_and_is_in_the_index_after_a_flush()
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
        MemoryDatabase survivor = disk.PowerCut();
        foreach (Block block in blocks)
        {
            Assert.Null(bulk.Find(Rig.Vault, block.Id));
            Assert.Equal(block.Bytes.ToArray(), Read(files, Indexed(survivor, block.Id)!.Value));
        }
    }

    [Fact]
    public void What_a_failed_flush_was_about_counts_for_nothing_and_the_store_goes_on_in_another_segment()
    {
        Block lost = Numbered(1), later = Numbered(2);
        database.Plan = new FaultPlan { CommitLost = 0 };
        Write(lost);
        uint refused = bulk.Find(Rig.Vault, lost.Id)!.Value.Place!.Value.Segment;
        Assert.ThrowsAny<VaultException>(bulk.Flush);
        Assert.Null(bulk.Find(Rig.Vault, lost.Id));
        Write(later);
        bulk.Flush();
        Assert.Null(Indexed(disk, lost.Id));
        Assert.NotEqual(refused, Indexed(disk, later.Id)!.Value.Place!.Value.Segment);
    }

    [Fact]
    public void A_disk_that_takes_no_file_is_told_and_when_it_does_again_the_store_goes_on()
    {
        Directory.Delete(files.FullPath);
        Assert.Throws<StoreException>(() => Write(Numbered(1)));
        Directory.CreateDirectory(files.FullPath);
        Write(Numbered(1));
        bulk.Flush();
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
        using MemoryDatabase fresh = Rig.NewBlocks();
        Assert.Equal((3000, 0), (SegmentIndexing.Run(files, fresh).Blocks, 0));
        Assert.All(blocks, block => Assert.Equal(Indexed(disk, block.Id), Indexed(fresh, block.Id)));
    }

    [Fact]
    public void What_is_on_its_way_into_a_vault_that_is_parted_with_never_arrives()
    {
        Write(Numbered(1));
        bulk.Write(Rig.OtherVault, [NewBlock.Of(Numbered(1)), NewBlock.Of(Numbered(2))]);
        bool parted = false;
        bulk.Forget(Rig.OtherVault, () => parted = true);
        Assert.True(parted);
        bulk.Flush();
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
        Assert.Equal(200, files.Numbers().Count());
        Parallel.ForEach(Enumerable.Repeat(blocks, 5).SelectMany(all => all), block => Assert.Equal(block.Bytes.ToArray(), Read(files, Indexed(disk, block.Id)!.Value)));
    }

    /// <summary>Writers and flushes side by side, one fault among them: what a flush that returned had in sight is in the index and whole.</summary>
    [Fact]
    public void What_a_flush_reported_is_there_whatever_fails_beside_it() => Seed.Check(LongRun.Cases(20, 2000), random =>
    {
        using TemporaryFolder place = new();
        using MemoryDatabase memory = Rig.NewBlocks();
        using SegmentFiles segments = new(place["segments"]);
        using SegmentBulk shared = new(segments, new FaultyDatabase(memory, random.Below(3) == 0 ? null : new FaultPlan { CommitLost = random.Below(12), CommitUnanswered = random.Below(40) }));
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
                    if (mine.Below(3) == 0) continue;
                    shared.Flush();
                }
                catch (VaultException)
                {
                    continue;
                }
                // Another's flush may have failed with these in it: then they are nowhere, and their session is told. Here the index decides.
                foreach (Block block in blocks)
                    if (Indexed(memory, block.Id) is not null) reported.Add(block);
            }
        });
        using MemoryDatabase survivor = memory.PowerCut();
        foreach (Block block in reported) Assert.Equal(block.Bytes.ToArray(), Read(segments, Indexed(survivor, block.Id)!.Value));
        using MemoryDatabase fresh = Rig.NewBlocks();
        SegmentIndexing.Run(segments, fresh);
        foreach (Block block in reported) Assert.NotNull(Indexed(fresh, block.Id));
    });
}
