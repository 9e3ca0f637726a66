using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

/// <summary>What a catalog promises, whatever database it lies on.</summary>
public abstract class VaultCatalogContract : IDisposable
{
    readonly CatalogRig rig = new();

    protected abstract IDatabase NewMeta();

    Node NewFounder() => rig.NewFounder(NewMeta());

    [Fact]
    public void A_new_vault_holds_its_first_control_records()
    {
        Node node = NewFounder();
        Assert.Equal(2, node.Catalog.Count);
        Assert.Equal(Role.Admin, node.Catalog.Membership.Find(node.Id)!.Role);
        Assert.Empty(node.Catalog.List());
        Assert.True(node.Catalog.Verify().IsClean);
        Assert.False(node.Catalog.IsPullOnly);
    }

    [Fact]
    public void A_file_is_found_listed_and_counted_and_its_folders_come_with_it()
    {
        Node node = NewFounder();
        Hash32 before = node.Catalog.Root;
        CommitReport report = node.Put("photos/2024/sea.jpg", "waves");
        Assert.NotEqual(before, report.Root);
        Assert.Equal(report.Root, node.Catalog.Root);
        Assert.True(node.Catalog.Holds(report.Leaves[0]!.Value));

        CatalogEntry entry = node.Find("photos/2024/sea.jpg")!;
        Assert.Equal((RecordKind.File, 5, false), (entry.Kind, entry.Size, entry.IsConflict));
        Assert.Equal("waves".Length, entry.File!.Value.Size);
        Assert.Equal(["photos/"], node.Names());
        Assert.Equal(["photos/", "photos/2024/", "photos/2024/sea.jpg"], node.Names(recursive: true));
        Assert.Equal(["photos/2024/sea.jpg"], node.Names("photos/2024"));
        Assert.Equal(RecordKind.Folder, node.Find("photos/2024")!.Kind);
        Assert.Null(node.Find("photos/2025"));
        Assert.Equal(new CatalogTotals(1, 2, 5), node.Catalog.Totals);
        Assert.Equal(Node.Path("photos/2024/sea.jpg"), node.Catalog.PathOf(report.Leaves[0]!.Value));
    }

    [Fact]
    public void Removing_the_last_thing_in_a_folder_removes_the_folder_unless_it_has_a_record_of_its_own()
    {
        Node node = NewFounder();
        node.Catalog.Commit([node.File("a/b/one"), node.File("a/two"), new Edit.Put(new Entry(Node.Path("kept")) { Mode = 0x1ED }, null, RecordKind.Folder), node.File("kept/three")]);
        node.Catalog.Commit([new Edit.Remove(Node.Path("a/b/one")), new Edit.Remove(Node.Path("kept/three"))]);
        Assert.Equal(["a/", "a/two", "kept/"], node.Names(recursive: true));
        node.Remove("a/two");
        Assert.Equal(["kept/"], node.Names(recursive: true));
        Assert.Equal(new CatalogTotals(0, 1, 0), node.Catalog.Totals);
        Assert.Null(node.Remove("a/two").Leaves[0]);
        Assert.True(node.Catalog.Verify().IsClean);
    }

    [Fact]
    public void Everything_is_there_after_reopening_and_nothing_is_worked_out_again()
    {
        Node node = NewFounder();
        for (int i = 0; i < 20; i++) node.Put($"folder {i % 3}/file {i}", $"content {i}");
        (Hash32 root, CatalogTotals totals, ulong sequence) = (node.Catalog.Root, node.Catalog.Totals, node.Catalog.Sequence);
        List<string> names = [.. node.Names(recursive: true)];
        node.Reopen();
        Assert.Equal((root, totals, sequence), (node.Catalog.Root, node.Catalog.Totals, node.Catalog.Sequence));
        Assert.Equal(names, node.Names(recursive: true));
        Assert.Empty(node.Catalog.Findings);
        Assert.True(node.Catalog.Verify().IsClean);
    }

    [Fact]
    public void A_change_replaces_what_it_has_seen_and_the_old_version_can_be_had_again()
    {
        SetTime time = rig.Time;
        Node node = NewFounder();
        node.Put("letter", "first");
        DateTimeOffset then = time.GetUtcNow();
        time.Pass(TimeSpan.FromDays(1));
        node.Put("letter", "second one");
        time.Pass(TimeSpan.FromDays(1));
        node.Remove("letter");

        Assert.Equal([null, 10L, 5L], node.Catalog.History(Node.Path("letter")).Select(past => past.File?.Size));
        Assert.Equal(5, node.Catalog.At(Node.Path("letter"), then)!.Entry!.Size);
        Assert.Equal(10, node.Catalog.At(Node.Path("letter"), then + TimeSpan.FromHours(30))!.Entry!.Size);
        Assert.Null(node.Catalog.At(Node.Path("letter"), time.GetUtcNow()));
        Assert.Null(node.Catalog.At(Node.Path("letter"), then - TimeSpan.FromDays(1)));

        time.Pass(TimeSpan.FromDays(31));
        node.Catalog.Tend();
        Assert.Single(node.Catalog.History(Node.Path("letter")));
        Assert.Empty(node.Store.Pins.Of(rig.Vault.Tag));
    }

    [Fact]
    public void A_folder_is_listed_as_it_was_at_any_time_in_the_order_of_paths() => Seed.Check(1, random =>
    {
        Node node = NewFounder();
        List<(DateTimeOffset Time, List<(string Path, long Size)> Held)> moments = [];
        SortedDictionary<VaultPath, long> expected = [];
        for (int step = 0; step < 60; step++)
        {
            VaultPath path = Node.Path($"{"aä-/b"[random.Below(5)]}{(char)('a' + random.Below(3))}".Trim('/') + (random.Below(2) == 0 ? $"/{random.Below(4)}" : ""));
            if (random.Below(4) == 0)
            {
                node.Remove(path.Text);
                expected.Remove(path);
            }
            else
            {
                node.Put(path.Text, new string('x', step + 1));
                expected[path] = step + 1;
            }
            moments.Add((rig.Time.GetUtcNow(), [.. expected.Select(file => (file.Key.Text, file.Value))]));
            rig.Time.Pass(TimeSpan.FromMinutes(1));
        }
        foreach ((DateTimeOffset time, List<(string Path, long Size)> held) in moments)
        {
            PastListing all = node.Catalog.ListAt(null, time);
            Assert.Equal(held, all.Select(head => (head.Entry!.Path.Text, head.Entry.Size)));
            Assert.Equal(held.Count, all.Count);
            Assert.Equal(held.Where(file => file.Path == "aa" || file.Path.StartsWith("aa/", StringComparison.Ordinal)), node.Catalog.ListAt(Node.Path("aa"), time).Select(head => (head.Entry!.Path.Text, head.Entry.Size)));
        }
    });

    [Fact]
    public void Old_versions_go_when_their_time_is_over_and_no_others_however_many_there_are()
    {
        Node node = NewFounder();
        node.Catalog.Change(Enumerable.Range(0, 1500).Select(i => node.File($"{i}", "first")));
        node.Catalog.Change(Enumerable.Range(0, 1500).Where(i => i % 3 != 0).Select(i => node.File($"{i}", "second")));
        rig.Time.Pass(TimeSpan.FromDays(20));
        node.Catalog.Change(Enumerable.Range(0, 1500).Select(i => node.File($"{i}", "third")));
        rig.Time.Pass(TimeSpan.FromDays(20));
        node.Catalog.Tend();
        for (int i = 0; i < 1500; i++) Assert.Equal([5L, i % 3 != 0 ? 6L : 5L], node.Catalog.History(Node.Path($"{i}")).Select(past => past.File!.Value.Size));
        Assert.True(node.Catalog.Verify().IsClean);
    }

    [Fact]
    public void An_edit_that_has_not_seen_a_version_stands_beside_it_until_somebody_chooses()
    {
        Node node = NewFounder(), other = rig.NewMember(node, Role.Writer, meta: NewMeta());
        node.Put("plan", "mine");
        other.Put("plan", "theirs!");
        node.MergeFrom(other);
        other.MergeFrom(node);
        Assert.Equal(node.Catalog.Root, other.Catalog.Root);

        CatalogEntry entry = Assert.Single(node.Catalog.Conflicts());
        Assert.Equal(2, entry.Heads!.All.Count);
        Assert.Equal(entry.Heads.All.Select(head => head.Record.Leaf), other.Find("plan")!.Heads!.All.Select(head => head.Record.Leaf));

        Head loser = entry.Heads.Losers[0];
        node.Catalog.Commit([new Edit.Resolve(Node.Path("plan"), loser.Record.Leaf)]);
        Assert.Empty(node.Catalog.Conflicts());
        Assert.Equal(loser.Entry!.Size, node.Find("plan")!.Size);
        other.MergeFrom(node);
        Assert.Equal(node.Catalog.Root, other.Catalog.Root);
        Assert.Equal(3, node.Catalog.History(Node.Path("plan")).Count);
    }

    [Fact]
    public void A_path_is_proved_present_or_absent()
    {
        Node node = NewFounder();
        node.Put("here", "yes");
        CatalogProof present = node.Catalog.Prove(Node.Path("here"))!, absent = node.Catalog.Prove(Node.Path("not here"))!;
        Assert.True(present.Proof.ShowsPresence(rig.Vault, node.Catalog.Root, present.Position, present.Record!.Content));
        Assert.True(absent.Proof.ShowsAbsence(rig.Vault, node.Catalog.Root, absent.Position));
    }

    public virtual void Dispose() => rig.Dispose();
}

public sealed class VaultCatalogInMemory : VaultCatalogContract
{
    protected override IDatabase NewMeta() => new MemoryDatabase(CatalogRig.MetaFamilies);
}

public sealed class VaultCatalogOnDisk : VaultCatalogContract
{
    readonly TestFolder folder = new();
    readonly StoreMemory memory = new(8 << 20);
    int count;

    protected override IDatabase NewMeta() => RocksDatabase.Open(StoreDatabases.Meta(folder[$"{count++}"], memory, CatalogFamilies.All));

    public override void Dispose()
    {
        base.Dispose();
        memory.Dispose();
        folder.Dispose();
    }
}
