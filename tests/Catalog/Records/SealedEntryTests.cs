using System.Text;
using Vault.Blocks;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

public sealed class SealedEntryTests
{
    static readonly Entry file = new(VaultPath.Parse("a")!) { ContentKey = new ContentKey(Hash32.Of("key"u8)) };
    static readonly Entry plain = new(VaultPath.Parse("a")!);

    [Fact]
    public void What_was_written_is_read_again() => Seed.Check(2000, random =>
    {
        (RecordKind kind, Entry entry) = Some(random);
        byte[] bytes = SealedEntry.Encode(kind, entry);
        Assert.True(SealedEntry.IsPossibleSize(bytes.Length + SealedEntry.Overhead));
        Entry? read = SealedEntry.Decode(kind, bytes);
        Assert.Equal(entry, read);
        Assert.Equal(bytes, SealedEntry.Encode(kind, read!));
        foreach (RecordKind other in Enum.GetValues<RecordKind>())
            if (SealedEntry.Decode(other, bytes) is { } same) Assert.Equal(bytes, SealedEntry.Encode(other, same));
    });

    [Theory]
    [InlineData("", "nothing")]
    [InlineData("020002 01a4", "no path")]
    [InlineData("010001 61 010001 61", "a path twice")]
    [InlineData("010001 61 030008 0000000000000001 020002 01a4", "out of order")]
    [InlineData("010001 61 020002 0000", "a mode that says nothing")]
    [InlineData("010001 61 020002 1000", "more than permissions")]
    [InlineData("010001 61 020001 01", "a short mode")]
    [InlineData("010001 61 030008 0000000000000000", "a time that says nothing")]
    [InlineData("010001 61 040008 0000000000000001", "a folder with a size")]
    [InlineData("010001 61 060001 62", "a folder with a target")]
    [InlineData("010001 61 050020 0000000000000000000000000000000000000000000000000000000000000001", "a folder with content")]
    [InlineData("010000", "an empty path")]
    [InlineData("010002 2f61", "a path from the top")]
    [InlineData("010002 2e2e", "a path upwards")]
    [InlineData("010001 ff", "a path that is no text")]
    [InlineData("010002 61", "a field without its end")]
    [InlineData("010001 61 07", "a field without its length")]
    [InlineData("010001 61 070000", "no tags")]
    [InlineData("010001 61 070003 026261", "one tag", true)]
    [InlineData("010001 61 070001 00", "an empty tag")]
    [InlineData("010001 61 070004 0162 0161", "tags out of order")]
    [InlineData("010001 61 070004 0162 0162", "a tag twice")]
    [InlineData("010001 61 070002 010a", "a tag that speaks to terminals")]
    [InlineData("010001 61 080003 612062", "a type with a blank")]
    [InlineData("010001 61 090002 c3a9", "an application", true)]
    [InlineData("010001 61 090001 c3", "an application that is no text")]
    [InlineData("010001 61 0a0000", "no user")]
    [InlineData("010001 61 0b0000 0b0000", "an extension twice")]
    [InlineData("010001 61 0b0001 00 ff0000", "two extensions", true)]
    [InlineData("010001 61 00000001", "something after the end")]
    public void There_is_one_form_of_each_entry(string hex, string what, bool good = false)
    {
        byte[] bytes = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        Assert.True((SealedEntry.Decode(RecordKind.Folder, Padded(bytes)) != null) == good, what);
        Assert.Null(SealedEntry.Decode(RecordKind.Folder, bytes)); // unpadded
        Assert.Null(SealedEntry.Decode(RecordKind.Folder, [.. Padded(bytes), .. new byte[SealedEntry.Step]])); // padded too far
    }

    [Fact]
    public void An_entry_that_its_kind_cannot_have_is_not_written()
    {
        Entry link = plain with { Target = "b" };
        (RecordKind Kind, Entry Entry)[] bad =
        [
            (RecordKind.File, plain), (RecordKind.File, file with { Target = "b" }), (RecordKind.File, file with { Size = -1 }), (RecordKind.File, file with { Mode = 0x1000 }),
            (RecordKind.Folder, file), (RecordKind.Folder, link), (RecordKind.Symlink, plain), (RecordKind.Symlink, link with { Mode = 1 }), (RecordKind.Symlink, link with { Target = "" }),
            (RecordKind.Symlink, link with { Target = "a\0b" }), (RecordKind.Tombstone, file), (RecordKind.Tombstone, link), (RecordKind.Tombstone, plain with { Mode = 1 }),
            (RecordKind.Tombstone, plain with { ModifiedNs = 1 }), (RecordKind.File, file with { Tags = ["a\n"] }), (RecordKind.File, file with { Tags = [""] }),
            (RecordKind.File, file with { Mime = "text plain" }), (RecordKind.File, file with { User = "\u007f" }), (RecordKind.File, file with { Extensions = [new(10, new byte[1])] }),
            (RecordKind.File, file with { Extensions = [new(12, default), new(11, default)] }), (RecordKind.File, file with { Extensions = [new(12, new byte[EntryLimits.Extensions])] }),
            ((RecordKind)0, plain with { Target = "" }),
        ];
        Assert.All(bad, one => Assert.Throws<ArgumentException>(() => SealedEntry.Encode(one.Kind, one.Entry)));
    }

    [Fact]
    public void What_a_user_made_too_long_is_said_to_the_user()
    {
        Entry[] bad =
        [
            file with { Tags = [new string('x', 65)] }, file with { Tags = [.. Enumerable.Range(0, 33).Select(i => $"{i}")] }, file with { Mime = new string('x', 128) },
            file with { Application = new string('x', 65) }, file with { User = new string('é', 33) }, plain with { Target = new string('x', 4096) },
        ];
        Assert.All(bad, entry => Assert.Throws<LimitExceededException>(() => SealedEntry.Encode(entry.Target == null ? RecordKind.File : RecordKind.Symlink, entry)));
        Assert.Equal(["a", "b"], SealedEntry.Decode(RecordKind.File, SealedEntry.Encode(RecordKind.File, file with { Tags = ["b", "a", "b"] }))!.Tags);
    }

    [Fact]
    public void Paths_of_about_one_length_look_alike()
    {
        int[] lengths = [.. Enumerable.Range(1, 29).Select(length => SealedEntry.Encode(RecordKind.Folder, new Entry(VaultPath.Parse(new string('a', length))!)).Length).Distinct()];
        Assert.Equal([SealedEntry.Step], lengths);
    }

    [Fact]
    public void Any_bytes_are_read_only_if_they_would_be_written() => Seed.Check(LongRun.Cases(20_000, 1_000_000), random =>
    {
        (RecordKind kind, Entry entry) = Some(random);
        byte[] bytes = random.Below(10) == 0 ? new byte[32 * random.Below(5)] : SealedEntry.Encode(kind, entry);
        if (random.Below(20) == 0) random.Fill(bytes);
        for (int changes = random.Below(4); changes > 0 && bytes.Length > 0; changes--) bytes[random.Below(bytes.Length)] = (byte)(random.Below(2) == 0 ? random.Below(16) : random.Below(256));
        if (random.Below(4) == 0) bytes = bytes[..random.Below(bytes.Length + 1)];
        if (SealedEntry.Decode(kind, bytes) is { } read) Assert.Equal(bytes, SealedEntry.Encode(kind, read));
    });

    static byte[] Padded(byte[] bytes) => [.. bytes, .. new byte[(SealedEntry.Step - bytes.Length % SealedEntry.Step) % SealedEntry.Step]];

    static (RecordKind, Entry) Some(RandomSource random)
    {
        RecordKind kind = (RecordKind)(1 + random.Below(4));
        Entry entry = new(VaultPath.Parse(string.Join('/', Enumerable.Range(0, 1 + random.Below(3)).Select(_ => Text(40))))!);
        if (kind is RecordKind.File or RecordKind.Folder) entry = entry with { Mode = (ushort)random.Below(0x1000) };
        if (kind != RecordKind.Tombstone) entry = entry with { ModifiedNs = random.Below(3) == 0 ? 0 : (long)random.NextUInt64() };
        if (kind == RecordKind.File) entry = entry with { Size = random.Below(2) == 0 ? 0 : random.Below(int.MaxValue), ContentKey = new ContentKey(random.NextHash()) };
        if (kind == RecordKind.Symlink) entry = entry with { Target = "../" + Text(60) + "\n" };
        if (Coin()) entry = entry with { Tags = [.. Enumerable.Range(0, 1 + random.Below(5)).Select(_ => Text(10)).Distinct().OrderBy(Encoding.UTF8.GetBytes, Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b)))] };
        if (Coin()) entry = entry with { Mime = "text/plain" };
        if (Coin()) entry = entry with { Application = Text(20) };
        if (Coin()) entry = entry with { User = Text(20) };
        if (Coin()) entry = entry with { Extensions = [.. Enumerable.Range(0, 3).Select(i => new EntryExtension((byte)(11 + 80 * i + random.Below(80)), random.BytesUpTo(40)))] };
        return (kind, entry);

        bool Coin() => random.Below(3) == 0;
        string Text(int limit) => string.Concat(Enumerable.Range(0, 1 + random.Below(limit)).Select(_ => "abcdefghijklmnoé"[random.Below(16)]));
    }
}
