using Vault.Primitives;
using Vault.Store;
using Xunit;

namespace Vault.Blocks.Tests;

/// <summary>What only a database with files can show: space given back, copies that open, and a new start from the remains of a broken one.</summary>
public sealed class OnDiskTests : IDisposable
{
    const string Program = "a test";
    readonly TemporaryFolder folder = new();
    readonly StoreMemory memory = new(8 << 20);
    readonly StandingClock clock = new();

    public void Dispose()
    {
        memory.Dispose();
        folder.Dispose();
    }

    string Data => folder["data"];

    /// <param name="apart">A session for each, so small that its blocks stay in the database, whose tables and blob files are written at the end.</param>
    static async Task<List<FileRef>> FillAsync(OpenedStore opened, int files, int size, bool apart = false)
    {
        using Vault.Identity.SecretEpoch epoch = Rig.NewEpoch();
        using FileWriter writer = new(epoch);
        List<FileRef> written = [];
        foreach (int[] together in Enumerable.Range(0, files).Chunk(apart ? 1 : files))
        {
            using WriteSession session = opened.Store.BeginWrite(Rig.Vault);
            Batch pins = new();
            foreach (int i in together)
            {
                written.Add(await writer.WriteAsync(new MemoryStream(Some.Noise(size + i, (ulong)i)), session));
                opened.Store.Pins.Add(pins, Rig.Vault, written[i].Root, PinReason.Head);
            }
            await session.FlushAsync();
            opened.Meta.Commit(pins, Durability.Synced);
        }
        opened.BlocksDatabase.Commit(new Batch().Delete(StoreKeys.Blocks, "nothing"u8.ToArray()), Durability.Unlogged); // or a flush would leave all in the log
        opened.BlocksDatabase.Flush();
        return written;
    }

    static async Task AssertReadsAsync(BlockStore store, IEnumerable<(int Number, FileRef File)> files, int size)
    {
        foreach ((int number, FileRef file) in files)
        {
            await using FileReader reader = new(store, Rig.Vault, file);
            MemoryStream content = new();
            await reader.CopyToAsync(content);
            Assert.Equal(Some.Noise(size + number, (ulong)number), content.ToArray());
        }
    }

    /// <summary>What the blocks take: in segments and in blob files.</summary>
    long BytesOfBlocks() => new DirectoryInfo(Data).EnumerateFiles("*", SearchOption.AllDirectories).Where(file => file.Extension is ".seg" or ".blob").Sum(file => file.Length);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Space_of_deleted_blocks_goes_back_to_the_file_system(bool apart)
    {
        using DataFolder data = DataFolder.Take(Data, Program, clock);
        using OpenedStore opened = OpenedStore.Open(data, memory, clock);
        const int size = 400_000;
        List<FileRef> files = await FillAsync(opened, 60, size, apart);
        string blocks = Path.Combine(Data, StoreDatabases.BlocksFolder);
        long before = BytesOfBlocks();
        Assert.True(before > 60 * size);

        Batch unpin = new();
        foreach (FileRef file in files.Where((_, i) => i % 3 != 0)) Pins.Remove(unpin, Rig.Vault, file.Root, PinReason.Head);
        opened.Meta.Commit(unpin, Durability.Synced);
        CollectionReport collected = new Collection(opened.Store, RandomSource.Seeded(1)).Run(Rig.Vault, TimeSpan.Zero);
        Assert.InRange(collected.DeletedBytes, 39 * size, 41 * size);
        SpaceReport report = await new SpaceReturn(opened.Store, blocks).RunAsync();
        Assert.True(report.FilesRewritten > 0);
        Assert.InRange(BytesOfBlocks(), 20 * size, 30 * size);
        Assert.True(report.BytesReturned > 30 * size, report.ToString());
        await AssertReadsAsync(opened.Store, files.Index().Where(file => file.Index % 3 == 0), size);

        SpaceReport again = await new SpaceReturn(opened.Store, blocks).RunAsync();
        Assert.Equal((0, 0), (again.FilesRewritten, again.BytesMoved));
    }

    [Fact]
    public async Task A_copy_that_a_newer_one_has_superseded_is_no_reason_to_keep_a_file()
    {
        using DataFolder data = DataFolder.Take(Data, Program, clock);
        using OpenedStore opened = OpenedStore.Open(data, memory, clock);
        const int size = 400_000;
        List<FileRef> files = await FillAsync(opened, 20, size, apart: true);
        // As a return of space that ended before it let go of anything.
        foreach ((BlockId id, _) in opened.Store.List(Rig.Vault).ToList())
            using (StoredBlock block = opened.Store.Read(Rig.Vault, id)!)
                opened.BlocksDatabase.Commit(new Batch().Put(StoreKeys.Blocks, StoreKeys.BlockKey(StoreKeys.BytesOf, Rig.Vault, id), block.Bytes.ToArray()), Durability.Unlogged);
        opened.BlocksDatabase.Flush();
        string blocks = Path.Combine(Data, StoreDatabases.BlocksFolder);
        SpaceReport report = await new SpaceReturn(opened.Store, blocks).RunAsync();
        Assert.Equal((0, 0), (report.FilesRewritten, report.BytesMoved));
        Assert.InRange(BytesOfBlocks(), 20 * size, 21 * size);
        await AssertReadsAsync(opened.Store, files.Index(), size);
    }

    [Fact]
    public async Task A_backup_taken_in_use_opens_and_reads_back()
    {
        List<FileRef> files;
        using (DataFolder data = DataFolder.Take(Data, Program, clock))
        using (OpenedStore opened = OpenedStore.Open(data, memory, clock))
        {
            files = await FillAsync(opened, 5, 300_000);
            using WriteSession unflushed = opened.Store.BeginWrite(Rig.Vault);
            for (int i = 0; i < 5; i++) await unflushed.AddAsync(Some.Leaf(Some.Noise(2_000_000, 100 + (ulong)i)));
            Backup.Run(opened.Store, folder["copy"]);
            Assert.Throws<StoreException>(() => Backup.Run(opened.Store, folder["copy"]));
        }
        Directory.Delete(Data, recursive: true);
        using DataFolder copy = DataFolder.Take(folder["copy"], Program, clock);
        using OpenedStore restored = OpenedStore.Open(copy, memory, clock);
        Assert.Empty(restored.Findings);
        Assert.Empty(restored.Store.Missing(Rig.Vault));
        await AssertReadsAsync(restored.Store, files.Index(), 300_000);
    }

    [Theory]
    [InlineData("CURRENT", false, false)]
    [InlineData("CURRENT", true, false)]
    [InlineData("MANIFEST-*", false, true)]
    [InlineData("MANIFEST-*", true, true)]
    [InlineData("MANIFEST-*", true, false)]
    [InlineData("*.sst", true, false)] // the index is gone, the segments are not
    [InlineData("*.sst", true, true)] // the index is gone, the blob files are not: inner blocks, which are small, are lost
    public async Task A_block_database_that_will_not_open_is_moved_aside_and_rebuilt(string broken, bool gone, bool apart)
    {
        const int size = 400_000;
        List<FileRef> files;
        using (DataFolder data = DataFolder.Take(Data, Program, clock))
        using (OpenedStore opened = OpenedStore.Open(data, memory, clock)) files = await FillAsync(opened, 20, size, apart);
        string blocks = Path.Combine(Data, StoreDatabases.BlocksFolder);
        foreach (string file in Directory.GetFiles(blocks, broken))
        {
            if (gone) File.Delete(file);
            else File.WriteAllBytes(file, Some.Noise(1000));
        }

        clock.Pass(TimeSpan.FromMinutes(1));
        using (DataFolder data = DataFolder.Take(Data, Program, clock))
        using (OpenedStore opened = OpenedStore.Open(data, memory, clock))
        {
            Assert.Contains("moved to", Assert.Single(opened.Findings));
            Assert.NotNull(opened.MendedSince);
            Assert.Single(Directory.GetDirectories(Data, "blocks.damaged-*"));
            if (broken != "*.sst" || !apart)
            {
                Assert.Empty(opened.Store.Missing(Rig.Vault));
                await AssertReadsAsync(opened.Store, files.Index(), size);
            }
            else
            {
                foreach ((_, BlockInfo info) in opened.Store.List(Rig.Vault)) Assert.True(info.Length > 1000);
                Assert.InRange(opened.Store.List(Rig.Vault).Count(), files.Count, int.MaxValue);
            }
        }
        using (DataFolder data = DataFolder.Take(Data, Program, clock))
        using (OpenedStore opened = OpenedStore.Open(data, memory, clock))
        {
            Assert.Empty(opened.Findings);
            Assert.NotNull(opened.MendedSince);
            opened.AcceptMending();
            Assert.Null(opened.MendedSince);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_block_lost_in_a_rebuilding_is_reported_as_damaged(bool apart)
    {
        using (DataFolder data = DataFolder.Take(Data, Program, clock))
        using (OpenedStore opened = OpenedStore.Open(data, memory, clock)) await FillAsync(opened, 12, 400_000, apart);
        string blocks = Path.Combine(Data, StoreDatabases.BlocksFolder);
        foreach (string file in Directory.GetFiles(Data, apart ? "*.blob" : "*.seg", SearchOption.AllDirectories))
        {
            byte[] bytes = File.ReadAllBytes(file);
            bytes[bytes.Length / 2] ^= 1;
            File.WriteAllBytes(file, bytes);
        }
        foreach (string manifest in Directory.GetFiles(blocks, "MANIFEST-*")) File.Delete(manifest);

        using DataFolder again = DataFolder.Take(Data, Program, clock);
        using OpenedStore rebuilt = OpenedStore.Open(again, memory, clock);
        Assert.NotEmpty(rebuilt.Findings);
        List<BlockId> lost = [.. rebuilt.Store.Missing(Rig.Vault)];
        Assert.NotEmpty(lost);
        Assert.Equal(lost.Order(), rebuilt.Store.Damaged(Rig.Vault).Select(damaged => damaged.Id));
    }

    [Fact]
    public async Task A_block_database_that_is_gone_is_rebuilt_from_the_segments()
    {
        List<FileRef> files;
        using (DataFolder data = DataFolder.Take(Data, Program, clock))
        using (OpenedStore opened = OpenedStore.Open(data, memory, clock)) files = await FillAsync(opened, 12, 400_000);
        Directory.Delete(Path.Combine(Data, StoreDatabases.BlocksFolder), recursive: true);

        using DataFolder again = DataFolder.Take(Data, Program, clock);
        using OpenedStore rebuilt = OpenedStore.Open(again, memory, clock);
        Assert.Contains("was gone", Assert.Single(rebuilt.Findings));
        Assert.NotNull(rebuilt.MendedSince);
        Assert.Empty(rebuilt.Store.Missing(Rig.Vault));
        await AssertReadsAsync(rebuilt.Store, files.Index(), 400_000);
    }

    [Fact]
    public async Task A_store_of_the_format_before_opens_and_goes_on()
    {
        // All that it has lies in the database; its mark says 1.
        List<FileRef> files;
        using (DataFolder data = DataFolder.Take(Data, Program, clock))
        using (OpenedStore opened = OpenedStore.Open(data, memory, clock))
        {
            files = await FillAsync(opened, 5, 400_000, apart: true);
            byte[] mark = [0, 0, .. "schema"u8], value = opened.BlocksDatabase.Get(StoreKeys.Blocks, mark)!;
            value[0] = 1;
            opened.BlocksDatabase.Commit(new Batch().Put(StoreKeys.Blocks, mark, value), Durability.Synced);
        }
        Directory.Delete(Path.Combine(Data, SegmentFiles.FolderName), recursive: true);

        using DataFolder again = DataFolder.Take(Data, Program, clock);
        using OpenedStore later = OpenedStore.Open(again, memory, clock);
        Assert.Empty(later.Findings);
        await AssertReadsAsync(later.Store, files.Index(), 400_000);
        files = await FillAsync(later, 12, 400_000);
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(Data, SegmentFiles.FolderName)));
        await AssertReadsAsync(later.Store, files.Index(), 400_000);
    }

    [Fact]
    public async Task A_meta_database_that_will_not_open_is_moved_aside_and_repaired_and_no_block_is_touched()
    {
        List<FileRef> files;
        using (DataFolder data = DataFolder.Take(Data, Program, clock))
        using (OpenedStore opened = OpenedStore.Open(data, memory, clock)) files = await FillAsync(opened, 3, 1000);
        foreach (string file in Directory.GetFiles(Path.Combine(Data, StoreDatabases.MetaFolder), "MANIFEST-*")) File.WriteAllBytes(file, Some.Noise(100));
        using DataFolder again = DataFolder.Take(Data, Program, clock);
        using OpenedStore mended = OpenedStore.Open(again, memory, clock);
        Assert.Contains("moved to", Assert.Single(mended.Findings));
        Assert.NotNull(mended.MendedSince);
        Assert.Single(Directory.GetDirectories(Data, "meta.damaged-*"));
        await AssertReadsAsync(mended.Store, files.Index(), 1000);

        // Pins may have been lost with it: nothing is taken for unneeded until its owner says so.
        Batch unpin = new();
        foreach (Pin pin in mended.Store.Pins.Of(Rig.Vault).ToList()) Pins.Remove(unpin, Rig.Vault, pin.Root, pin.Reason, pin.Owner.Span);
        mended.Meta.Commit(unpin, Durability.Synced);
        Collection collection = new(mended.Store, RandomSource.Seeded(1));
        Assert.True(collection.Run(Rig.Vault, TimeSpan.Zero).PinsInDoubt);
        await AssertReadsAsync(mended.Store, files.Index(), 1000);
        mended.AcceptMending();
        Assert.NotEqual(0, collection.Run(Rig.Vault, TimeSpan.Zero).Deleted);
    }

    [Fact]
    public async Task A_sound_store_opens_without_findings()
    {
        using DataFolder data = DataFolder.Take(Data, Program, clock);
        List<FileRef> files;
        using (OpenedStore opened = OpenedStore.Open(data, memory, clock))
        {
            Assert.Null(opened.MendedSince);
            files = await FillAsync(opened, 3, 1000);
        }
        Family more = new("more");
        using OpenedStore again = OpenedStore.Open(data, memory, clock, more);
        Assert.Empty(again.Findings);
        Assert.Null(again.Meta.Get(more, "any"u8));
        await AssertReadsAsync(again.Store, files.Index(), 1000);
    }
}
