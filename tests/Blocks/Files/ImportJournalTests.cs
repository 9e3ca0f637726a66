using Vault.Primitives;
using Vault.Store;
using Xunit;

namespace Vault.Blocks.Tests;

public sealed class ImportJournalTests : IDisposable
{
    const int Length = 80 << 20; // three checkpoints
    static readonly Lazy<byte[]> content = new(() => Some.Noise(Length));

    readonly Rig rig = Rig.InMemory();
    readonly FileWriter writer;
    readonly ImportJournal journal;
    readonly SourceStamp source;

    public ImportJournalTests()
    {
        writer = new FileWriter(rig.Epoch);
        journal = new ImportJournal(rig.Store, Rig.Vault, rig.Epoch, RandomSource.Seeded(1));
        source = journal.Stamp("/films/holiday.mkv, 80 MiB, of Tuesday"u8);
    }

    public void Dispose()
    {
        journal.Dispose();
        writer.Dispose();
        rig.Dispose();
    }

    async Task<(FileRef File, long Read)> ImportAsync(int failsAt = int.MaxValue, SourceStamp? from = null)
    {
        using WriteSession session = rig.Store.BeginWrite(Rig.Vault);
        Trickle stream = new(content.Value, () => 1 << 20, seekable: true) { FailsAt = failsAt };
        try
        {
            FileRef file = await writer.WriteAsync(stream, session, new Import(journal, from ?? source));
            await session.FlushAsync();
            return (file, stream.BytesRead);
        }
        catch (IOException)
        {
            return (default, stream.BytesRead);
        }
    }

    long Checkpointed => journal.Progress(source).Leaves.Sum(leaf => leaf.Length);

    [Fact]
    public async Task An_interrupted_import_reads_on_where_it_stopped()
    {
        await ImportAsync(failsAt: 70 << 20);
        long stored = Checkpointed;
        Assert.InRange(stored, 40 << 20, 70 << 20);
        rig.Collect(TimeSpan.Zero); // the session is over, nothing is pinned: the journal alone holds the leaves
        (FileRef file, long read) = await ImportAsync();
        Assert.InRange(read, Length - stored, Length - stored + stored / 100);

        using Rig other = Rig.InMemory();
        using WriteSession session = other.Store.BeginWrite(Rig.Vault);
        Assert.Equal(await writer.WriteAsync(new MemoryStream(content.Value), session), file);
        rig.Pin(file.Root);
        Assert.Empty(rig.Store.Missing(Rig.Vault));
    }

    [Fact]
    public async Task A_changed_source_and_other_secrets_start_over()
    {
        await ImportAsync(failsAt: 70 << 20);
        Assert.True(Checkpointed > 0);
        Assert.Empty(journal.Progress(journal.Stamp("the same, of Wednesday"u8)).Leaves);
        Assert.Equal(Length, (await ImportAsync(from: journal.Stamp("the same, of Wednesday"u8))).Read);
        using Vault.Identity.SecretEpoch next = new(1, new byte[32], Some.Noise(32));
        using ImportJournal later = new(rig.Store, Rig.Vault, next, RandomSource.Seeded(2));
        Assert.Empty(later.Progress(source).Leaves);
    }

    [Fact]
    public async Task Damaged_entries_end_the_progress_and_nothing_else()
    {
        await ImportAsync(failsAt: 75 << 20);
        List<(byte[] Key, byte[] Value)> entries = Entries();
        Assert.True(entries.Count >= 2);
        int firstLeaves = journal.Progress(source).Leaves.Count;
        for (int at = 0; at < entries[1].Value.Length; at += 97)
        {
            byte[] damaged = [.. entries[1].Value];
            damaged[at] ^= 0x10;
            Put(entries[1].Key, damaged);
            Assert.Equal(1u, journal.Progress(source).Entries);
            Assert.True(journal.Progress(source).Leaves.Count < firstLeaves);
        }
        foreach (byte[] nonsense in (byte[][])[[], new byte[11], new byte[12], Enumerable.Repeat((byte)0xFF, 40).ToArray(), entries[1].Value[..^1]])
        {
            Put(entries[1].Key, nonsense);
            Assert.Equal(1u, journal.Progress(source).Entries);
            rig.Collect();
        }
        // Behind a gap lies what an earlier run left: an entry belongs to its place, by its key and by its offset.
        rig.Meta.Commit(new Batch().Delete(StoreKeys.Imports, entries[1].Key), Durability.Synced);
        Assert.Equal(1u, journal.Progress(source).Entries);
        Put(entries[1].Key, entries[0].Value);
        Assert.Equal(1u, journal.Progress(source).Entries);
    }

    [Fact]
    public void An_entry_that_begins_elsewhere_is_no_continuation()
    {
        Block a = Store("first"), b = Store("second");
        journal.Checkpoint(source, 0, 0, [new Child(a.Id, default, 5)]);
        journal.Checkpoint(source, 1, 17, [new Child(b.Id, default, 6)]); // an earlier run's, which had cut otherwise
        Assert.Equal([a.Id], journal.Progress(source).Leaves.Select(leaf => leaf.Id));
        journal.Checkpoint(source, 1, 5, [new Child(b.Id, default, 6)]);
        Assert.Equal([a.Id, b.Id], journal.Progress(source).Leaves.Select(leaf => leaf.Id));
    }

    [Fact]
    public void A_leaf_that_is_gone_ends_the_progress()
    {
        Block a = Store("first"), b = Store("second");
        journal.Checkpoint(source, 0, 0, [new Child(a.Id, default, 5)]);
        journal.Checkpoint(source, 1, 5, [new Child(b.Id, default, 6)]);
        rig.Spoil(b.Id);
        Assert.Null(rig.Store.Read(Rig.Vault, b.Id));
        Assert.Equal([a.Id], journal.Progress(source).Leaves.Select(leaf => leaf.Id));
    }

    [Fact]
    public async Task A_finished_import_is_not_read_again_as_long_as_all_of_it_is_here()
    {
        FileRef file = await rig.AddAsync(Some.Noise(10_000));
        journal.Finish([(source, file)]);
        Assert.Equal(file, journal.Finished(source));
        Assert.Equal((file, 0L), await ImportAsync());
        Assert.Null(journal.Finished(journal.Stamp("another"u8)));
        rig.Spoil(rig.Store.List(Rig.Vault).First(entry => entry.Info.Level == 0).Id);
        await new Scrub(rig.Store).RunAsync(Rig.Vault);
        Assert.Null(journal.Finished(source));
    }

    [Fact]
    public void Finishing_and_forgetting_leave_no_checkpoints()
    {
        journal.Checkpoint(source, 0, 0, [new Child(Store("first").Id, default, 5)]);
        SourceStamp other = journal.Stamp("other"u8);
        journal.Checkpoint(other, 0, 0, [new Child(Store("second").Id, default, 6)]);
        journal.Finish([(source, new FileRef(Store("whole").Id, default, 5))]);
        Assert.Equal(2, Entries().Count);
        Batch batch = new();
        journal.Forget(batch, source);
        rig.Meta.Commit(batch, Durability.Synced);
        Assert.Single(Entries());
        Assert.Single(journal.Progress(other).Leaves);
    }

    [Fact]
    public void Unfinished_imports_are_kept_for_a_week_after_their_last_step()
    {
        Block a = Store("first"), b = Store("second"), done = Store("done");
        journal.Checkpoint(source, 0, 0, [new Child(a.Id, default, 5)]);
        journal.Finish([(journal.Stamp("done"u8), new FileRef(done.Id, default, 4))]);
        rig.Clock.Pass(TimeSpan.FromDays(4));
        journal.Checkpoint(source, 1, 5, [new Child(b.Id, default, 6)]);
        rig.Clock.Pass(TimeSpan.FromDays(3) - TimeSpan.FromSeconds(1));
        Assert.Equal(0, rig.Collect(TimeSpan.Zero).Deleted);
        rig.Clock.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(1, rig.Collect(TimeSpan.Zero).Deleted); // what was done: its last step was a week ago
        Assert.Equal(((BlockId[])[a.Id, b.Id]).Order(), rig.Stored());
        rig.Clock.Pass(TimeSpan.FromDays(4));
        Assert.Equal(2, rig.Collect(TimeSpan.Zero).Deleted);
    }

    [Fact]
    public void Coming_back_counts_as_a_step()
    {
        Block leaf = Store("first"), done = Store("done");
        SourceStamp finished = journal.Stamp("done"u8);
        journal.Checkpoint(source, 0, 0, [new Child(leaf.Id, default, 5)]);
        journal.Finish([(finished, new FileRef(done.Id, default, 4))]);
        rig.Clock.Pass(TimeSpan.FromDays(30)); // no collection came by meanwhile
        Assert.Single(journal.Progress(source).Leaves);
        Assert.NotNull(journal.Finished(finished));
        Assert.Equal(0, rig.Collect(TimeSpan.Zero).Deleted);
        rig.Clock.Pass(TimeSpan.FromDays(6));
        Assert.Equal(0, rig.Collect(TimeSpan.Zero).Deleted);
    }

    Block Store(string text)
    {
        Block block = Some.Leaf(text);
        using WriteSession session = rig.Store.BeginWrite(Rig.Vault);
        session.AddAsync(block).AsTask().GetAwaiter().GetResult();
        session.FlushAsync().GetAwaiter().GetResult();
        return block;
    }

    List<(byte[] Key, byte[] Value)> Entries()
    {
        List<(byte[], byte[])> entries = [];
        using ICursor cursor = rig.Meta.Range(StoreKeys.Imports, default, default);
        while (cursor.MoveNext()) entries.Add((cursor.Key.ToArray(), cursor.Value.ToArray()));
        return entries;
    }

    void Put(byte[] key, byte[] value) => rig.Meta.Commit(new Batch().Put(StoreKeys.Imports, key, value), Durability.Synced);
}
