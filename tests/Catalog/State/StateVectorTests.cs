using System.Buffers;
using System.IO.Pipelines;
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
    public void Every_kind_of_edit_is_written_and_read_alike() => Assert.All(Of("edit"), vector =>
    {
        VersionVector basis = VersionVector.Of(new VersionEntry(new DeviceId(vector.Bytes("first")), new HybridTime(vector.Number("time0"))), new VersionEntry(new DeviceId(vector.Bytes("second")), new HybridTime(vector.Number("time1"))));
        VaultPath old = VaultPath.Parse(vector.Bytes("old"))!;
        FileRef file = new(new BlockId(vector.Bytes("block")), new ContentKey(new Hash32(vector.Bytes("content_key"))), 77);
        Entry FileAt(VaultPath path) => new Entry(path) { Mode = 0x1A4, ModifiedNs = 1_893_456_000_000_000_001 }.With(file);
        Edit edit = vector.Text("name") switch
        {
            "put" => new Edit.Put(FileAt(old), file, RecordKind.File, basis),
            "put over anything" => new Edit.Put(new Entry(old) { Mode = 0x1ED }, null, RecordKind.Folder),
            "put beside" => new Edit.Put(new Entry(old) { Target = "../target" }, null, RecordKind.Symlink, VersionVector.Empty),
            "remove" => new Edit.Remove(old, basis),
            "resolve" => new Edit.Resolve(old, new Leaf(new Hash32(vector.Bytes("position")), new Hash32(vector.Bytes("digest")))),
            "move" => new Edit.Move(FileAt(VaultPath.Parse(vector.Bytes("new"))!), file, RecordKind.File, old, basis),
            string other => throw new ArgumentException($"There is no edit {other}."),
        };
        Assert.Equal(vector.Bytes("bytes"), EditCodec.Encode([edit]));
        Assert.Equal([edit], EditCodec.Decode(vector.Bytes("bytes")));
    });

    [Fact]
    public void Notes_lie_where_they_should_and_say_what_they_should() => Assert.All(Of("row"), vector =>
    {
        using VaultKeys keys = Keys(vector);
        using MemoryDatabase database = new(CatalogRig.MetaFamilies);
        VaultTag tag = keys.Vault.Tag;
        DeviceId device = new(vector.Bytes("device"));
        Leaf leaf = Leaf.Read(vector.Bytes("leaf"));
        Hash32 root = new(vector.Bytes("root"));
        DateTimeOffset when = DateTimeOffset.FromUnixTimeMilliseconds(1_893_456_000_123);
        Batch batch = new();
        switch (vector.Text("name"))
        {
            case "root" or "way back": new RootLog(database, tag).Put(batch, 42, root, when); break;
            case "peer": new PeerNotes(database, tag).Put(batch, new PeerNote(device, 0xCAFEBABE, 99, 41, when)); break;
            case "author": new AuthorTimes(database, tag).Changed(batch, [(device, new HybridTime((1_893_456_000_000UL << 16) + 7))]); break;
            case "suspicion": new Suspicions(database, tag).Put(batch, new Suspicion(device, SuspicionKind.ForgedVector, leaf, when)); break;
            case "returned": new ReturnedRecords(database, tag).Put(batch, leaf, when); break;
            case "applied": ApplySeven(database, keys, batch); break;
        }
        AssertHolds(batch, vector);
        database.Commit(batch, Durability.Synced);
        switch (vector.Text("name"))
        {
            case "root": Assert.Equal(new PastRoot(42, root, when), Assert.Single(new RootLog(database, tag).Between(0, ulong.MaxValue))); break;
            case "way back": Assert.Equal(new PastRoot(42, root, when), new RootLog(database, tag).Find(root)); break;
            case "peer": Assert.Equal(new PeerNote(device, 0xCAFEBABE, 99, 41, when), new PeerNotes(database, tag).Find(device)); break;
            case "suspicion": Assert.Equal(new Suspicion(device, SuspicionKind.ForgedVector, leaf, when), Assert.Single(new Suspicions(database, tag).All())); break;
            case "returned": Assert.Equal(leaf, Assert.Single(new ReturnedRecords(database, tag).All())); break;
        }
    });

    // Entry 7 is applied by commit 42, the others by those around it.
    static void ApplySeven(MemoryDatabase database, VaultKeys keys, Batch batch)
    {
        using IntentJournal journal = new(database, keys, RandomSource.Seeded(1));
        Assert.Null(journal.Open(0, expected: false));
        JournalHead head = journal.Head;
        while (head.Next <= 8) head = journal.AppendPending(batch, head, EditCodec.Encode([new Edit.Remove(Node.Path("x"))]));
        head = head with { Ready = head.Next };
        while (head.Pending <= 7) head = journal.Advance(batch, head, sequence: 35 + head.Pending);
    }

    [Fact]
    public void Records_are_kept_in_their_places_alike() => Assert.All(Of("record row"), vector =>
    {
        using VaultKeys keys = Keys(vector);
        using MemoryDatabase database = new(CatalogRig.MetaFamilies);
        VaultTag tag = keys.Vault.Tag;
        FileRecord record = FileRecord.Parse(vector.Bytes("record"))!;
        DateTimeOffset when = DateTimeOffset.FromUnixTimeMilliseconds(1_893_456_000_123);
        Batch batch = new();
        switch (vector.Text("name"))
        {
            case "wanted record": new StoredRecords(database, keys.Vault).Put(batch, new Held(record, Wanted: true)); break;
            case "replaced": new PastRecords(database, tag).Put(batch, new Past(record, PastReason.Superseded, when, Pinned: true)); break;
            case "held aside": new PastRecords(database, tag).Put(batch, new Past(record, PastReason.HeldAside, when, Pinned: false)); break;
            case "waits for its time": new WaitingRecords(database, tag).Put(batch, new Waiting(record, WaitingReason.Future)); break;
            case "in conflict": batch.Put(CatalogFamilies.Notes, CatalogKeys.Note(tag, CatalogKeys.ConflictOf, record.Position.ToArray()), default); break;
            case "unread": batch.Put(CatalogFamilies.Notes, CatalogKeys.Note(tag, CatalogKeys.UnreadOf, record.Leaf), default); break;
        }
        AssertHolds(batch, vector);
        database.Commit(batch, Durability.Synced);
        switch (vector.Text("name"))
        {
            case "wanted record": Assert.Equal(record.Leaf, Assert.Single(new StoredRecords(database, keys.Vault).All(), held => held.Wanted).Leaf); break;
            case "replaced": Assert.True(Assert.Single(new PastRecords(database, tag).All(), past => past.Since == when && past.Reason == PastReason.Superseded).Pinned); break;
            case "held aside": Assert.False(Assert.Single(new PastRecords(database, tag).All(), past => past.Since == when && past.Reason == PastReason.HeldAside).Pinned); break;
            case "waits for its time": Assert.Equal(record.Leaf, Assert.Single(new WaitingRecords(database, tag).All, waiting => waiting.Reason == WaitingReason.Future).Leaf); break;
        }
    });

    static void AssertHolds(Batch batch, TestVector vector)
    {
        Change change = Assert.Single(batch.Changes, change => change.Kind == ChangeKind.Put && change.Key.Span.SequenceEqual(vector.Bytes("key")));
        Assert.Equal((vector.Text("family"), Convert.ToHexStringLower(vector.Bytes("value"))), (change.Family.Name, Convert.ToHexStringLower(change.Value.Span)));
    }

    [Fact]
    public async Task Frames_are_read_alike_and_what_is_not_compressed_is_written_alike()
    {
        foreach (TestVector vector in Of("frame"))
        {
            Pipe pipe = new();
            using SyncFrames frames = new(new OneWay(pipe));
            await pipe.Writer.WriteAsync(vector.Bytes("frame"));
            Assert.Equal(vector.Bytes("message"), (await frames.ReadAsync(default))!.Value.Message);
            if (vector.Bytes("frame")[0] != 0) continue;
            frames.Write(vector.Bytes("message"));
            await frames.FlushAsync(default);
            Assert.True(pipe.Reader.TryRead(out ReadResult written));
            Assert.Equal(vector.Bytes("frame"), written.Buffer.ToArray());
        }
    }

    sealed class OneWay(Pipe pipe) : IDuplexPipe
    {
        public PipeReader Input => pipe.Reader;
        public PipeWriter Output => pipe.Writer;
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
