namespace Vault.Host;

/// <summary>
/// The part of Markdown that messages have: *emphasis* or _emphasis_, **strong**, `code`, and lines between ``` as they are. What marks it stays in
/// sight: nothing that somebody wrote is ever left out, and without colours it reads as it was typed.
/// </summary>
static class Markup
{
    const string Fence = "```";

    /// <summary>A message's lines, each as it looks. Whatever would act on a terminal is shown by its number.</summary>
    public static IReadOnlyList<IReadOnlyList<Run>> Lines(string text)
    {
        List<IReadOnlyList<Run>> lines = [];
        bool fenced = false;
        foreach (string line in text.ReplaceLineEndings("\n").Split('\n'))
        {
            string shown = Harmless.Text(line.Replace("\t", "    ", StringComparison.Ordinal));
            bool fence = shown.StartsWith(Fence, StringComparison.Ordinal);
            lines.Add(fence || fenced ? [new Run(shown, Look.Cyan)] : Dressed(shown));
            if (fence) fenced = !fenced;
        }
        return lines;
    }

    static List<Run> Dressed(string line)
    {
        List<Run> runs = [];
        int plain = 0;
        for (int at = 0; at < line.Length;)
        {
            if (Marked(line, at) is not (var end, var look))
            {
                at++;
                continue;
            }
            if (at > plain) runs.Add(new Run(line[plain..at]));
            runs.Add(new Run(line[at..end], look));
            plain = at = end;
        }
        if (plain < line.Length || runs.Count == 0) runs.Add(new Run(line[plain..]));
        return runs;
    }

    /// <summary>Where what begins here ends; null when nothing does. A mark stands at the edge of a word: 2*3*4 and a_b_c are none.</summary>
    static (int End, Look Look)? Marked(string line, int at)
    {
        (string mark, Look look) = line[at] switch
        {
            '`' => ("`", Look.Cyan),
            '*' when at + 1 < line.Length && line[at + 1] == '*' => ("**", Look.Bold),
            '*' => ("*", Look.Italic),
            '_' => ("_", Look.Italic),
            _ => ("", Look.Plain),
        };
        if (mark.Length == 0 || (at > 0 && char.IsLetterOrDigit(line[at - 1]))) return null;
        int begins = at + mark.Length, closes = begins < line.Length ? line.IndexOf(mark, begins + 1, StringComparison.Ordinal) : -1;
        if (closes < 0 || char.IsWhiteSpace(line[begins]) || char.IsWhiteSpace(line[closes - 1])) return null;
        int end = closes + mark.Length;
        return end < line.Length && char.IsLetterOrDigit(line[end]) ? null : (end, look);
    }
}
