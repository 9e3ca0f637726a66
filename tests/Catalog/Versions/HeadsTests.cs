using System.Text;
using Vault.Identity;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

public sealed class HeadsTests : IDisposable
{
    readonly Writers writers = new(RandomSource.Seeded(6), 4);
    static readonly VaultPath path = VaultPath.Parse("dir/name.txt")!;

    VersionVector At(int device, int time) => VersionVector.Empty.With(writers.Ids[device], writers.At(time));

    Heads Of(params FileRecord[] records) => Heads.Of(records.Select(record => new Head(record, writers.Sealer.Open(record))));

    [Fact]
    public void An_edit_outlives_a_deletion_however_late()
    {
        Heads heads = Of(writers.Delete(0, path.Text, At(0, 100)), writers.Write(1, path.Text, At(1, 1)));
        Assert.Equal(RecordKind.File, heads.Winner.Record.Kind);
        Assert.Equal((false, false, true), (heads.IsDeleted, heads.IsConflict, heads.WasDeletedToo));
        Assert.True(Of(writers.Delete(0, path.Text, At(0, 100)), writers.Delete(1, path.Text, At(1, 1))).IsDeleted);
    }

    [Fact]
    public void The_later_wins_and_at_one_time_the_larger_leaf()
    {
        FileRecord early = writers.Write(0, path.Text, At(0, 1), "early"), late = writers.Write(1, path.Text, At(1, 2), "late"), same = writers.Write(2, path.Text, At(2, 2), "same");
        Assert.Equal(late, Of(early, late).Winner.Record);
        Assert.Equal(late.Leaf.CompareTo(same.Leaf) > 0 ? late : same, Of(early, same, late).Winner.Record);
        Assert.Equal(2, Of(early, same, late).Losers.Count);
    }

    [Fact]
    public void The_same_content_and_mode_is_no_conflict_and_another_mode_is()
    {
        Assert.False(Of(writers.Write(0, path.Text, At(0, 1)), writers.Write(1, path.Text, At(1, 2))).IsConflict);
        Assert.True(Of(writers.Write(0, path.Text, At(0, 1)), writers.Write(1, path.Text, At(1, 2), mode: 0x1FF)).IsConflict);
        Heads three = Of(writers.Write(0, path.Text, At(0, 1), "x"), writers.Write(1, path.Text, At(1, 2), "x"), writers.Write(2, path.Text, At(2, 3), "y"));
        Assert.Equal("1 loser", $"{three.Losers.Count} loser"); // x once
    }

    [Fact]
    public void Everyone_shows_the_same_under_the_same_names() => Seed.Check(200, random =>
    {
        FileRecord[] records = [.. Enumerable.Range(0, 4).Select(device => random.Below(4) == 0
            ? writers.Delete(device, path.Text, At(device, 1 + random.Below(3)))
            : writers.Write(device, path.Text, At(device, 1 + random.Below(3)), $"{random.Below(3)}"))];
        string[] shown = Shown(records), other = Shown([.. records.OrderBy(_ => random.NextUInt64())]);
        Assert.Equal(shown, other);
        Assert.Equal(shown.Length, shown.Distinct().Count());

        string[] Shown(FileRecord[] order) => [.. Of(order).Shown(path, isFolder: false).Select(one => $"{one.Path} {one.Head.Record.Leaf}")];
    });

    [Fact]
    public void A_folder_keeps_its_name_and_a_file_in_its_way_gets_another()
    {
        FileRecord file = writers.Write(0, path.Text, At(0, 5));
        FileRecord folder = writers.Sealer.Seal(writers.Devices[1], RecordKind.Folder, new Entry(path) { Mode = 0x1FF }, At(1, 1));
        string name = Heads.ConflictName(path, file)!.Text;
        Assert.Equal([path.Text, name], Of(file, folder).Shown(path, isFolder: false).Select(one => one.Path.Text));
        Assert.Equal([name], Of(file).Shown(path, isFolder: true).Select(one => one.Path.Text));
        Assert.Equal([path.Text], Of(folder).Shown(path, isFolder: true).Select(one => one.Path.Text));
        Assert.Empty(Of(writers.Delete(0, path.Text, At(0, 5))).Shown(path, isFolder: true));
    }

    [Fact]
    public void What_can_be_opened_is_shown_before_what_cannot()
    {
        FileRecord good = writers.Write(0, path.Text, At(0, 1)), bad = writers.Write(1, path.Text, At(1, 2), "other");
        Heads heads = Heads.Of([new Head(bad, null), new Head(good, writers.Sealer.Open(good))]);
        Assert.Equal(good, heads.Winner.Record);
        Assert.True(heads is { IsConflict: true, IsUnreadable: false });
        Assert.Equal([path], heads.Shown(path, false).Select(one => one.Path));
        Assert.True(Heads.Of([new Head(bad, null)]).IsUnreadable);
    }

    [Theory]
    [InlineData("name.txt", "name (conflict 20300101T000001Z {0}).txt")]
    [InlineData("dir/archive.tar.gz", "dir/archive.tar (conflict 20300101T000001Z {0}).gz")]
    [InlineData("Makefile", "Makefile (conflict 20300101T000001Z {0})")]
    [InlineData("a.b/c", "a.b/c (conflict 20300101T000001Z {0})")]
    [InlineData(".bashrc", ".bashrc (conflict 20300101T000001Z {0})")]
    [InlineData("what. is this you may ask, and rightly so, dear reader", "what. is this you may ask, and rightly so, dear reader (conflict 20300101T000001Z {0})")]
    public void Names_say_when_by_whom_and_which(string name, string expected)
    {
        FileRecord record = writers.Write(0, name, At(0, 1000));
        string which = $"{writers.Ids[0].ToString()[..8]} {record.Leaf.Digest.ToString()[..8]}";
        Assert.Equal(expected.Replace("{0}", which, StringComparison.Ordinal), Heads.ConflictName(VaultPath.Parse(name)!, record)!.Text);
    }

    [Fact]
    public void A_name_that_gets_too_long_loses_its_end_between_two_characters()
    {
        foreach (string letter in (string[])["a", "é", "€", "\U0001F600"])
        {
            string name = string.Concat(Enumerable.Repeat(letter, 255 / Encoding.UTF8.GetByteCount(letter) - 1));
            VaultPath? conflict = Heads.ConflictName(VaultPath.Parse(name)!, writers.Write(0, name, At(0, 1)));
            Assert.NotNull(conflict);
            Assert.InRange(Encoding.UTF8.GetByteCount(conflict.Text), 252, 255);
            Assert.StartsWith(letter, conflict.Text, StringComparison.Ordinal);
        }
        string deep = string.Join('/', Enumerable.Repeat(new string('a', 255), 15)) + "/" + new string('b', 254);
        Assert.Null(Heads.ConflictName(VaultPath.Parse(deep + "/c")!, writers.Write(0, deep + "/c", At(0, 1)))!);
        Assert.Equal(255 * 15 + 15 + 255, Encoding.UTF8.GetByteCount(Heads.ConflictName(VaultPath.Parse(deep)!, writers.Write(0, deep, At(0, 1)))!.Text));
    }

    public void Dispose() => writers.Dispose();
}
