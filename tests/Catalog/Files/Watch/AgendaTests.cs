using Xunit;

namespace Vault.Catalog.Tests;

public sealed class AgendaTests
{
    readonly Agenda agenda = new();

    static VaultPath Path(int i) => Node.Path($"f{i}");

    [Fact]
    public void A_single_change_is_looked_at_within_milliseconds_and_once()
    {
        agenda.Add(Path(1), Stir.Settled, below: false, now: 1000);
        Assert.InRange(agenda.Next!.Value, 1001, 1030);
        Assert.Empty(agenda.Take(1000));
        Assert.Equal(Path(1), Assert.Single(agenda.Take(1030)).Path);
        Assert.Empty(agenda.Take(10_000));
        Assert.Null(agenda.Next);
    }

    [Fact]
    public void A_file_that_is_being_written_waits_until_it_rests_but_not_for_ever()
    {
        for (long now = 0; now < 14_000; now += 100)
        {
            agenda.Add(Path(1), Stir.Writing, below: false, now);
            Assert.Empty(agenda.Take(now));
        }
        agenda.Add(Path(1), Stir.Writing, below: false, 14_900);
        Assert.Single(agenda.Take(15_000));
    }

    [Fact]
    public void Deletions_are_looked_at_together_when_they_have_ended()
    {
        for (int i = 0; i < 50; i++)
        {
            agenda.Add(Path(i), Stir.Gone, below: false, 1000 + i * 40);
            Assert.Empty(agenda.Take(1000 + i * 40));
        }
        Assert.Equal(50, agenda.Take(1000 + 49 * 40 + 250).Count);
    }

    [Fact]
    public void What_comes_in_the_place_of_a_deleted_file_makes_it_settled()
    {
        agenda.Add(Path(1), Stir.Gone, below: false, 1000);
        agenda.Add(Path(1), Stir.Settled, below: false, 1001);
        Assert.Single(agenda.Take(1030));
    }

    [Fact]
    public void Many_changes_are_collected_but_not_for_ever()
    {
        for (int i = 0; i < 1000; i++)
        {
            agenda.Add(Path(i), Stir.Settled, below: false, 1000 + i);
            if (i > 100) Assert.Empty(agenda.Take(1000 + i));
        }
        Assert.Equal(1000, agenda.Take(2100).Count);
        for (int i = 0; i < 1000; i++) agenda.Add(Path(i), Stir.Settled, below: false, 10_000 + i * 2);
        Assert.NotEmpty(agenda.Take(11_998));
    }

    [Fact]
    public void What_was_looked_at_in_vain_is_looked_at_less_and_less_often()
    {
        long before = 0;
        for (int attempt = 1; attempt < 20; attempt++)
        {
            agenda.Add(Path(1), Stir.Again, below: false, 0, attempt);
            Assert.InRange(agenda.Next!.Value, before, 30_000);
            before = agenda.Next!.Value;
            agenda.Take(before);
        }
        Assert.Equal(30_000, before);
    }
}
