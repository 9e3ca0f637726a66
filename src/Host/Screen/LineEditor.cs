using System.Globalization;
using System.Text;

namespace Vault.Host;

/// <summary>
/// What is being written, before it is sent: text of one or more lines, a place in it, and what was sent before. It moves by what
/// a person takes for a character, and decides nothing about how it looks.
/// </summary>
/// <param name="most">So many bytes of UTF-8, and no more.</param>
sealed class LineEditor(int most)
{
    /// <summary>What was sent and can be had again.</summary>
    const int Remembered = 200;

    readonly List<string> history = [];
    int recalled; // history.Count: what is being written
    string draft = "";

    public string Text { get; private set; } = "";

    /// <summary>Where the next character goes: an index into <see cref="Text"/>.</summary>
    public int At { get; private set; }

    /// <summary>True for the key before, when it had no room.</summary>
    public bool WasRefused { get; private set; }

    /// <summary>The text that is to be sent; null as long as it is being written. Keys that are none of its own change nothing.</summary>
    public string? Take(Keystroke keystroke)
    {
        WasRefused = false;
        switch (keystroke.Key)
        {
            case Key.Text or Key.Paste: Insert(keystroke.Text); break;
            case Key.NewLine: Insert("\n"); break;
            case Key.Enter: return Enter();
            case Key.Backspace: Remove(Before(At), At); break;
            case Key.Delete: Remove(At, After(At)); break;
            case Key.Left: At = Before(At); break;
            case Key.Right: At = After(At); break;
            case Key.WordLeft: At = WordBefore(At); break;
            case Key.WordRight: At = WordAfter(At); break;
            case Key.Home: At = LineStart(At); break;
            case Key.End: At = LineEnd(At); break;
            case Key.Up: Up(); break;
            case Key.Down: Down(); break;
            case Key.EraseWord: Remove(WordBefore(At), At); break;
            case Key.EraseToStart: Remove(LineStart(At), At); break;
            case Key.EraseToEnd: Remove(At, LineEnd(At)); break;
        }
        return null;
    }

    /// <summary>Puts something in place of what is there: a message that couldn't be sent, for example.</summary>
    public void Replace(string text)
    {
        (Text, At) = (text, text.Length);
        recalled = history.Count;
    }

    public void Clear() => Replace("");

    void Insert(string text)
    {
        if (Encoding.UTF8.GetByteCount(Text) + Encoding.UTF8.GetByteCount(text) > most)
        {
            WasRefused = true;
            return;
        }
        Text = Text.Insert(At, text);
        At += text.Length;
    }

    void Remove(int from, int to)
    {
        Text = Text.Remove(from, to - from);
        At = from;
    }

    string? Enter()
    {
        if (At == Text.Length && Text.EndsWith('\\'))
        {
            Remove(At - 1, At);
            Insert("\n");
            return null;
        }
        string whole = Text;
        if (string.IsNullOrWhiteSpace(whole)) return null;
        history.Remove(whole);
        history.Add(whole);
        if (history.Count > Remembered) history.RemoveAt(0);
        Clear();
        return whole;
    }

    /// <summary>To the line above; on the first one, to what was sent before.</summary>
    void Up()
    {
        int start = LineStart(At);
        if (start > 0) At = Place(LineStart(start - 1), Text[start..At]);
        else if (recalled > 0)
        {
            if (recalled == history.Count) draft = Text;
            Recall(recalled - 1);
        }
    }

    void Down()
    {
        int end = LineEnd(At);
        if (end < Text.Length) At = Place(end + 1, Text[LineStart(At)..At]);
        else if (recalled < history.Count) Recall(recalled + 1);
    }

    void Recall(int which)
    {
        recalled = which;
        Text = which == history.Count ? draft : history[which];
        At = Text.Length;
    }

    /// <summary>As many characters into a line as there were before the place in the line that was left.</summary>
    int Place(int lineStart, string before)
    {
        int at = lineStart, end = LineEnd(lineStart);
        for (int left = new StringInfo(before).LengthInTextElements; left > 0 && at < end; left--) at = After(at);
        return at;
    }

    int LineStart(int at) => at == 0 ? 0 : Text.LastIndexOf('\n', at - 1) + 1;

    int LineEnd(int at) => Text.IndexOf('\n', at) is >= 0 and var end ? end : Text.Length;

    int After(int at) => at == Text.Length ? at : at + StringInfo.GetNextTextElementLength(Text, at);

    int Before(int at)
    {
        if (at == 0) return 0;
        int from = LineStart(at) is var start && start < at ? start : at - 1; // before the line is the line feed that ends the one above
        while (After(from) is var next && next < at) from = next;
        return from;
    }

    int WordBefore(int at)
    {
        while (at > 0 && char.IsWhiteSpace(Text[at - 1])) at--;
        while (at > 0 && !char.IsWhiteSpace(Text[at - 1])) at--;
        return at;
    }

    int WordAfter(int at)
    {
        while (at < Text.Length && char.IsWhiteSpace(Text[at])) at++;
        while (at < Text.Length && !char.IsWhiteSpace(Text[at])) at++;
        return at;
    }
}
