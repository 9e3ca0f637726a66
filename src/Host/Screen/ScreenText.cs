using System.Globalization;
using System.Text;
using Wcwidth;

namespace Vault.Host;

/// <summary>How text looks. Without colours nothing of it shows, so nothing may depend on it.</summary>
[Flags]
enum Look
{
    Plain = 0, Bold = 1, Dim = 2, Italic = 4, Reverse = 8,
    Red = 1 << 4, Green = 2 << 4, Yellow = 3 << 4, Blue = 4 << 4, Magenta = 5 << 4, Cyan = 6 << 4,
    Colours = 7 << 4,
}

/// <param name="Text">Harmless, and on one line.</param>
readonly record struct Run(string Text, Look Look = Look.Plain);

/// <summary>One row of a screen, no wider than it.</summary>
sealed record Row(IReadOnlyList<Run> Runs)
{
    public static Row Of(string text, Look look = Look.Plain) => new([new Run(text, look)]);

    public string Text => string.Concat(Runs.Select(run => run.Text));

    public bool IsSame(Row other) => Runs.SequenceEqual(other.Runs);
}

/// <summary>Text in the cells of a terminal: what a person takes for a character may need none, one or two of them.</summary>
static class ScreenText
{
    /// <summary>Cells that one character takes. Of several code points the first counts, and marks and joiners that follow need nothing.</summary>
    public static int Width(ReadOnlySpan<char> character)
    {
        if (character.Length == 1 && character[0] is >= ' ' and <= '~') return 1;
        int width = 0;
        foreach (Rune rune in character.EnumerateRunes()) width += Math.Max(0, UnicodeCalculator.GetWidth(rune));
        return Math.Min(2, width);
    }

    public static int WidthOf(string text)
    {
        int width = 0;
        for (int at = 0, length; at < text.Length; at += length)
        {
            length = StringInfo.GetNextTextElementLength(text, at);
            width += Width(text.AsSpan(at, length));
        }
        return width;
    }

    /// <summary>As much of a text as fits, with an ellipsis where something is left out.</summary>
    public static string Cut(string text, int width)
    {
        if (width <= 0) return "";
        if (WidthOf(text) <= width) return text;
        int used = 0, at = 0;
        while (at < text.Length)
        {
            int length = StringInfo.GetNextTextElementLength(text, at), wide = Width(text.AsSpan(at, length));
            if (used + wide > width - 1) break;
            used += wide;
            at += length;
        }
        return text[..at] + "…";
    }

    /// <summary>Breaks text into rows, at spaces where there are some. Rows after the first are set in.</summary>
    /// <param name="first">How much of the first row is taken already.</param>
    public static List<Row> Wrap(IReadOnlyList<Run> runs, int width, int first, int indent)
    {
        Wrapping wrapping = new(Math.Max(1, width), indent * 2 >= width ? 0 : indent, first);
        foreach (Run run in runs) wrapping.Add(run);
        return wrapping.End();
    }

    sealed class Wrapping(int width, int indent, int first)
    {
        readonly List<Row> rows = [];
        readonly List<Run> row = [];
        readonly List<(string Character, Look Look, int Width)> word = []; // a word may have several looks
        readonly StringBuilder text = new();
        Look look;
        int used = first, wordWidth;

        bool IsBegun => used > (rows.Count == 0 ? 0 : indent);

        public void Add(Run run)
        {
            for (int at = 0, length; at < run.Text.Length; at += length)
            {
                length = StringInfo.GetNextTextElementLength(run.Text, at);
                string character = run.Text.Substring(at, length);
                int wide = Width(character);
                if (character == " ")
                {
                    EndWord();
                    if (used < width) Append(character, run.Look, 1); // at the end of a row it isn't missed
                }
                else
                {
                    word.Add((character, run.Look, wide));
                    wordWidth += wide;
                }
            }
        }

        void EndWord()
        {
            // What fits on no row begins where it stands, and is broken wherever a row ends.
            if (used + wordWidth > width && wordWidth <= width - indent && IsBegun) NextRow();
            foreach ((string character, Look of, int wide) in word)
            {
                if (used + wide > width && IsBegun) NextRow();
                Append(character, of, wide);
            }
            word.Clear();
            wordWidth = 0;
        }

        void Append(string character, Look of, int wide)
        {
            if (of != look) EndRun();
            look = of;
            text.Append(character);
            used += wide;
        }

        void EndRun()
        {
            if (text.Length > 0) row.Add(new Run(text.ToString(), look));
            text.Clear();
        }

        void NextRow()
        {
            EndRun();
            rows.Add(new Row([.. row]));
            row.Clear();
            if (indent > 0) row.Add(new Run(new string(' ', indent)));
            used = indent;
        }

        public List<Row> End()
        {
            EndWord();
            EndRun();
            rows.Add(new Row([.. row]));
            return rows;
        }
    }
}
