using System.Text;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

public sealed class VaultPathTests
{
    public static TheoryData<string, PathFault> Corpus => new()
    {
        { "a", PathFault.None },
        { "dir/file.txt", PathFault.None },
        { ".hidden/..data/...", PathFault.None },
        { " leading and trailing ", PathFault.None },
        { "CON", PathFault.None }, // Windows has its own rules, which are no business of the catalog
        { "a:b*c?\"<>|", PathFault.None },
        { "trailing./dot.", PathFault.None },
        { "~1", PathFault.None },
        { "\u200c\u202e\ufeff", PathFault.None }, // ignorable and turning: shown with care, but bytes like others
        { "e\u0301", PathFault.None }, // not normalised: the author's duty, not the catalog's rule
        { "\U0001F600/\uFFFD/\uE000", PathFault.None },
        { "\u0085\u2028", PathFault.None }, // controls beyond ASCII would take a table
        { "", PathFault.Empty },
        { "/", PathFault.EmptyComponent },
        { "/a", PathFault.EmptyComponent },
        { "a/", PathFault.EmptyComponent },
        { "a//b", PathFault.EmptyComponent },
        { ".", PathFault.DotComponent },
        { "..", PathFault.DotComponent },
        { "a/../b", PathFault.DotComponent },
        { "a/.", PathFault.DotComponent },
        { "a\\b", PathFault.Backslash },
        { "..\\..\\x", PathFault.Backslash },
        { "a\nb", PathFault.ControlCharacter },
        { "a\0", PathFault.ControlCharacter },
        { "\u001b[2J", PathFault.ControlCharacter },
        { "a\u007f", PathFault.ControlCharacter },
    };

    [Theory]
    [MemberData(nameof(Corpus))]
    public void Paths_pass_or_break_the_rule(string text, PathFault fault)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        Assert.Equal(fault, VaultPath.FaultIn(utf8));
        Assert.Equal(fault == PathFault.None ? text : null, VaultPath.Parse(text)?.Text);
        Assert.Equal(VaultPath.Parse(text), VaultPath.Parse(utf8));
    }

    [Theory]
    [InlineData("c080")] // a zero in two bytes
    [InlineData("c0af")] // a slash in two
    [InlineData("e0809f")]
    [InlineData("eda080")] // half a surrogate pair
    [InlineData("edbfbf")]
    [InlineData("f4908080")] // beyond the last character
    [InlineData("ff")]
    [InlineData("6180")]
    [InlineData("c3")]
    [InlineData("e282")]
    public void Bytes_that_are_no_UTF8_are_no_path(string hex) => Assert.Equal(PathFault.NotUtf8, VaultPath.FaultIn(Convert.FromHexString(hex)));

    [Fact]
    public void Half_a_surrogate_pair_is_no_path() => Assert.All((string[])["\ud800", "a/\udc00/b", "\udc00\ud800"], text => Assert.Null(VaultPath.Parse(text)));

    [Fact]
    public void The_limits_are_counted_in_bytes()
    {
        Assert.Equal(PathFault.None, Fault(new string('a', 255)));
        Assert.Equal(PathFault.ComponentTooLong, Fault(new string('a', 256)));
        Assert.Equal(PathFault.None, Fault(new string('é', 127) + "x"));
        Assert.Equal(PathFault.ComponentTooLong, Fault(new string('é', 128)));
        Assert.Equal(PathFault.None, Fault(string.Join('/', Enumerable.Repeat("a", 128))));
        Assert.Equal(PathFault.TooDeep, Fault(string.Join('/', Enumerable.Repeat("a", 129))));
        string full = string.Join('/', Enumerable.Repeat(new string('a', 255), 16));
        Assert.Equal(PathFault.None, Fault(full)); // 4,095
        Assert.Equal(PathFault.None, Fault("b" + full[1..]));
        Assert.Equal(PathFault.TooLong, Fault(full + "/a"));
        Assert.NotNull(VaultPath.Parse(full));
        Assert.Null(VaultPath.Parse(full + "/a"));
        Assert.Null(VaultPath.Parse(new string('€', 2000))); // fewer characters than bytes are possible

        static PathFault Fault(string text) => VaultPath.FaultIn(Encoding.UTF8.GetBytes(text));
    }

    [Fact]
    public void Order_is_that_of_the_bytes_with_folders_before_what_follows_them() => Seed.Check(2000, random =>
    {
        VaultPath[] paths = [.. Enumerable.Range(0, 20).Select(_ => Some(random))];
        VaultPath[] expected = [.. paths.OrderBy(Key, Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b)))];
        Assert.Equal(expected, paths.Order());
        Assert.Equal(expected, paths.OrderBy(path => path.ToUtf8(), Comparer<byte[]>.Create((a, b) => VaultPath.Compare(a, b))));

        static byte[] Key(VaultPath path) => [.. path.ToUtf8().Select(value => value == '/' ? (byte)0 : value)];
    });

    [Fact]
    public void A_path_knows_its_folders()
    {
        VaultPath path = VaultPath.Parse("a/b/c.txt")!;
        Assert.Equal(("c.txt", "a/b"), (path.Name, path.Parent!.Text));
        Assert.Equal(["a", "a/b"], path.Ancestors.Select(folder => folder.Text));
        Assert.Null(path.Parent!.Parent!.Parent);
        Assert.True(path.IsUnder(path.Parent!));
        Assert.False(path.IsUnder(path));
        Assert.False(VaultPath.Parse("a/bc")!.IsUnder(path.Parent!));
        Assert.Equal(path, path.Parent!.Child("c.txt"));
        foreach (string bad in (string[])["", ".", "..", "x/y", "\n"]) Assert.Null(path.Child(bad));
    }

    [Fact]
    public void Any_bytes_are_judged_and_what_passes_comes_back_the_same() => Seed.Check(LongRun.Cases(20_000, 1_000_000), random =>
    {
        byte[] bytes = random.BytesUpTo(12);
        if (random.Below(2) == 0)
            for (int i = 0; i < bytes.Length; i++) bytes[i] = "/.\\a\u007f\n~é"u8[random.Below(9)];
        VaultPath? path = VaultPath.Parse(bytes);
        Assert.Equal(path != null, VaultPath.FaultIn(bytes) == PathFault.None);
        if (path == null) return;
        Assert.Equal(bytes, path.ToUtf8());
        Assert.Equal(path, VaultPath.Parse(path.Text));
        Assert.All(path.Components, component => Assert.True(component is not ("" or "." or "..")));
    });

    static VaultPath Some(RandomSource random)
    {
        while (true)
        {
            string[] letters = ["a", "b", "/", "/", ".", "-", "~", "é", "\uFFFD", "\uE000", "\U0001F600", "\uD7FF"];
            string text = string.Concat(Enumerable.Range(0, 1 + random.Below(6)).Select(_ => letters[random.Below(letters.Length)]));
            if (VaultPath.Parse(text) is { } path) return path;
        }
    }
}
