using Vault.Identity;
using Vault.Primitives;
using Vault.Store;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

/// <summary>Faults at every commit of the database: what was reported as done is there, and all that is there fits together.</summary>
public sealed class CrashTests
{
    [Fact]
    public void A_commit_that_fails_at_any_point_leaves_everything_or_nothing_and_the_next_one_goes_on() => Seed.Check(LongRun.Cases(40, 2000), random =>
    {
        using CatalogRig rig = new(random);
        FaultyDatabase meta = new(new MemoryDatabase(CatalogRig.MetaFamilies));
        Node node = rig.NewFounder(meta), other = rig.NewMember(node, Role.Writer);
        for (int i = 0; i < 10; i++) other.Put($"theirs/{i}", $"{i}");
        Dictionary<string, long?> expected = [];
        HashSet<string> unsure = [];
        for (int step = 0; step < 40; step++)
        {
            int at = meta.Commits + random.Below(3);
            meta.Plan = random.Below(3) switch { 0 => new FaultPlan { CommitLost = at }, 1 => new FaultPlan { CommitUnanswered = at }, _ => new FaultPlan() };
            string path = $"{random.Below(3)}/{random.Below(4)}";
            try
            {
                switch (random.Below(5))
                {
                    case 0:
                        unsure.Add(path);
                        node.Remove(path);
                        (expected[path], _) = ((long?)null, unsure.Remove(path));
                        break;
                    case 1:
                        node.MergeFrom(other);
                        break;
                    case 2:
                        node.Catalog.Met(other.Id, new SyncMessage.Hello(false, 0, 0, 1, (ulong)step, 0, 0, default, []), node.Catalog.Sequence, caughtUp: false);
                        break;
                    default:
                        string content = new('x', random.Below(50));
                        unsure.Add(path);
                        node.Put(path, content);
                        expected[path] = content.Length;
                        unsure.Remove(path);
                        break;
                }
            }
            catch (StoreException)
            {
                // which it was, is looked up below
            }
            meta.Plan = new FaultPlan();
            foreach (string doubtful in unsure) expected[doubtful] = node.Find(doubtful)?.Size;
            unsure.Clear();
            if (random.Below(6) == 0) node.Reopen();
            if (random.Below(4) != 0) continue;
            foreach ((string file, long? size) in expected) Assert.Equal(size, node.Find(file)?.Size);
            CatalogCheck check = node.Catalog.Verify();
            Assert.True(check.IsClean, string.Join('\n', check.Faults));
        }
        Hash32 root = node.Catalog.Root;
        CatalogTotals totals = node.Catalog.Totals;
        node.Reopen();
        Assert.Equal((root, totals), (node.Catalog.Root, node.Catalog.Totals));
        Assert.Empty(node.Catalog.Findings);
        node.Reopen(mended: "whatever");
        Assert.Equal((root, totals), (node.Catalog.Root, node.Catalog.Totals));
    });

    [Fact]
    public void A_long_change_is_finished_by_the_next_opening_wherever_the_process_ends() => Seed.Check(LongRun.Cases(12, 300), random =>
    {
        using CatalogRig rig = new(random);
        MemoryDatabase inner = new(CatalogRig.MetaFamilies);
        FaultyDatabase meta = new(inner);
        Node node = rig.NewFounder(meta);
        node.Put("moved/0", "old");
        List<Edit> edits = [.. Enumerable.Range(0, 1300).Select(i => node.File($"moved/{i}", $"{i}"))];
        edits.AddRange(Enumerable.Range(0, 100).Select(i => new Edit.Remove(Node.Path($"moved/{i}"))));
        // The first commit writes the entries down, the second says that they are all there, three make the changes.
        int last = random.Below(5);
        meta.Plan = random.Below(2) == 0 ? new FaultPlan { CommitLost = meta.Commits + last } : new FaultPlan { CommitUnanswered = meta.Commits + last };
        Assert.Throws<StoreException>(() => node.Catalog.Commit(edits));
        bool promised = last > 1 || (last == 1 && meta.Plan.CommitUnanswered != null);

        node.Reopen(new FaultyDatabase(random.Below(2) == 0 ? inner.Kill() : inner.PowerCut()));
        Assert.All(node.Catalog.Findings, said => Assert.Contains("has been finished", said, StringComparison.Ordinal));
        Assert.Equal(promised ? 1200 : 1, node.Catalog.Totals.Files);
        Assert.True(node.Catalog.Verify().IsClean);
        ulong after = node.Catalog.Sequence;
        node.Reopen();
        Assert.Equal(after, node.Catalog.Sequence);
        // Each was made once: what was written over once has one version before it.
        if (promised) Assert.Equal(3, node.Catalog.History(Node.Path("moved/0")).Count);
    });

    [Fact]
    public void A_long_move_is_made_once_wherever_the_process_ends() => Seed.Check(LongRun.Cases(12, 300), random =>
    {
        using CatalogRig rig = new(random);
        MemoryDatabase inner = new(CatalogRig.MetaFamilies);
        FaultyDatabase meta = new(inner);
        Node node = rig.NewFounder(meta);
        node.Catalog.Change(Enumerable.Range(0, 1200).Select(i => node.File($"from/{i % 7}/{i}", $"{i}")));
        int last = random.Below(5);
        meta.Plan = random.Below(2) == 0 ? new FaultPlan { CommitLost = meta.Commits + last } : new FaultPlan { CommitUnanswered = meta.Commits + last };
        Assert.Throws<StoreException>(() => node.Catalog.Change(Moves(node)));
        bool promised = last > 1 || (last == 1 && meta.Plan.CommitUnanswered != null);

        node.Reopen(new FaultyDatabase(random.Below(2) == 0 ? inner.Kill() : inner.PowerCut()));
        Assert.Equal(1200, node.Catalog.Totals.Files);
        Assert.Equal(promised ? 7 : 0, node.Names("to").Count());
        Assert.Equal(promised ? 0 : 7, node.Names("from").Count());
        if (promised) Assert.Equal((1, 2), (node.Catalog.History(Node.Path("to/0/7")).Count, node.Catalog.History(Node.Path("from/0/7")).Count));
        Assert.True(node.Catalog.Verify().IsClean);
    });

    [Fact]
    public void A_list_that_ends_with_a_fault_leaves_nothing_of_it_and_the_next_one_is_made_alone()
    {
        using CatalogRig rig = new();
        Node node = rig.NewFounder();
        node.Catalog.Change(Enumerable.Range(0, 12_000).Select(i => node.File($"from/{i}", $"{i}")));
        Assert.Throws<ConfigException>(() => node.Catalog.Change(Moves(node).Select((edit, i) => i < 11_000 ? edit : throw new ConfigException("no more"))));
        Assert.Equal(12_000, node.Names("from").Count());
        Assert.Equal(600, node.Catalog.Change(Enumerable.Range(0, 600).Select(i => new Edit.Remove(Node.Path($"from/{i}")))).Made);
        Assert.Equal((11_400, 0), (node.Names("from").Count(), node.Names("to").Count()));
        node.Reopen();
        Assert.Empty(node.Catalog.Findings);
        Assert.True(node.Catalog.Verify().IsClean);
    }

    static IEnumerable<Edit> Moves(Node node) => node.Catalog.Below(Node.Path("from")).Where(entry => !entry.IsImplicit).Select(entry =>
        new Edit.Move(entry.Winner!.Entry! with { Path = Node.Path("to" + entry.Path.Text["from".Length..]) }, entry.File, RecordKind.File, entry.Path, entry.Versions));

    [Fact]
    public async Task Callers_that_meet_share_a_commit_and_one_whose_edit_is_impossible_fails_alone()
    {
        using CatalogRig rig = new();
        SlowDatabase meta = new(new MemoryDatabase(CatalogRig.MetaFamilies));
        Node node = rig.NewFounder(meta);
        int before = meta.Commits;
        meta.Hold();
        Task first = Task.Run(() => node.Put("first", "1"));
        meta.WaitForOne();
        Task[] others = [.. Enumerable.Range(0, 8).Select(i => Task.Factory.StartNew(() => node.Put($"{i}", "1"), TaskCreationOptions.LongRunning))];
        Task impossible = Task.Factory.StartNew(() => node.Catalog.Commit([new Edit.Resolve(Node.Path("none"), default)]), TaskCreationOptions.LongRunning);
        while (node.Catalog.Callers < 9) Thread.Yield();
        meta.Release();
        await Task.WhenAll([first, .. others]);
        await Assert.ThrowsAsync<ConfigException>(() => impossible);
        Assert.Equal(9, node.Catalog.Totals.Files);
        Assert.Equal(2, meta.Commits - before);
        Assert.True(node.Catalog.Verify().IsClean);
    }

    [Fact]
    public async Task Readers_see_whole_commits_while_one_writes()
    {
        using CatalogRig rig = new();
        Node node = rig.NewFounder();
        bool done = false;
        Task[] readers = [.. Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            while (!Volatile.Read(ref done))
            {
                int count = node.Names("pairs").Count();
                if (count % 2 != 0) throw new InvalidOperationException($"{count} files are there");
                if (node.Catalog.Totals.Files > 0 && node.Find("pairs/1") is null) throw new InvalidOperationException("the first pair is gone");
                using SetView view = node.Catalog.Standing().View;
                if (view.Leaves(LeafPrefix.Everything).Count() != view.Count) throw new InvalidOperationException("a view of two times");
            }
        }))];
        for (int i = 0; i < 200; i += 2) node.Catalog.Commit([node.File($"pairs/{i}"), node.File($"pairs/{i + 1}")]);
        Volatile.Write(ref done, true);
        await Task.WhenAll(readers);
    }
}

/// <summary>A database whose commits can be made to wait.</summary>
sealed class SlowDatabase(IDatabase inner) : IDatabase
{
    readonly ManualResetEventSlim open = new(true), arrived = new(false);
    int commits;

    public int Commits => commits;

    public void Hold()
    {
        arrived.Reset();
        open.Reset();
    }

    public void WaitForOne() => arrived.Wait();

    public void Release() => open.Set();

    public void Commit(Batch batch, Durability durability)
    {
        arrived.Set();
        open.Wait();
        Interlocked.Increment(ref commits);
        inner.Commit(batch, durability);
    }

    public byte[]? Get(Family family, ReadOnlySpan<byte> key, ISnapshot? at = null) => inner.Get(family, key, at);
    public StoredValue? Find(Family family, ReadOnlySpan<byte> key) => inner.Find(family, key);
    public void Flush() => inner.Flush();
    public ISnapshot Snapshot() => inner.Snapshot();
    public ICursor Range(Family family, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, ISnapshot? at = null, bool reverse = false) => inner.Range(family, from, to, at, reverse);
    public void Compact(Family family, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to) => inner.Compact(family, from, to);
    public void Checkpoint(string folder) => inner.Checkpoint(folder);

    public void Dispose()
    {
        inner.Dispose();
        open.Dispose();
        arrived.Dispose();
    }
}
