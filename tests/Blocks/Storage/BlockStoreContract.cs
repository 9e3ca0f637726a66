using Vault.Primitives;
using Vault.Store;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Blocks.Tests;

/// <summary>What the store promises, whatever databases it lies on.</summary>
public abstract class BlockStoreContract : IDisposable
{
    readonly Rig rig;

    private protected BlockStoreContract(Rig rig) => this.rig = rig;

    public void Dispose() => rig.Dispose();

    async Task StoreAsync(params Block[] blocks)
    {
        using WriteSession session = rig.Store.BeginWrite(Rig.Vault);
        foreach (Block block in blocks) await session.AddAsync(block);
        await session.FlushAsync();
    }

    [Fact]
    public async Task A_stored_block_reads_back()
    {
        Block small = Some.Leaf("small"), large = Some.Leaf(Some.Noise(100_000));
        await StoreAsync(small, large);
        foreach (Block block in (Block[])[small, large])
        {
            Assert.Equal(new BlockInfo(block.Bytes.Length, 0), rig.Store.Info(Rig.Vault, block.Id));
            using StoredBlock? read = rig.Store.Read(Rig.Vault, block.Id);
            Assert.Equal(block.Bytes.ToArray(), read!.Bytes.ToArray());
            Assert.Equal(block.Header, read.Header);
        }
        Assert.Equal(((BlockId[])[small.Id, large.Id]).Order(), rig.Stored());
    }

    [Fact]
    public async Task Vaults_see_nothing_of_each_other()
    {
        Block block = Some.Leaf("mine");
        await StoreAsync(block);
        Assert.False(rig.Store.Contains(Rig.OtherVault, block.Id));
        Assert.Null(rig.Store.Read(Rig.OtherVault, block.Id));
        Assert.Empty(rig.Stored(Rig.OtherVault));
    }

    [Fact]
    public async Task A_block_is_stored_once()
    {
        Block block = Some.Leaf("twice");
        await StoreAsync(block, block);
        using WriteSession session = rig.Store.BeginWrite(Rig.Vault);
        await session.AddAsync(block);
        await session.FlushAsync();
        Assert.Equal((1, 0, 0), (session.AllBlocks, session.NewBlocks, session.NewBytes));
        Assert.Single(rig.Stored());
    }

    [Fact]
    public async Task A_damaged_block_is_set_aside_and_stored_anew_when_someone_brings_it()
    {
        byte[] content = Some.Noise(5000);
        FileRef file = await rig.AddAsync(content);
        BlockId damaged = rig.Store.List(Rig.Vault).First(entry => entry.Info.Level == 0).Id;
        byte[] whole;
        using (StoredBlock? block = rig.Store.Read(Rig.Vault, damaged)) whole = block!.Bytes.ToArray();
        rig.Spoil(damaged, [.. whole[..^1], (byte)(whole[^1] ^ 1)]);

        Assert.True(rig.Store.Contains(Rig.Vault, damaged));
        Assert.Null(rig.Store.Read(Rig.Vault, damaged));
        Assert.False(rig.Store.Contains(Rig.Vault, damaged));
        Assert.DoesNotContain(damaged, rig.Stored());
        DamagedBlock noticed = Assert.Single(rig.Store.Damaged(Rig.Vault));
        Assert.Equal(new DamagedBlock(damaged, 0, rig.Clock.Now, "its bytes are not what was stored"), noticed);
        Assert.Contains(damaged, rig.Store.Missing(Rig.Vault));
        await Assert.ThrowsAsync<CorruptDataException>(() => rig.ReadAsync(file));

        Assert.True(Block.TryParse(whole, out Block again));
        await StoreAsync(again);
        Assert.Empty(rig.Store.Damaged(Rig.Vault));
        Assert.Empty(rig.Store.Missing(Rig.Vault));
        Assert.Equal(content, await rig.ReadAsync(file));
    }

    [Fact]
    public async Task A_block_whose_bytes_are_gone_is_set_aside()
    {
        FileRef file = await rig.AddAsync("short"u8.ToArray());
        rig.Blocks.Commit(new Batch().Delete(StoreKeys.Blocks, StoreKeys.BlockKey(StoreKeys.BytesOf, Rig.Vault, file.Root)), Durability.Synced);
        Assert.Null(rig.Store.Read(Rig.Vault, file.Root));
        Assert.Equal("its bytes are gone", Assert.Single(rig.Store.Damaged(Rig.Vault)).Damage);
        Assert.Equal([file.Root], rig.Store.Missing(Rig.Vault));
    }

    [Fact]
    public async Task A_scrub_finds_what_is_damaged_and_restores_what_turns_out_to_be_whole()
    {
        FileRef first = await rig.AddAsync(Some.Noise(200)), second = await rig.AddAsync(Some.Noise(10, 2));
        using StoredBlock? block = rig.Store.Read(Rig.Vault, second.Root);
        byte[] whole = block!.Bytes.ToArray();
        rig.Spoil(second.Root);
        long all = rig.Stored().Count;

        ScrubReport report = await new Scrub(rig.Store).RunAsync(Rig.Vault);
        Assert.Equal((all, 1, 0), (report.Blocks, report.Damaged, report.Restored));
        rig.Spoil(second.Root, whole);
        report = await new Scrub(rig.Store).RunAsync(Rig.Vault);
        Assert.Equal((all, 0, 1), (report.Blocks, report.Damaged, report.Restored));
        Assert.Equal(200, (await rig.ReadAsync(first)).Length);
        Assert.Equal(Some.Noise(10, 2), await rig.ReadAsync(second));
    }

    [Fact]
    public async Task Missing_blocks_come_parents_first()
    {
        byte[] content = Some.Noise(200_000); // two levels of inner blocks
        FileRef file = await rig.AddAsync(content);
        Dictionary<BlockId, byte[]> source = [];
        foreach (BlockId id in rig.Stored())
            using (StoredBlock? block = rig.Store.Read(Rig.Vault, id)) source.Add(id, block!.Bytes.ToArray());
        rig.Store.Forget(Rig.Vault);
        rig.Pin(file.Root, reason: PinReason.Wanted);

        int rounds = 0;
        for (List<BlockId> missing; (missing = [.. rig.Store.Missing(Rig.Vault).Distinct()]).Count > 0; rounds++)
        {
            if (rounds == 0) Assert.Equal([file.Root], missing);
            using WriteSession session = rig.Store.BeginWrite(Rig.Vault);
            foreach (BlockId id in missing) await session.AddAsync(Block.TryParse(source[id], id, out Block block) ? block : throw new InvalidDataException());
            await session.FlushAsync();
        }
        Assert.Equal(3, rounds);
        Assert.Equal(content, await rig.ReadAsync(file));
    }

    [Fact]
    public void Pins_are_told_apart_by_root_reason_and_owner()
    {
        BlockId root = Some.Leaf("root").Id, other = Some.Leaf("other").Id;
        DateTimeOffset end = rig.Clock.Now.AddHours(1);
        Batch batch = new();
        rig.Store.Pins.Add(batch, Rig.Vault, root, PinReason.Head, "a"u8);
        rig.Store.Pins.Add(batch, Rig.Vault, root, PinReason.Head, "b"u8);
        rig.Store.Pins.Add(batch, Rig.Vault, root, PinReason.Lock, "a"u8, end);
        rig.Store.Pins.Add(batch, Rig.Vault, other, PinReason.Head, "a"u8);
        rig.Store.Pins.Add(batch, Rig.OtherVault, root, PinReason.Head, "a"u8);
        rig.Meta.Commit(batch, Durability.Synced);

        Assert.Equal([(PinReason.Head, "a"), (PinReason.Head, "b"), (PinReason.Lock, "a")],
            rig.Store.Pins.On(Rig.Vault, root).Select(pin => (pin.Reason, System.Text.Encoding.ASCII.GetString(pin.Owner.Span))));
        Assert.Equal([null, null, end], rig.Store.Pins.On(Rig.Vault, root).Select(pin => pin.Until));
        Assert.Equal(4, rig.Store.Pins.Of(Rig.Vault).Count());
        batch.Clear();
        Pins.Remove(batch, Rig.Vault, root, PinReason.Head, "a"u8);
        rig.Meta.Commit(batch, Durability.Synced);
        Assert.Equal(2, rig.Store.Pins.On(Rig.Vault, root).Count());
        Assert.Throws<ArgumentException>(() => rig.Store.Pins.Add(batch, Rig.Vault, root, PinReason.Head, new byte[Pins.MaxOwner + 1]));
    }

    [Fact]
    public async Task A_forgotten_vault_leaves_nothing_and_another_vault_everything()
    {
        FileRef mine = await rig.AddAsync(Some.Noise(20_000)), other = await rig.AddAsync(Some.Noise(20_000), Rig.OtherVault);
        rig.Spoil(mine.Root);
        Assert.Null(rig.Store.Read(Rig.Vault, mine.Root));
        rig.Store.Forget(Rig.Vault);

        Assert.Empty(rig.Stored());
        Assert.Empty(rig.Store.Missing(Rig.Vault));
        Assert.Empty(rig.Store.Damaged(Rig.Vault));
        Assert.Empty(rig.Store.Pins.Of(Rig.Vault));
        Assert.Equal(Some.Noise(20_000), await rig.ReadAsync(other, Rig.OtherVault));
        FileRef again = await rig.AddAsync(Some.Noise(20_000));
        Assert.Equal(mine, again);
        Assert.Equal(Some.Noise(20_000), await rig.ReadAsync(again));
    }

    [Fact]
    public async Task What_is_unneeded_is_collected_after_the_hold_time_and_the_rest_stays()
    {
        FileRef kept = await rig.AddAsync(Some.Noise(50_000)), gone = await rig.AddAsync(Some.Noise(50_000, 2));
        int all = rig.Stored().Count;
        rig.Unpin(gone.Root);
        CollectionReport first = rig.Collect();
        Assert.True(first.Needed > 0 && first.Condemned > 0);
        Assert.Equal((0, 0, all), (first.Deleted, first.Hidden, rig.Stored().Count));
        rig.Clock.Pass(Collection.DefaultHold - TimeSpan.FromSeconds(1));
        Assert.Equal(first.Condemned, rig.Collect().Waiting);
        rig.Clock.Pass(TimeSpan.FromSeconds(1));
        CollectionReport last = rig.Collect();
        Assert.Equal(first.Condemned, last.Deleted);
        Assert.Equal(all - last.Deleted, rig.Stored().Count);
        Assert.Equal(Some.Noise(50_000), await rig.ReadAsync(kept));
        Assert.False(rig.Store.Contains(Rig.Vault, gone.Root));
    }
}

public sealed class BlockStoreInMemoryTests() : BlockStoreContract(Rig.InMemory());

public sealed class BlockStoreOnRocksTests() : BlockStoreContract(OnRocks.NewRig());

public sealed class BlockStoreOnFaultyDatabasesTests() : BlockStoreContract(new Rig(new FaultyDatabase(Rig.NewBlocks()), new FaultyDatabase(Rig.NewMeta())));

/// <summary>The two databases as the program opens them, in a folder of the test's own.</summary>
sealed class OnRocks : IDisposable
{
    public TemporaryFolder Folder { get; } = new();
    public StoreMemory Memory { get; } = new(8 << 20);

    public static Rig NewRig()
    {
        OnRocks files = new();
        return new Rig(RocksDatabase.Open(StoreDatabases.Blocks(files.Folder.Path, files.Memory)), RocksDatabase.Open(StoreDatabases.Meta(files.Folder.Path, files.Memory)), files: files);
    }

    public void Dispose()
    {
        Memory.Dispose();
        Folder.Dispose();
    }
}
