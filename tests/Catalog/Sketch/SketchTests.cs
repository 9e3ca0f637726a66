using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

public sealed class SketchTests
{
    /// <summary>The vector for eight bytes 00…07 under the key 00…0f of SipHash's authors (siphash-2-4, vectors_sip64[8]).</summary>
    [Fact]
    public void SipHash_gives_its_authors_vector() =>
        Assert.Equal(0x93f5f5799a932462UL, new SketchKey([.. Enumerable.Range(0, 16).Select(i => (byte)i)]).Hash(0x0706050403020100));

    [Fact]
    public void Cells_do_not_depend_on_order_and_forget_what_was_taken_out() => Seed.Check(LongRun.Cases(50, 2000), random =>
    {
        ulong[] ids = Ids(random, 200), gone = Ids(random, 50);
        CellRange one = new(0, 256), other = new(0, 256);
        foreach (ulong id in ids) one.Add(id, MemorySet.Key);
        foreach (ulong id in gone.Concat(ids.Reverse())) other.Add(id, MemorySet.Key);
        foreach (ulong id in gone) other.Remove(id, MemorySet.Key);
        Assert.Equal(one.Cells.ToArray(), other.Cells.ToArray());
    });

    [Fact]
    public void A_later_stretch_is_the_same_as_in_one_piece() => Seed.Check(LongRun.Cases(50, 2000), random =>
    {
        int middle = random.Below(300);
        CellRange whole = new(0, 300), first = new(0, middle), second = new(middle, 300);
        foreach (ulong id in Ids(random, 100))
        {
            whole.Add(id, MemorySet.Key);
            first.Add(id, MemorySet.Key);
            second.Add(id, MemorySet.Key);
        }
        Assert.Equal(whole.Cells.ToArray(), (Cell[])[.. first.Cells, .. second.Cells]);
    });

    /// <summary>Cell i takes part of all ids: 1/(1 + i/2).</summary>
    [Fact]
    public void Ids_fall_into_cells_as_often_as_they_should()
    {
        RandomSource random = RandomSource.Seeded(5);
        int[] counts = new int[64];
        const int ids = 50_000;
        for (int n = 0; n < ids; n++)
            for (CellMapping mapping = new(random.NextUInt64()); mapping.Index < counts.Length; mapping.Advance()) counts[mapping.Index]++;
        for (int i = 0; i < counts.Length; i++)
        {
            double p = 2.0 / (i + 2), sigma = Math.Sqrt(ids * p * (1 - p));
            Assert.InRange(counts[i], ids * p - 5 * sigma, ids * p + 5 * sigma);
        }
    }

    [Fact]
    public void Reading_gives_exactly_the_difference_or_nothing() => Seed.Check(LongRun.Cases(300, 20_000), random =>
    {
        ulong[] shared = Ids(random, 300), mine = Ids(random, 30), theirs = Ids(random, 30);
        int cells = 1 + random.Below(500);
        IdDifference? read = Peeling.Peel(CellRange.Subtract(Cells(shared.Concat(mine), cells), Cells(shared.Concat(theirs), cells)), MemorySet.Key);
        if (read == null)
        {
            Assert.True(cells < 3 * (mine.Length + theirs.Length) + 200);
            return;
        }
        Assert.Equal(mine.Order(), read.Mine);
        Assert.Equal(theirs.Order(), read.Theirs);
    });

    [Fact]
    public void Cells_that_nobody_made_are_refused_within_bounded_work() => Seed.Check(LongRun.Cases(500, 20_000), random =>
    {
        int count = 1 + random.Below(300);
        Cell[] cells = random.Below(3) switch
        {
            0 => Forgery.Garbage(random, count),
            1 => Forgery.AllPure(random, count, MemorySet.Key),
            _ => [.. Enumerable.Repeat(new Cell(ulong.MaxValue, ulong.MaxValue), count)],
        };
        // A single cell may by chance be one that one id makes; anything else can't be a set's.
        IdDifference? read = Peeling.Peel(cells, MemorySet.Key);
        if (read == null) return;
        Assert.True(read.Mine.Count + read.Theirs.Count <= count);
        CellRange again = new(0, count);
        foreach (ulong id in read.Mine) again.Add(id, MemorySet.Key);
        foreach (ulong id in read.Theirs) again.Toggle(id, MemorySet.Key.Hash(id), -1);
        Assert.Equal(cells, again.Cells.ToArray());
    });

    /// <summary>Cells that lead from one id to itself again: each peel brings back what the one before took away.</summary>
    [Fact]
    public void An_id_in_a_cell_where_it_does_not_belong_is_not_read_for_ever()
    {
        Cell[] cells = new Cell[64];
        ulong id = 42, hash = MemorySet.Key.Hash(id);
        HashSet<long> own = [];
        for (CellMapping mapping = new(hash); mapping.Index < 64; mapping.Advance()) own.Add(mapping.Index);
        cells[Enumerable.Range(0, 64).First(i => !own.Contains(i))].Toggle(id, hash, 1);
        Assert.Null(Peeling.Peel(cells, MemorySet.Key));
    }

    [Fact]
    public void The_estimate_is_right_within_a_factor_of_two_nearly_always()
    {
        RandomSource random = RandomSource.Seeded(9);
        foreach (int size in new[] { 50, 500, 5000 })
        {
            int good = 0;
            const int tries = 100;
            for (int n = 0; n < tries; n++)
            {
                CellRange difference = new(0, 64);
                int mine = random.Below(size + 1);
                for (int i = 0; i < size; i++) difference.Toggle(random.NextUInt64(), random.NextUInt64(), i < mine ? 1 : -1);
                if (DifferenceEstimate.Of(difference.Cells, 2 * mine - size) is var estimate && estimate >= size / 2 && estimate <= size * 2) good++;
            }
            Assert.InRange(good, 95, 100);
        }
    }

    [Fact]
    public void A_count_of_more_than_16_bits_wraps_around()
    {
        Cell cell = default, other = default;
        for (int i = 0; i < 70_000; i++) cell.Toggle((ulong)i, (ulong)i, 1);
        for (int i = 1; i < 70_000; i++) other.Toggle((ulong)i, (ulong)i, 1);
        Assert.Equal(1, (cell - other).Count);
        Assert.Equal(default, cell - cell);
    }

    static ulong[] Ids(RandomSource random, int most) => [.. Enumerable.Range(0, random.Below(most + 1)).Select(_ => random.NextUInt64())];

    static Cell[] Cells(IEnumerable<ulong> ids, int count)
    {
        CellRange range = new(0, count);
        foreach (ulong id in ids) range.Add(id, MemorySet.Key);
        return range.Cells.ToArray();
    }
}
