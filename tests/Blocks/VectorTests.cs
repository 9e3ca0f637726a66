using System.Security.Cryptography;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Blocks.Tests;

/// <summary>Byte for byte against tests/vectors/blocks.py, which shares no code with ours.</summary>
public sealed class VectorTests
{
    static readonly IReadOnlyList<TestVector> all = TestVector.Load("blocks.txt");

    static TestVector Of(string what) => all.Single(vector => vector.Text("what") == what);

    static FileRef Ref(ReadOnlySpan<byte> bytes) => FileRef.Read(bytes) ?? throw new InvalidDataException("The vector holds no file reference.");

    static Child[] Children(ReadOnlySpan<byte> refs)
    {
        List<Child> children = [];
        for (; !refs.IsEmpty; refs = refs[FileRef.EncodedSize..])
        {
            FileRef each = Ref(refs[..FileRef.EncodedSize]);
            children.Add(new Child(each.Root, each.Key, each.Size));
        }
        return [.. children];
    }

    [Fact]
    public void Secrets_are_derived_alike()
    {
        TestVector vector = Of("secrets");
        using SecretEpoch epoch = new(0, vector.Bytes("sync"), vector.Bytes("read"));
        Assert.Equal(vector.Bytes("convergence"), epoch.Convergence.Span.ToArray());
        Assert.Equal(vector.Bytes("chunker"), epoch.Chunker.Span.ToArray());
    }

    [Fact]
    public void A_block_is_shown_as_a_CID()
    {
        TestVector vector = Of("block id");
        BlockId id = BlockId.Of(vector.Bytes("block"));
        Assert.Equal(new BlockId(vector.Bytes("id")), id);
        Assert.Equal(vector.Text("cid"), id.ToString());
        Assert.True(BlockId.TryParse(vector.Text("cid"), out BlockId read));
        Assert.Equal(id, read);
        Assert.True(BlockId.TryParse(vector.Text("id"), out read));
        Assert.Equal(id, read);
    }

    [Theory]
    [InlineData("empty leaf")]
    [InlineData("leaf")]
    public void A_leaf_is_sealed_alike(string what)
    {
        TestVector vector = Of(what);
        byte[] block = Some.Leaf(vector.Bytes("content"), out ContentKey key);
        Assert.Equal(vector.Bytes("block"), block);
        FileRef made = new(BlockId.Of(block), key, vector.Bytes("content").Length);
        byte[] encoded = new byte[FileRef.EncodedSize];
        made.Write(encoded);
        Assert.Equal(vector.Bytes("ref"), encoded);
        Assert.Equal(made, Ref(encoded));
    }

    [Fact]
    public async Task A_compressed_leaf_is_sealed_alike_and_read()
    {
        TestVector vector = Of("compressed leaf");
        byte[] bytes = Some.Leaf(vector.Bytes("frame"), out ContentKey key, SealedBody.Zstd);
        Assert.Equal(vector.Bytes("block"), bytes);
        Assert.Equal(vector.Bytes("key"), key.Bytes.ToArray());

        using Rig rig = Rig.InMemory();
        Assert.True(Block.TryParse(bytes, new BlockId(vector.Bytes("id")), out Block block));
        using WriteSession session = rig.Store.BeginWrite(Rig.Vault);
        await session.AddAsync(block);
        await session.FlushAsync();
        Assert.Equal(new byte[vector.Int("zeros")], await rig.ReadAsync(new FileRef(block.Id, key, vector.Int("zeros"))));
    }

    [Fact]
    public void An_inner_block_is_built_and_opened_alike()
    {
        TestVector vector = Of("inner block");
        Child[] children = Children(vector.Bytes("children"));
        using SecretEpoch epoch = Rig.NewEpoch();
        byte[] block = InnerBody.Build(epoch.Convergence.Span, vector.Int("level"), children, out ContentKey key);
        Assert.Equal(vector.Bytes("block"), block);
        Assert.Equal(vector.Bytes("key"), key.Bytes.ToArray());

        Assert.True(BlockHeader.TryRead(block, out BlockHeader header));
        byte[] body = new byte[block.Length - header.PublicSize - SealedBody.TagSize];
        Assert.True(SealedBody.TryOpen(key, block, header, body));
        Assert.Equal(children, InnerBody.Parse(block, header, body, vector.Int("length")));
    }

    [Theory]
    [InlineData("tree by ids")]
    [InlineData("tree that never ends")]
    [InlineData("tree that always ends")]
    public void Leaves_are_grouped_into_a_tree_alike(string what)
    {
        TestVector vector = Of(what);
        using SecretEpoch epoch = Rig.NewEpoch();
        TreeBuilder tree = new(epoch.Convergence);
        List<byte[]> made = [];
        for (int i = 0; i < vector.Int("leaves"); i++)
        {
            byte[] number = [0, 0, (byte)(i >> 8), (byte)i], id = SHA256.HashData([.. "leaf"u8, .. number]);
            if (vector.Has("start")) vector.Bytes("start").CopyTo(id, 0);
            tree.Add(new Child(new BlockId(id), new ContentKey(Hash32.Of([.. "key"u8, .. number])), i + 1), made);
        }
        FileRef file = tree.Finish(made);
        Assert.Equal(Ref(vector.Bytes("ref")), file);
        Assert.Equal(vector.Text("shape").Split(' ', ',').Select(int.Parse).Order(), made.Select(Links).Order());
    }

    static int Links(byte[] block) => BlockHeader.TryRead(block, out BlockHeader header) ? header.Links : -1;

    [Fact]
    public void The_gear_table_is_drawn_alike()
    {
        TestVector vector = Of("gear");
        Assert.Equal(vector.Bytes("table"), System.Runtime.InteropServices.MemoryMarshal.AsBytes(new GearTable(vector.Bytes("seed")).Numbers).ToArray());
    }

    [Theory]
    [InlineData("chunks, default sizes")]
    [InlineData("chunks, small sizes")]
    public void Content_is_cut_alike(string what)
    {
        TestVector vector = Of(what);
        ChunkSizes sizes = new(vector.Int("min"), vector.Int("normal"), vector.Int("max"));
        if (what.Contains("default")) Assert.Equal(ChunkSizes.Default, sizes);
        Chunker chunker = new(new GearTable(Of("gear").Bytes("seed")), sizes);
        byte[] content = Some.Counted(what, vector.Int("length"));
        List<int> lengths = [];
        for (int at = 0; at < content.Length; at += lengths[^1]) lengths.Add(chunker.Cut(content.AsSpan(at)));
        Assert.Equal(vector.Text("lengths").Split(',').Select(int.Parse), lengths);
    }

    [Fact]
    public async Task A_whole_file_is_written_alike()
    {
        TestVector vector = Of("file");
        byte[] content = Some.Counted("file", vector.Int("length"));
        using Rig rig = Rig.InMemory();
        Assert.Equal(new ChunkSizes(vector.Int("min"), vector.Int("normal"), vector.Int("max")), Rig.Small);
        FileRef file = await rig.AddAsync(content);
        Assert.Equal(Ref(vector.Bytes("ref")), file);
        Assert.Equal(vector.Int("leaves"), rig.Store.List(Rig.Vault).Count(entry => entry.Info.Level == 0));
    }

    [Fact]
    public async Task A_stored_block_lies_where_it_should()
    {
        TestVector vector = Of("stored block");
        using Rig rig = Rig.InMemory();
        Assert.True(Block.TryParse(vector.Bytes("block"), out Block block));
        using WriteSession session = rig.Store.BeginWrite(new VaultTag(vector.Bytes("tag")));
        await session.AddAsync(block);
        await session.FlushAsync();
        Assert.Equal([(vector.Text("bytesKey"), vector.Text("block")), (vector.Text("infoKey"), vector.Text("info"))], Entries(rig.Blocks, StoreKeys.Blocks));
    }

    [Theory]
    [InlineData("pin")]
    [InlineData("pin with an end")]
    public void A_pin_lies_where_it_should(string what)
    {
        TestVector vector = Of(what);
        using Rig rig = Rig.InMemory();
        VaultTag vault = new(vector.Bytes("tag"));
        Batch batch = new();
        DateTimeOffset? until = vector.Has("untilMs") ? DateTimeOffset.FromUnixTimeMilliseconds((long)vector.Number("untilMs")) : null;
        rig.Store.Pins.Add(batch, vault, new BlockId(vector.Bytes("root")), (PinReason)vector.Int("reason"), vector.Has("owner") ? vector.Bytes("owner") : default, until);
        rig.Meta.Commit(batch, Durability.Synced);
        Assert.Equal([(vector.Text("key"), vector.Text("value"))], Entries(rig.Meta, StoreKeys.Pins));
        Assert.Equal(until, rig.Store.Pins.Of(vault).Single().Until);
    }

    [Fact]
    public async Task A_condemned_block_is_noted_as_it_should_be()
    {
        TestVector vector = Of("condemned");
        using Rig rig = Rig.InMemory();
        rig.Clock.Now = DateTimeOffset.FromUnixTimeMilliseconds((long)vector.Number("nowMs"));
        VaultTag vault = new(vector.Bytes("tag"));
        await rig.AddAsync("hello, vault"u8.ToArray(), vault);
        rig.Unpin(new BlockId(vector.Bytes("id")), vault);
        new Collection(rig.Store, RandomSource.Seeded(1)).Run(vault, Collection.DefaultHold);
        Assert.Equal([(vector.Text("key"), vector.Text("value"))], Entries(rig.Meta, StoreKeys.Condemned));
    }

    [Fact]
    public async Task A_damaged_block_is_noted_as_it_should_be()
    {
        TestVector vector = Of("quarantine");
        using Rig rig = Rig.InMemory();
        rig.Clock.Now = DateTimeOffset.FromUnixTimeMilliseconds((long)vector.Number("nowMs"));
        VaultTag vault = new(vector.Bytes("tag"));
        FileRef file = await rig.AddAsync("hello, vault"u8.ToArray(), vault);
        rig.Spoil(file.Root, vault: vault);
        Assert.Null(rig.Store.Read(vault, file.Root));
        Assert.Equal([(vector.Text("key"), vector.Text("value"))], Entries(rig.Meta, StoreKeys.Quarantine));
    }

    [Fact]
    public void A_checkpoint_of_an_import_is_sealed_alike()
    {
        TestVector vector = Of("import checkpoint");
        using Rig rig = Rig.InMemory();
        using ImportJournal journal = Journal(rig, vector);
        SourceStamp source = journal.Stamp(vector.Bytes("description"));
        Assert.Equal(vector.Bytes("stamp"), source.Hash.ToArray());
        journal.Checkpoint(source, 0, 0, Children(vector.Bytes("leaves")));
        Assert.Equal([(vector.Text("key"), vector.Text("value"))], Entries(rig.Meta, StoreKeys.Imports));
    }

    [Fact]
    public void A_finished_import_is_sealed_alike()
    {
        TestVector vector = Of("finished import");
        using Rig rig = Rig.InMemory();
        using ImportJournal journal = Journal(rig, vector);
        journal.Finish([(journal.Stamp(vector.Bytes("description")), Ref(vector.Bytes("ref")))]);
        Assert.Equal([(vector.Text("key"), vector.Text("value"))], Entries(rig.Meta, StoreKeys.Imports));
    }

    static ImportJournal Journal(Rig rig, TestVector vector)
    {
        rig.Clock.Now = DateTimeOffset.FromUnixTimeMilliseconds((long)vector.Number("nowMs"));
        return new ImportJournal(rig.Store, new VaultTag(vector.Bytes("tag")), rig.Epoch, new DealtSource(vector.Bytes("nonce")));
    }

    [Fact]
    public void A_database_is_marked_with_its_format()
    {
        using MemoryDatabase blocks = Rig.NewBlocks(), meta = Rig.NewMeta();
        StoreDatabases.BlocksSchema.Apply(blocks, new StandingClock());
        StoreDatabases.MetaSchema.Apply(meta, new StandingClock());
        foreach ((string name, MemoryDatabase database, Family family) in ((string, MemoryDatabase, Family)[])[("blocks", blocks, StoreKeys.Blocks), ("meta", meta, StoreDatabases.MetaDefault)])
        {
            TestVector vector = Of("schema marker of " + name);
            Assert.Equal([(vector.Text("key"), vector.Text("value"))], Entries(database, family));
        }
    }

    [Fact]
    public void A_segment_and_its_index_lie_where_they_should()
    {
        TestVector segment = Of("segment"), index = Of("block in a segment"), indexed = Of("indexed segment");
        using TemporaryFolder folder = new();
        File.Create(folder[$"{segment.Number("number") - 1:00000000}.seg"]).Dispose(); // the next is the vector's
        using SegmentFiles files = new(folder.Path);
        using MemoryDatabase database = Rig.NewBlocks();
        using (SegmentBulk bulk = new(files, database))
        {
            Block second = default;
            Assert.True(Block.TryParse(segment.Bytes("first"), out Block first) && Block.TryParse(segment.Bytes("second"), out second));
            bulk.Write(new VaultTag(segment.Bytes("tag")), [NewBlock.Of(first), NewBlock.Of(second)]);
            bulk.Flush();
        }
        Assert.Equal(segment.Bytes("bytes"), File.ReadAllBytes(folder[$"{segment.Number("number"):00000000}.seg"]));
        Assert.Equal(
            ((string, string)[])[(index.Text("first"), index.Text("firstInfo")), (index.Text("second"), index.Text("secondInfo")), (indexed.Text("key"), indexed.Text("value"))],
            Entries(database, StoreKeys.Blocks).OrderBy(entry => entry.Key == index.Text("first") ? 0 : entry.Key == index.Text("second") ? 1 : 2));
    }

    static List<(string Key, string Value)> Entries(IDatabase database, Family family)
    {
        List<(string, string)> entries = [];
        using ICursor cursor = database.Range(family, default, default);
        while (cursor.MoveNext()) entries.Add((Convert.ToHexStringLower(cursor.Key), Convert.ToHexStringLower(cursor.Value)));
        return entries;
    }

    /// <summary>Deals out given bytes and then no more: to write again what a vector drew.</summary>
    sealed class DealtSource(byte[] bytes) : RandomSource
    {
        int at;

        public override void Fill(Span<byte> destination)
        {
            bytes.AsSpan(at, destination.Length).CopyTo(destination);
            at += destination.Length;
        }
    }
}
