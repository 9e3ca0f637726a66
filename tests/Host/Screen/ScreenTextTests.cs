using System.Text;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Host.Tests;

public sealed class ScreenTextTests
{
    static readonly string[] words = ["a", "plain", "words", "漢字かな", "e\u0301tude", "한국어", "👍", "aVeryLongWordThatFitsOnNoRowOfANarrowTerminal", "ｆｕｌｌ", "—", "Привет"];

    [Theory]
    [InlineData("a", 1)]
    [InlineData("é", 1)]
    [InlineData("e\u0301", 1)]
    [InlineData("漢", 2)]
    [InlineData("👍", 2)]
    [InlineData("👍🏽", 2)]
    [InlineData("🇩🇪", 2)]
    [InlineData("ｱ", 1)]
    public void A_character_takes_the_cells_that_a_terminal_gives_it(string character, int width) => Assert.Equal(width, ScreenText.Width(character));

    [Fact]
    public void Widths_are_those_of_the_c_library()
    {
        // Letters of scripts that people write in; the two tables may be of different years.
        foreach ((int first, int last) in ((int, int)[])[(0x20, 0x7e), (0xa1, 0xac), (0xae, 0x2ff), (0x300, 0x36f), (0x391, 0x3ff), (0x410, 0x45f), (0x5d0, 0x5ea), (0x3041, 0x3096), (0x30a1, 0x30fa), (0x4e00, 0x9fa5), (0xac00, 0xd7a3), (0xff01, 0xff5e), (0xff66, 0xff9d)])
            for (int one = first; one <= last; one++)
                if (Rune.GetUnicodeCategory(new Rune(one)) != System.Globalization.UnicodeCategory.OtherNotAssigned) Assert.Equal((one, WidthInC.Of(new Rune(one))), (one, ScreenText.Width(new Rune(one).ToString())));
    }

    [Fact]
    public void Rows_are_never_wider_than_the_screen_and_nothing_is_lost() => Seed.Check(300, random =>
    {
        int width = 1 + random.Below(60), indent = random.Below(10);
        Run[] runs = [.. Enumerable.Range(0, 1 + random.Below(12)).Select(i => new Run(Words(random), i % 2 == 0 ? Look.Plain : Look.Bold))];
        IReadOnlyList<Row> rows = ScreenText.Wrap(runs, width, 0, indent);
        int widest = Math.Max(width, 2); // a wide character on a row of one cell has nowhere to go
        Assert.All(rows, row => Assert.InRange(ScreenText.WidthOf(row.Text), 0, widest));
        Assert.Equal(Letters(string.Concat(runs.Select(run => run.Text))), Letters(string.Concat(rows.Select(row => row.Text))));
    });

    [Fact]
    public void Words_stay_whole_where_they_can()
    {
        string[] rows = [.. ScreenText.Wrap([new Run("the quick brown fox")], 10, 0, 2).Select(row => row.Text.TrimEnd())];
        Assert.Equal(["the quick", "  brown", "  fox"], rows);
    }

    [Fact]
    public void What_is_cut_says_so() => Assert.Equal(("short", "漢…", ""), (ScreenText.Cut("short", 5), ScreenText.Cut("漢字", 3), ScreenText.Cut("x", 0)));

    [Theory]
    [InlineData("*yes* and **no**", "Italic:*yes*/Plain: and /Bold:**no**")]
    [InlineData("`code *x*` _so_", "Cyan:`code *x*`/Plain: /Italic:_so_")]
    [InlineData("2*3*4 a_b_c", "Plain:2*3*4 a_b_c")]
    [InlineData("* not* closed", "Plain:* not* closed")]
    public void Marked_text_looks_so_and_keeps_its_marks(string text, string expected) =>
        Assert.Equal(expected, string.Join('/', Markup.Lines(text)[0].Select(run => $"{run.Look}:{run.Text}")));

    [Fact]
    public void Nothing_that_was_written_is_left_out() => Seed.Check(300, random =>
    {
        const string alphabet = "ab *_`\n-#>1.\\";
        string text = string.Concat(Enumerable.Range(0, random.Below(60)).Select(_ => alphabet[random.Below(alphabet.Length)]));
        Assert.Equal(text, string.Join('\n', Markup.Lines(text).Select(line => string.Concat(line.Select(run => run.Text)))));
    });

    [Fact]
    public void What_would_act_on_a_terminal_is_shown_by_its_number() =>
        Assert.Equal("\\u{1b}[2J \\u{202e}txt.exe \\u{200b}", string.Concat(Markup.Lines("\e[2J \u202etxt.exe \u200b")[0].Select(run => run.Text)));

    static string Words(RandomSource random) => string.Concat(Enumerable.Range(0, 1 + random.Below(6)).Select(_ => words[random.Below(words.Length)] + (random.Below(3) > 0 ? " " : "")));

    static string Letters(string text) => text.Replace(" ", "", StringComparison.Ordinal);
}
