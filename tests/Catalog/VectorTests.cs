using System.Globalization;
using System.Text;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

/// <summary>What tests/vectors/catalog.py, a second implementation, has worked out.</summary>
public sealed class VectorTests
{
    static readonly IReadOnlyList<TestVector> vectors = TestVector.Load("catalog.txt");

    static IEnumerable<TestVector> Of(string what) => vectors.Where(vector => vector.Text("what") == what);

    [Fact]
    public void Ids_fall_into_the_same_cells_however_far_out() => Assert.All(Of("mapping"), vector =>
    {
        ulong hash = new SketchKey(vector.Bytes("key")).Hash(vector.Number("number"));
        Assert.Equal(vector.Number("hash"), hash);
        List<long> cells = [];
        for (CellMapping mapping = new(hash); mapping.Index < 1 << 24; mapping.Advance()) cells.Add(mapping.Index);
        Assert.Equal(vector.Text("cells").Split(' ').Select(cell => long.Parse(cell, CultureInfo.InvariantCulture)), cells);
    });

    [Fact]
    public void Sets_have_the_same_root_cells_and_tags() => Assert.All(Of("set"), vector =>
    {
        Leaf[] leaves = [.. Made(vector.Int("count")).Order()];
        if (leaves.Length < 100) Assert.Equal(vector.Bytes("leaves"), leaves.SelectMany(leaf => (byte[])[.. leaf.Position.ToArray(), .. leaf.Digest.ToArray()]));
        Hash32 root = TreeHash.Root(new VaultId(vector.Bytes("vault")), TreeHash.Of(leaves), leaves.Length);
        Assert.Equal(vector.Bytes("tree"), TreeHash.Of(leaves).ToArray());
        Assert.Equal(vector.Bytes("root"), root.ToArray());
        Assert.Equal(vector.Bytes("primary"), RootTag.Of(root, SyncSide.Primary, vector.Bytes("channel")).ToArray());
        Assert.Equal(vector.Bytes("secondary"), RootTag.Of(root, SyncSide.Secondary, vector.Bytes("channel")).ToArray());

        CellRange cells = new(0, 32);
        foreach (Leaf leaf in leaves) cells.Add(leaf.Id, new SketchKey(vector.Bytes("sketch")));
        Assert.Equal(vector.Bytes("cells"), Bytes(cells.Cells));
    });

    [Fact]
    public void Proofs_show_what_they_were_made_for() => Assert.All(Of("proof"), vector =>
    {
        (VaultId vault, Hash32 root, Hash32 position) = (new VaultId(vector.Bytes("vault")), new Hash32(vector.Bytes("root")), new Hash32(vector.Bytes("position")));
        Assert.True(TreeProof.TryDecode(vector.Bytes("proof"), out TreeProof? proof));
        Assert.Equal(vector.Bytes("proof"), proof.Encode());
        bool present = vector.Int("present") == 1;
        Assert.Equal(present, proof.ShowsPresence(vault, root, position, new Hash32(vector.Bytes("content"))));
        Assert.Equal(!present, proof.ShowsAbsence(vault, root, position));
    });

    [Fact]
    public void Proof_files_show_what_they_were_made_for() => Assert.All(Of("proof-file"), vector =>
    {
        ProofFile? file = ProofFile.Decode(vector.Bytes("file"));
        Assert.NotNull(file);
        Assert.Equal(vector.Bytes("file"), file.Encode());
        Assert.Equal((new VaultId(vector.Bytes("vault")), Encoding.UTF8.GetString(vector.Bytes("path"))), (file.Vault, file.Path));
        Assert.Equal(vector.Text("shows") == "present" ? ProofVerdict.Present : ProofVerdict.Absent, file.Check(new Hash32(vector.Bytes("root"))));
        Assert.Equal(ProofVerdict.Nothing, file.Check(Hash32.Of("another root"u8)));
    });

    [Fact]
    public void Messages_are_read_and_written_as_they_are() => Assert.All(Of("message"), vector =>
    {
        SyncMessage? read = SyncCodec.Decode(vector.Bytes("bytes"));
        Assert.NotNull(read);
        Assert.Equal(vector.Bytes("bytes"), SyncCodec.Encode(read));
        ulong[] some = [.. Made(5).Select(leaf => leaf.Id).Order()];
        switch (vector.Text("name"), read)
        {
            case ("hello", SyncMessage.Hello hello): Assert.Equal((false, 5, 77, 8, 9, 10, 11, 4), (hello.PullOnly, (int)hello.Count, (int)hello.Clock, (int)hello.Incarnation, (int)hello.Sequence, (int)hello.SeenIncarnation, (int)hello.SeenSequence, hello.Cells.Length)); break;
            case ("probe", SyncMessage.Hello hello): Assert.True(hello is { PullOnly: true, Cells.Length: 0 }); break;
            case ("more-cells", SyncMessage.MoreCells more): Assert.Equal((64, 200, 2), (more.From, more.Total, more.Cells.Length)); break;
            case ("ask-cells", SyncMessage.AskCells ask): Assert.Equal(456, ask.Total); break;
            case ("ask-ids", SyncMessage.AskIds): break;
            case ("ids", SyncMessage.Ids ids): Assert.True(ids.Last); Assert.Equal(some, ids.Values); break;
            case ("ask-nodes", SyncMessage.AskNodes ask): Assert.Equal([new(0x001UL << 52, 12), new(0x123UL << 52, 12), new(0xFFFUL << 52, 12)], ask.Prefixes); break;
            case ("nodes-short", SyncMessage.Nodes nodes): Assert.Equal(some, Assert.IsType<TreeNode.Ids>(nodes.Answers[1]).Values); break;
            case ("nodes-full", SyncMessage.Nodes nodes): Assert.Equal(Made(3).Order(), Assert.IsType<TreeNode.Leaves>(nodes.Answers[1]).Values); break;
            case ("need", SyncMessage.Need need): Assert.False(need.Last); Assert.Equal(some[..2], need.Values); break;
            case ("records", SyncMessage.Records records): Assert.Equal([3, 200], records.Values.Select(record => record.Length)); break;
            case ("news", SyncMessage.Records records): Assert.True(records.News); break;
            case ("done", SyncMessage.Done done): Assert.True(done.Final); break;
            default: Assert.Fail($"{vector.Text("name")} was read as {read}."); break;
        }
    });

    [Fact]
    public void Leaves_and_what_follows_from_them_lie_in_the_database_alike()
    {
        TestVector vector = Of("rows").Single();
        VaultId vault = new(vector.Bytes("vault"));
        Leaf[] made = [.. Made(8)];
        using MemoryDatabase database = new(TreeKeys.Leaves, TreeKeys.Tree);
        LeafSet set = LeafSet.Open(database, vault, new SketchKey(vector.Bytes("sketch")), sequence: 6);
        Change(7, [], made[..5]);
        Assert.Equal(vector.Bytes("first"), database.Get(TreeKeys.Tree, vector.Bytes("toggles_key")));
        Change(8, [made[1]], made[5..]);
        Assert.Equal(vector.Bytes("leaves"), Keys(TreeKeys.Leaves, vault.Tag.ToArray()));
        Assert.Equal(vector.Bytes("state"), database.Get(TreeKeys.Tree, vector.Bytes("state_key")));
        Assert.Equal(vector.Bytes("second"), database.Get(TreeKeys.Tree, TreeKeys.TogglesKey(vault.Tag, 8)));
        Assert.Equal(vector.Bytes("buckets"), Keys(TreeKeys.Tree, TreeKeys.TreeKey(vault.Tag, TreeKeys.BucketOf), values: true));
        Batch batch = new();
        set.Checkpoint(batch);
        database.Commit(batch, Durability.Synced);
        Assert.Equal(vector.Bytes("cells_hash"), Hash32.Of(database.Get(TreeKeys.Tree, vector.Bytes("cells_key"))!).ToArray());
        Assert.False(LeafSet.Open(database, vault, new SketchKey(vector.Bytes("sketch")), sequence: 8).WasRebuilt);

        void Change(ulong sequence, Leaf[] removed, Leaf[] added)
        {
            Batch batch = new();
            LeafChange change = set.Change(batch, sequence, removed, added);
            database.Commit(batch, Durability.Synced);
            set.Apply(change);
        }

        byte[] Keys(Family family, byte[] prefix, bool values = false)
        {
            List<byte> all = [];
            using ICursor cursor = database.Range(family, prefix, []);
            while (cursor.MoveNext() && cursor.Key.StartsWith(prefix))
            {
                all.AddRange(cursor.Key);
                if (values) all.AddRange(cursor.Value);
            }
            return [.. all];
        }
    }

    [Fact]
    public void A_note_of_the_stat_cache_lies_under_the_same_hash_and_tells_the_same()
    {
        TestVector vector = Of("stat note").Single();
        using VaultKeys keys = new(new VaultId(vector.Bytes("vault")), [new SecretEpoch(0, new byte[32], vector.Bytes("read"))]);
        using MemoryDatabase database = new(StatCache.Family, TreeKeys.Leaves);
        using StatCache cache = new(database, keys, new SetTime { Now = DateTimeOffset.UnixEpoch.AddDays(vector.Int("day")).AddHours(23) });
        Leaf leaf = Leaf.Read(vector.Bytes("leaf"));
        FileStat stat = new((FileKind)vector.Int("kind"), (uint)vector.Number("mode"), (long)vector.Number("size"), (long)vector.Number("modified"),
            long.Parse(vector.Text("changed"), CultureInfo.InvariantCulture), vector.Number("inode"), vector.Number("device"));
        StandingLeaves standing = new(database, keys.Vault.Tag, count: 1_000);
        StatFolder folder = cache.In(vector.Bytes("path"), vector.Bytes("target"));
        Batch batch = new();
        cache.Put(batch, folder, vector.Bytes("name"), stat, leaf);
        Change note = Assert.Single(batch.Changes);
        Assert.Equal(vector.Bytes("key"), note.Key.ToArray());
        Assert.Equal(vector.Bytes("value"), note.Value.ToArray());
        database.Commit(batch, Durability.Synced);
        Assert.Null(cache.Find(folder, vector.Bytes("name"), stat, standing, out _)); // the record doesn't stand
        database.Commit(new Batch().Put(TreeKeys.Leaves, TreeKeys.LeafKey(keys.Vault.Tag, leaf), default), Durability.Synced);
        Assert.Equal(leaf, cache.Find(folder, vector.Bytes("name"), stat, standing, out _));
        Assert.Null(cache.Find(folder, vector.Bytes("name"), stat with { ChangedNs = 0 }, standing, out _));
    }

    static IEnumerable<Leaf> Made(int count) => Enumerable.Range(0, count).Select(i =>
        Leaf.Of(Hash32.Of(Encoding.ASCII.GetBytes($"position {(i % 7 == 6 ? i - 1 : i)}")), Hash32.Of(Encoding.ASCII.GetBytes($"content {i}"))));

    static byte[] Bytes(ReadOnlySpan<Cell> cells)
    {
        byte[] bytes = new byte[cells.Length * Cell.Size];
        for (int i = 0; i < cells.Length; i++) cells[i].CopyTo(bytes.AsSpan(i * Cell.Size));
        return bytes;
    }
}
