using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

/// <summary>What tests/vectors/state.py, a second implementation, has worked out.</summary>
public sealed class StateVectorTests
{
    static readonly IReadOnlyList<TestVector> vectors = TestVector.Load("state.txt");

    static IEnumerable<TestVector> Of(string what) => vectors.Where(vector => vector.Text("what") == what);

    static VaultKeys Keys(TestVector vector) => new(new VaultId(vector.Bytes("vault")), [new SecretEpoch(0, new byte[32], vector.Bytes("read"))]);

    /// <summary>Chance that isn't: the bytes of a vector.</summary>
    sealed class Given(byte[] bytes) : RandomSource
    {
        public override void Fill(Span<byte> destination) => bytes.AsSpan(0, destination.Length).CopyTo(destination);
    }

    [Fact]
    public void A_name_lies_under_the_same_key_and_is_sealed_alike() => Assert.All(Of("name"), vector =>
    {
        using VaultKeys keys = Keys(vector);
        using MemoryDatabase database = new(CatalogFamilies.Names);
        using FolderIndex index = new(database, keys, new Given(vector.Bytes("nonce")));
        VaultPath path = Node.Path(vector.Text("path"));
        int flags = vector.Int("flags");
        BlockId? root = vector.Bytes("root") is { Length: BlockId.Size } id ? new BlockId(id) : null;
        NameSummary summary = new(
            (RecordKind)vector.Int("kind"), (ushort)vector.Int("mode"), (long)vector.Number("modified"), (long)vector.Number("size"), root,
            (flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0, (flags & 8) != 0);
        Batch batch = new();
        index.Put(batch, index.IdOf(path.Parent), index.IdOf(path), path.Name, summary);
        Assert.Equal(vector.Bytes("key"), batch.Changes[0].Key.ToArray());
        Assert.Equal(vector.Bytes("value"), batch.Changes[0].Value.ToArray());
        database.Commit(batch, Durability.Synced);
        Assert.Equal((path, summary), Assert.Single(index.List(path.Parent)));
        Assert.Equal(summary, index.Find(path));
    });

    [Fact]
    public void A_journals_entries_and_head_are_sealed_alike_and_open_only_in_their_place()
    {
        TestVector entry = Of("journal entry").Single(), head = Of("journal head").Single();
        using VaultKeys keys = Keys(entry);
        byte[] place = new ByteWriter().Byte((byte)'e').UInt64(entry.Number("number")).Bytes(entry.Bytes("before")).ToArray();
        using (JournalSeal seal = new(keys, new Given(entry.Bytes("salt"))))
            Assert.Equal(entry.Bytes("value"), seal.Seal(place, entry.Bytes("content")));
        Edit[] edits = [new Edit.Remove(Node.Path(entry.Text("path"))), new Edit.Resolve(Node.Path(entry.Text("path")), new Leaf(new Hash32(entry.Bytes("position")), new Hash32(entry.Bytes("digest"))))];
        Assert.Equal(entry.Bytes("content"), EditCodec.Encode(edits));

        Hash16 Number(string name) => new(head.Bytes(name));
        Assert.Equal(head.Bytes("content"), new JournalHead(5, 7, 8, 9, Number("anchor"), Number("last"), 4711).Encode());
        byte[] placeOfHead = new ByteWriter().Byte((byte)'h').UInt64(head.Number("sequence")).ToArray();
        using JournalSeal again = new(keys, new Given(head.Bytes("salt")));
        Assert.Equal(head.Bytes("value"), again.Seal(placeOfHead, head.Bytes("content")));
        Assert.Equal(head.Bytes("content"), again.Open(placeOfHead, head.Bytes("value")));
        Assert.Null(again.Open(place, head.Bytes("value")));
    }

    [Fact]
    public void The_row_of_the_state_is_written_alike()
    {
        TestVector vector = Of("state").Single();
        CatalogState state = new(
            vector.Number("sequence"), (uint)vector.Number("incarnation"), PullOnly: true, Rebuilding: false, Reviewing: false, HasJournal: true, Partial: false,
            new CatalogTotals((long)vector.Number("files"), (long)vector.Number("folders"), (long)vector.Number("bytes")), new HybridTime(vector.Number("issued")), vector.Number("mending"));
        Assert.Equal(vector.Bytes("value"), state.Encode());
        Assert.Equal(state, CatalogState.Decode(vector.Bytes("value")));
        Assert.Null(CatalogState.Decode([.. vector.Bytes("value"), 0]));
    }
}
