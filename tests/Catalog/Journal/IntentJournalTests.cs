using System.Buffers.Binary;
using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

public sealed class IntentJournalTests : IDisposable
{
    readonly CatalogRig rig = new();

    /// <summary>A device that ended while a long change was written down whole and nothing of it made.</summary>
    (Node Node, MemoryDatabase Left) Interrupted()
    {
        MemoryDatabase inner = new(CatalogRig.MetaFamilies);
        FaultyDatabase meta = new(inner);
        Node node = rig.NewFounder(meta);
        node.Put("before", "1");
        meta.Plan = new FaultPlan { CommitLost = meta.Commits + 2 };
        Assert.Throws<StoreException>(() => node.Catalog.Commit([.. Enumerable.Range(0, 1100).Select(i => node.File($"{i}"))]));
        return (node, inner.Kill());
    }

    static List<(byte[] Key, byte[] Value)> Entries(IDatabase meta)
    {
        List<(byte[] Key, byte[] Value)> rows = [];
        using ICursor cursor = meta.Range(CatalogFamilies.Journal, default, default);
        while (cursor.MoveNext())
            if (cursor.Key[VaultTag.Size] == 'e') rows.Add((cursor.Key.ToArray(), cursor.Value.ToArray()));
        return rows;
    }

    [Fact]
    public void What_was_written_down_is_made_by_the_next_opening_and_once()
    {
        (Node node, MemoryDatabase left) = Interrupted();
        node.Reopen(left);
        Assert.Equal(1101, node.Catalog.Totals.Files);
        Hash32 root = node.Catalog.Root;
        node.Reopen();
        Assert.Equal(root, node.Catalog.Root);
        Assert.Single(node.Catalog.History(Node.Path("7")));
    }

    [Theory]
    [InlineData("flipped")]
    [InlineData("gone")]
    [InlineData("swapped")]
    [InlineData("last gone")]
    [InlineData("copied")]
    public void An_entry_that_is_not_as_it_was_written_is_said_and_not_applied_nor_what_follows(string damage)
    {
        (Node node, MemoryDatabase left) = Interrupted();
        List<(byte[] Key, byte[] Value)> entries = Entries(left);
        Assert.Equal(4, entries.Count); // of the first file, and three of the long change
        Batch batch = new();
        switch (damage)
        {
            case "flipped":
                entries[2].Value[30] ^= 1;
                batch.Put(CatalogFamilies.Journal, entries[2].Key, entries[2].Value);
                break;
            case "gone": batch.Delete(CatalogFamilies.Journal, entries[2].Key); break;
            case "last gone": batch.Delete(CatalogFamilies.Journal, entries[3].Key); break;
            case "swapped": batch.Put(CatalogFamilies.Journal, entries[2].Key, entries[3].Value).Put(CatalogFamilies.Journal, entries[3].Key, entries[2].Value); break;
            case "copied": batch.Put(CatalogFamilies.Journal, entries[2].Key, entries[1].Value); break;
        }
        left.Commit(batch, Durability.Synced);
        node.Reopen(left);
        Assert.Contains("journal", node.Catalog.Findings[0], StringComparison.Ordinal);
        Assert.Contains("has been finished", Assert.Single(node.Catalog.Findings.Skip(1)), StringComparison.Ordinal);
        Assert.Equal(damage == "last gone" ? 1001 : 501, node.Catalog.Totals.Files);
        node.Put("after", "2");
        node.Reopen();
        Assert.Empty(node.Catalog.Findings);
        Assert.True(node.Catalog.Verify().IsClean);
    }

    [Theory]
    [InlineData("gone")]
    [InlineData("flipped")]
    [InlineData("of another time")]
    public void A_head_that_is_not_the_last_one_written_makes_the_whole_journal_doubtful(string damage)
    {
        (Node node, MemoryDatabase left) = Interrupted();
        byte[] key = CatalogKeys.Note(rig.Vault.Tag, (byte)'h'), now = left.Get(CatalogFamilies.Journal, key)!;
        switch (damage)
        {
            case "gone": left.Commit(new Batch().Delete(CatalogFamilies.Journal, key), Durability.Synced); break;
            case "flipped":
                now[40] ^= 1;
                left.Commit(new Batch().Put(CatalogFamilies.Journal, key, now), Durability.Synced);
                break;
            default:
                // The journal as a whole of an earlier commit, under a catalog that has gone on.
                node.Reopen(left);
                left.Commit(new Batch().Put(CatalogFamilies.Journal, key, now), Durability.Synced);
                break;
        }
        Hash32 root = node.Catalog.Root;
        node.Reopen(left);
        Assert.Single(node.Catalog.Findings);
        Assert.Equal(damage == "of another time" ? 1101 : 1, node.Catalog.Totals.Files);
        node.Put("after", "2");
        node.Reopen();
        Assert.Empty(node.Catalog.Findings);
    }

    [Fact]
    public void Entries_stay_until_a_peer_has_them_and_show_what_is_on_this_device_alone()
    {
        Node founder = rig.NewFounder(), other = rig.NewMember(founder, Role.Writer);
        founder.Put("one", "1");
        ulong first = founder.Catalog.Sequence;
        founder.Put("two", "2");
        founder.Remove("one");
        Assert.Equal(["one", "two", "one"], founder.Catalog.Unacknowledged().Select(edit => edit.Path.Text));
        SyncMessage.Hello hello = new(false, 0, 0, 7, 9, 0, 0, default, []);
        founder.Catalog.Met(other.Id, hello, first, caughtUp: true);
        Assert.Equal(["two", "one"], founder.Catalog.Unacknowledged().Select(edit => edit.Path.Text));
        founder.Reopen();
        Assert.Equal(["two", "one"], founder.Catalog.Unacknowledged().Select(edit => edit.Path.Text));
        founder.Catalog.Met(other.Id, hello, founder.Catalog.Sequence, caughtUp: true);
        Assert.Empty(founder.Catalog.Unacknowledged());
        Assert.Empty(Entries(founder.Meta));
        Assert.Equal((7u, 9ul), founder.Catalog.PeersMet.Select(note => (note.Incarnation, note.Sequence)).Single());
    }

    [Fact]
    public void Not_more_entries_stay_than_there_is_room_for()
    {
        Node founder = rig.NewFounder();
        for (int i = 0; i < IntentJournal.MaxKept + 30; i++) founder.Put("same", $"{i % 7}");
        Assert.InRange(Entries(founder.Meta).Count, IntentJournal.MaxKept, IntentJournal.MaxKept + 1);
        founder.Reopen();
        Assert.Empty(founder.Catalog.Findings);
    }

    [Fact]
    public void Edits_are_read_back_as_they_were_written_and_nothing_else_is_read() => Seed.Check(LongRun.Cases(300, 100_000), random =>
    {
        List<Edit> edits = [.. Enumerable.Range(0, 1 + random.Below(5)).Select(_ => RandomEdit(random))];
        byte[] bytes = EditCodec.Encode(edits);
        Assert.Equal(edits, EditCodec.Decode(bytes)!);
        if (random.Below(2) == 0) bytes = bytes[..random.Below(bytes.Length)];
        else bytes[random.Below(bytes.Length)] ^= (byte)(1 << random.Below(8));
        if (EditCodec.Decode(bytes) is { } other) Assert.Equal(bytes, EditCodec.Encode(other));
    });

    static Edit RandomEdit(RandomSource random)
    {
        VaultPath path = Node.Path($"folder/{random.Below(1000)}");
        DeviceId device = new(random.Bytes(DeviceId.Size));
        VersionVector? basis = random.Below(3) switch { 0 => null, 1 => VersionVector.Empty, _ => VersionVector.Empty.With(device, new HybridTime(random.NextUInt64() | 1)) };
        return random.Below(5) switch
        {
            4 => File(random, path, null) is var put ? new Edit.Move(put.Entry, put.File, put.Kind, Node.Path("old/place"), basis ?? VersionVector.Empty) : throw new InvalidOperationException(),
            0 => new Edit.Remove(path, basis),
            1 => new Edit.Resolve(path, Leaf.Read(random.Bytes(Leaf.Size))),
            2 => new Edit.Put(new Entry(path) { Mode = 0x1ED }, null, RecordKind.Folder, basis),
            _ => File(random, path, basis),
        };
    }

    static Edit.Put File(RandomSource random, VaultPath path, VersionVector? basis)
    {
        FileRef file = new(new BlockId(Hash32.Of(random.Bytes(8))), new ContentKey(Hash32.Of(random.Bytes(8))), 1 + random.Below(1000));
        return new Edit.Put(new Entry(path) { ContentKey = file.Key, Size = file.Size, ModifiedNs = random.Below(1 << 30) }, file, RecordKind.File, basis);
    }

    public void Dispose() => rig.Dispose();
}
