using Vault.Identity;
using Vault.Primitives;
using Vault.Store;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

public sealed class LeafSetTests
{
    [Fact]
    public void Stays_equal_to_a_set_worked_out_anew_through_random_changes()
    {
        Seed seed = Seed.FromEnvironment();
        RandomSource random = seed.Source();
        using MemoryDatabase database = NewDatabase();
        LeafSet set = Open(database, 0);
        MemorySet oracle = new();
        List<Leaf> present = [];
        int operations = LongRun.Cases(10_000, 1_000_000), next = 1000;
        ulong sequence = 0;
        for (int done = 0; done < operations;)
        {
            List<Leaf> added = [], removed = [];
            for (int i = 1 + random.Below(40); i > 0; i--, done++)
            {
                bool grows = random.Below(LongRun.Enabled ? 20_000 : 2000) >= present.Count;
                if (!grows && removed.Count < present.Count)
                {
                    int at = random.Below(present.Count - removed.Count);
                    removed.Add(present[at]);
                    (present[at], present[^removed.Count]) = (present[^removed.Count], present[at]);
                }
                else added.Add(random.Below(4) == 0 ? random.NextCloseLeaf() : random.NextLeaf());
            }
            present.RemoveRange(present.Count - removed.Count, removed.Count);
            added = [.. added.Distinct().Where(leaf => !oracle.Leaves.Contains(leaf))];
            present.AddRange(added);
            foreach (Leaf leaf in removed) Assert.True(oracle.Remove(leaf));
            foreach (Leaf leaf in added) Assert.True(oracle.Add(leaf));

            LeafChange change = Commit(database, set, ++sequence, removed, added);
            Assert.Equal(change.Root, set.Root);
            if (done < next) continue;
            next += operations / 20;
            Assert.True(oracle.Root == set.Root, seed.ToString());
            Assert.True(set.Verify(), seed.ToString());
            LeafSet reopened = Open(database, sequence);
            Assert.False(reopened.WasRebuilt);
            AssertSame(oracle, reopened);
        }
        AssertSame(oracle, set);
    }

    [Fact]
    public void Is_what_was_committed_wherever_the_power_is_cut() => Seed.Check(LongRun.Cases(10, 300), random =>
    {
        MemoryDatabase database = NewDatabase();
        LeafSet set = Open(database, 0);
        MemorySet committed = new();
        ulong sequence = 0;
        for (int step = 0; step < 30; step++)
        {
            List<Leaf> added = [.. Enumerable.Range(0, random.Below(5)).Select(_ => random.NextLeaf())], removed = [.. committed.Leaves.Take(random.Below(3))];
            Batch batch = new();
            LeafChange change = set.Change(batch, sequence + 1, removed, added);
            if (random.Below(3) == 0) set.Checkpoint(batch); // of the state before: the log then holds this change
            bool lost = random.Below(4) == 0;
            if (!lost)
            {
                database.Commit(batch, Durability.Synced);
                set.Apply(change);
                sequence++;
                foreach (Leaf leaf in removed) committed.Remove(leaf);
                foreach (Leaf leaf in added) committed.Add(leaf);
            }
            if (!lost && random.Below(4) != 0) continue;
            MemoryDatabase survivor = random.Below(2) == 0 ? database.PowerCut() : database.Kill();
            database.Dispose();
            database = survivor;
            set = Open(database, sequence);
            Assert.False(set.WasRebuilt && sequence > 0);
            AssertSame(committed, set);
        }
        database.Dispose();
    });

    [Fact]
    public void Is_worked_out_again_when_what_is_kept_is_in_doubt() => Seed.Check(LongRun.Cases(20, 500), random =>
    {
        using MemoryDatabase database = NewDatabase();
        LeafSet set = Open(database, 0);
        MemorySet oracle = new(random.Leaves(100));
        Commit(database, set, 5, [], [.. oracle.Leaves]);
        Batch checkpoint = new();
        set.Checkpoint(checkpoint);
        database.Commit(checkpoint, Durability.Synced);

        // One row of the derived ones, changed, gone or of another time.
        List<(byte[] Key, byte[] Value)> rows = [];
        using (ICursor cursor = database.Range(TreeKeys.Tree, default, default))
            while (cursor.MoveNext()) rows.Add((cursor.Key.ToArray(), cursor.Value.ToArray()));
        (byte[] key, byte[] value) = rows[random.Below(rows.Count)];
        if (random.Below(3) == 0) database.Commit(new Batch().Delete(TreeKeys.Tree, key), Durability.Synced);
        else
        {
            value[random.Below(value.Length)] ^= (byte)(1 << random.Below(8));
            database.Commit(new Batch().Put(TreeKeys.Tree, key, value), Durability.Synced);
        }
        AssertSame(oracle, Open(database, 5));
        Assert.False(Open(database, 5).WasRebuilt);
        Assert.True(Open(database, 6).WasRebuilt);
    });

    [Fact]
    public void Any_flipped_bit_in_the_row_that_says_where_it_stands_is_noticed()
    {
        using MemoryDatabase database = NewDatabase();
        LeafSet set = Open(database, 0);
        MemorySet oracle = new(RandomSource.Seeded(1).Leaves(20));
        Commit(database, set, 5, [], [.. oracle.Leaves]);
        byte[] key = TreeKeys.TreeKey(MemorySet.Vault.Tag, TreeKeys.StateOf), value = database.Get(TreeKeys.Tree, key)!;
        for (int bit = 0; bit < value.Length * 8; bit++)
        {
            byte[] flipped = [.. value];
            flipped[bit / 8] ^= (byte)(1 << bit % 8);
            database.Commit(new Batch().Put(TreeKeys.Tree, key, flipped), Durability.Synced);
            LeafSet reopened = Open(database, 5);
            Assert.True(reopened.WasRebuilt);
            AssertSame(oracle, reopened);
        }
    }

    [Fact]
    public void A_sketch_under_another_key_is_made_anew()
    {
        using MemoryDatabase database = NewDatabase();
        LeafSet set = Open(database, 0);
        Batch batch = new();
        set.Apply(Change(set, batch, 1, [], RandomSource.Seeded(1).Leaves(50)));
        database.Commit(batch, Durability.Synced);
        batch.Clear();
        set.Checkpoint(batch);
        database.Commit(batch, Durability.Synced);

        SketchKey later = new(new byte[32]);
        LeafSet reopened = LeafSet.Open(database, MemorySet.Vault, later, 1);
        Assert.True(reopened.Verify());
        Assert.NotEqual(set.View(_ => null).Cells(64).ToArray(), reopened.View(_ => null).Cells(64).ToArray());
    }

    [Fact]
    public void A_change_that_was_made_on_another_state_is_a_bug()
    {
        using MemoryDatabase database = NewDatabase();
        LeafSet set = Open(database, 0);
        Leaf leaf = RandomSource.Seeded(1).NextLeaf();
        LeafChange one = Change(set, new Batch(), 1, [], [leaf]), two = Change(set, new Batch(), 1, [], [leaf]);
        set.Apply(one);
        Assert.Throws<InvalidOperationException>(() => set.Apply(two));
        Assert.Throws<ArgumentOutOfRangeException>(() => Change(set, new Batch(), 1, [], []));
        Assert.Throws<InvalidOperationException>(() => Change(set, new Batch(), 2, [RandomSource.Seeded(2).NextLeaf()], []));
    }

    [Fact]
    public void A_view_stays_as_it_was_and_other_vaults_are_not_in_it()
    {
        RandomSource random = RandomSource.Seeded(1);
        using MemoryDatabase database = NewDatabase();
        LeafSet set = Open(database, 0), other = LeafSet.Open(database, new VaultId(random.NextHash()), MemorySet.Key, 0);
        MemorySet oracle = new(random.Leaves(30));
        Commit(database, set, 1, [], [.. oracle.Leaves]);
        Commit(database, other, 1, [], random.Leaves(30));
        using SetView view = set.View(_ => null);
        Commit(database, set, 2, [oracle.Leaves.First()], random.Leaves(3));

        Assert.Equal(oracle.Root, view.Root);
        Assert.Equal(oracle.Leaves, view.Leaves(LeafPrefix.Everything));
        Assert.Equal(oracle.Leaves.Select(leaf => leaf.Id).Order(), view.Ids());
        using SetView expected = oracle.View();
        Assert.Equal(expected.Under(LeafPrefix.Everything), view.Under(LeafPrefix.Everything));
        Assert.Equal(expected.Cells(5000).ToArray(), view.Cells(5000).ToArray());
    }

    [Fact]
    public void Proves_what_it_holds()
    {
        RandomSource random = RandomSource.Seeded(1);
        using MemoryDatabase database = NewDatabase();
        LeafSet set = Open(database, 0);
        Dictionary<Leaf, Hash32> contents = [];
        for (int i = 0; i < 500; i++)
        {
            (Hash32 position, Hash32 content) = (random.NextHash(), random.NextHash());
            contents[Leaf.Of(position, content)] = content;
        }
        Commit(database, set, 1, [], contents.Keys);
        Assert.All(contents, pair => Assert.True(set.Prove(pair.Key.Position, leaf => contents[leaf]).ShowsPresence(MemorySet.Vault, set.Root, pair.Key.Position, pair.Value)));
        Hash32 empty = random.NextHash();
        Assert.True(set.Prove(empty, leaf => contents[leaf]).ShowsAbsence(MemorySet.Vault, set.Root, empty));
    }

    static MemoryDatabase NewDatabase() => new(TreeKeys.Leaves, TreeKeys.Tree);

    static LeafSet Open(MemoryDatabase database, ulong sequence) => LeafSet.Open(database, MemorySet.Vault, MemorySet.Key, sequence);

    static LeafChange Change(LeafSet set, Batch batch, ulong sequence, IReadOnlyCollection<Leaf> removed, IReadOnlyCollection<Leaf> added) =>
        set.Change(batch, sequence, removed, added);

    static LeafChange Commit(MemoryDatabase database, LeafSet set, ulong sequence, IReadOnlyCollection<Leaf> removed, IReadOnlyCollection<Leaf> added)
    {
        Batch batch = new();
        LeafChange change = set.Change(batch, sequence, removed, added);
        database.Commit(batch, Durability.Logged);
        set.Apply(change);
        if (!set.IsCheckpointDue) return change;
        batch.Clear();
        set.Checkpoint(batch);
        database.Commit(batch, Durability.Logged);
        return change;
    }

    static void AssertSame(MemorySet oracle, LeafSet set)
    {
        Assert.Equal(oracle.Root, set.Root);
        Assert.Equal(oracle.Count, set.Count);
        using SetView expected = oracle.View(), view = set.View(_ => null);
        Assert.Equal(expected.Cells(StoredSketch.Cells).ToArray(), view.Cells(StoredSketch.Cells).ToArray());
    }
}
