using Vault.Identity;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

public sealed class RegisterTests
{
    [Fact]
    public void Merging_in_any_order_and_number_gives_what_the_set_of_all_records_gives() => Seed.Check(300, random =>
    {
        using Writers writers = new(random, 4);
        List<FileRecord> all = [];
        for (int i = 0; i < 15; i++)
        {
            FileRecord[] seen = [.. all.Where(_ => random.Below(3) == 0)];
            int device = random.Below(4);
            VersionVector basis = Register.Seen(seen);
            VersionVector versions = basis.With(writers.Ids[device], new HybridTime(Math.Max(basis.Latest.Value + 1, writers.At(random.Below(20)).Value)));
            all.Add(writers.Write(device, "a", versions, $"{i}"));
        }
        Leaf[] expected = Oracle(all);
        for (int run = 0; run < 5; run++)
        {
            IReadOnlyList<FileRecord> heads = [];
            FileRecord[] shuffled = [.. all.Concat(all.Take(5)).OrderBy(_ => random.NextUInt64())];
            for (int at = 0; at < shuffled.Length;)
            {
                FileRecord[] some = shuffled[at..Math.Min(shuffled.Length, at + 1 + random.Below(4))];
                RegisterChange change = Register.Merge(heads, some);
                Assert.Equal(heads.Concat(change.Added).Except(change.Removed).Select(head => head.Leaf).Order(), change.Heads.Select(head => head.Leaf).Order());
                Assert.Empty(change.Waiting);
                Assert.Equal(change.IsNone, heads.Select(head => head.Leaf).SequenceEqual(change.Heads.Select(head => head.Leaf)));
                heads = change.Heads;
                at += some.Length;
            }
            Assert.Equal(expected, heads.Select(head => head.Leaf).Order());
            Assert.True(Register.Merge(heads, heads).IsNone);
        }
    });

    [Fact]
    public void What_replaces_everything_stands_alone()
    {
        using Writers writers = new(RandomSource.Seeded(3), 3);
        FileRecord[] heads = [.. Enumerable.Range(0, 3).Select(device => writers.WriteOver(device, "a", device, $"{device}"))];
        Assert.Equal(3, Register.Merge([], heads).Heads.Count);
        FileRecord resolved = writers.WriteOver(1, "a", 10, "resolved", heads);
        RegisterChange change = Register.Merge(heads, resolved);
        Assert.Equal([resolved], change.Heads);
        Assert.Equal(3, change.Removed.Count);
        Assert.True(Register.Merge(change.Heads, heads).IsNone);
    }

    [Fact]
    public void One_who_writes_twice_at_one_time_has_both_kept()
    {
        using Writers writers = new(RandomSource.Seeded(4), 1);
        VersionVector versions = VersionVector.Empty.With(writers.Ids[0], writers.At(1));
        Assert.Equal(2, Register.Merge([], writers.Write(0, "a", versions, "one"), writers.Write(0, "a", versions, "other")).Heads.Count);
    }

    [Fact]
    public void Of_too_many_the_latest_stay_and_devices_agree_which() => Seed.Check(LongRun.Cases(10, 200), random =>
    {
        using Writers writers = new(random, 70);
        List<FileRecord> all = [.. Enumerable.Range(0, 210).Select(i => writers.WriteOver(i % 70, "a", random.Below(10), $"{i}"))];
        for (int i = 0; i < 20; i++) all.Add(writers.WriteOver(random.Below(70), "a", 10 + i, $"{i}", [.. all.OrderBy(_ => random.NextUInt64()).Take(random.Below(3))]));

        // Devices that know parts of it meet at random, and then all meet all: one state.
        IReadOnlyList<FileRecord>[] nodes = [.. Enumerable.Range(0, 6).Select(_ => Register.Merge([], all.Where(_ => random.Below(3) > 0)).Heads)];
        for (int i = 0; i < 10; i++) Meet(random.Below(6), random.Below(6));
        for (int round = 0; !nodes.All(node => Leaves(node).SequenceEqual(Leaves(nodes[0]))); round++)
        {
            Assert.True(round < 100, "They never agree.");
            for (int i = 0; i < 6; i++) for (int j = 0; j < i; j++) Meet(i, j);
        }
        Assert.InRange(nodes[0].Count, 32, Register.MaxHeads);
        Assert.All(nodes[0], head => Assert.DoesNotContain(nodes[0], other => other.Versions.Dominates(head.Versions)));

        void Meet(int i, int j)
        {
            RegisterChange change = Register.Merge(nodes[i], nodes[j]);
            Assert.Equal(Leaves(change.Heads), Leaves(Register.Merge(nodes[j], nodes[i]).Heads));
            nodes[i] = nodes[j] = change.Heads;
        }

        static Leaf[] Leaves(IReadOnlyList<FileRecord> heads) => [.. heads.Select(head => head.Leaf).Order()];
    });

    [Fact]
    public void A_version_that_has_to_wait_lets_nothing_back_in_that_it_replaced()
    {
        using Writers writers = new(RandomSource.Seeded(8), 66);
        FileRecord old = writers.WriteOver(0, "a", 1, "old"), replaces = writers.WriteOver(1, "a", 2, "replaces it", old);
        FileRecord[] many = [.. Enumerable.Range(2, 64).Select(device => writers.WriteOver(device, "a", 10, $"{device}"))];
        RegisterChange change = Register.Merge([], [replaces, .. many]);
        Assert.Equal([replaces], change.Waiting);
        RegisterChange after = Register.Merge(change.Heads, old);
        Assert.True(after.IsNone);
        Assert.Equal([old], after.Waiting);
        // There is room again once someone has looked at all of them.
        FileRecord resolved = writers.WriteOver(2, "a", 20, "resolved", [.. change.Heads]);
        Assert.Equal([resolved, replaces], Register.Merge(change.Heads, [resolved, replaces, old]).Heads);
    }

    [Fact]
    public void Versions_of_two_paths_are_no_register()
    {
        using Writers writers = new(RandomSource.Seeded(5), 1);
        Assert.Throws<ArgumentException>(() => Register.Merge([writers.WriteOver(0, "a", 1, "")], writers.WriteOver(0, "b", 1, "")));
    }

    /// <summary>All that nothing else replaces, by asking everybody about everybody.</summary>
    static Leaf[] Oracle(List<FileRecord> all) =>
        [.. all.Where(record => !all.Exists(other => AllSeen(record, other) && !AllSeen(other, record))).Select(record => record.Leaf).Order()];

    static bool AllSeen(FileRecord record, FileRecord by)
    {
        foreach (VersionEntry entry in record.Versions.Entries)
        {
            HybridTime seen = default;
            foreach (VersionEntry other in by.Versions.Entries)
                if (other.Device == entry.Device) seen = other.Time;
            if (seen < entry.Time) return false;
        }
        return true;
    }
}
