using System.Text;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Host.Tests;

public sealed class KeystrokeReaderTests
{
    static Keystroke[] Read(string typed) => [.. new KeystrokeReader().Read(Encoding.UTF8.GetBytes(typed))];

    [Theory]
    [InlineData("\r", nameof(Key.Enter))]
    [InlineData("\e\r", nameof(Key.NewLine))]
    [InlineData("\x7f", nameof(Key.Backspace))]
    [InlineData("\e[A", nameof(Key.Up))]
    [InlineData("\eOB", nameof(Key.Down))]
    [InlineData("\e[1;5C", nameof(Key.WordRight))]
    [InlineData("\e[3~", nameof(Key.Delete))]
    [InlineData("\e[5~", nameof(Key.PageUp))]
    [InlineData("\x01", nameof(Key.Home))]
    [InlineData("\x03", nameof(Key.Interrupt))]
    public void A_key_is_known_by_what_it_sends(string sent, string key) => Assert.Equal([new Keystroke(Enum.Parse<Key>(key))], Read(sent));

    [Fact]
    public void Text_and_keys_stay_in_their_order() =>
        Assert.Equal([new(Key.Text, "añ漢"), new(Key.Left), new(Key.Text, "b"), new(Key.Enter)], Read("añ漢\e[Db\r"));

    [Fact]
    public void A_paste_is_one_text_whose_lines_send_nothing() =>
        Assert.Equal([new(Key.Text, "x"), new(Key.Paste, "one\ntwo\ttabs"), new(Key.Enter)], Read("x\e[200~one\rtwo\ttabs\x07\e[201~\r"));

    [Fact]
    public void A_paste_without_end_takes_no_more_than_its_bound_and_still_ends()
    {
        KeystrokeReader reader = new();
        Assert.Empty(reader.Read(Encoding.ASCII.GetBytes("\e[200~" + new string('a', 1 << 20))));
        Keystroke pasted = Assert.Single(reader.Read("\e[201~"u8));
        Assert.Equal((Key.Paste, 64 << 10), (pasted.Key, pasted.Text.Length));
    }

    [Fact]
    public void What_no_key_sends_does_nothing() => Assert.Equal([new(Key.Text, "a"), new(Key.Text, "b")], Read("a\e[999;999Zb"));

    [Fact]
    public void Pieces_make_the_same_keys_as_the_whole() => Seed.Check(200, random =>
    {
        string[] parts = ["a", "é", "漢", "👍", "\r", "\e[A", "\e[1;5D", "\e[200~x\ry\e[201~", "\eOH", "\x7f", "\e\r", "\e[3~"];
        byte[] typed = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 12).Select(_ => parts[random.Below(parts.Length)])));
        KeystrokeReader whole = new(), pieces = new();
        List<Keystroke> got = [];
        for (int at = 0; at < typed.Length;)
        {
            int length = Math.Min(1 + random.Below(4), typed.Length - at);
            got.AddRange(pieces.Read(typed.AsSpan(at, length)));
            at += length;
        }
        Assert.Equal(Joined(whole.Read(typed)), Joined(got));
    });

    // Text that comes in pieces is typed in pieces.
    static List<Keystroke> Joined(IEnumerable<Keystroke> keys)
    {
        List<Keystroke> joined = [];
        foreach (Keystroke key in keys)
            if (key.Key == Key.Text && joined is [.., { Key: Key.Text } last]) joined[^1] = new Keystroke(Key.Text, last.Text + key.Text);
            else joined.Add(key);
        return joined;
    }
}
