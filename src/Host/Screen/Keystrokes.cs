using System.Text;

namespace Vault.Host;

/// <summary>What a key means to a line editor and to a list that can be scrolled.</summary>
enum Key
{
    Text, Paste, Enter, NewLine, Backspace, Delete, Left, Right, WordLeft, WordRight, Up, Down, Home, End, PageUp, PageDown,
    EraseWord, EraseToStart, EraseToEnd, Interrupt, EndOfInput, Redraw, Suspend,
}

/// <param name="Text">Of Text and Paste; lines of it end with a line feed.</param>
readonly record struct Keystroke(Key Key, string Text = "");

/// <summary>
/// From the bytes that a terminal in raw mode sends to keys. A sequence may come in any pieces. What isn't known is passed over:
/// a key that does nothing is better than one that types rubbish.
/// </summary>
sealed class KeystrokeReader
{
    /// <summary>Longer than any sequence a keyboard makes.</summary>
    const int LongestSequence = 32;

    /// <summary>More than a message holds; the rest of a paste is dropped unread.</summary>
    const int LongestPaste = 64 << 10;

    const string PasteBegins = "200~", PasteEnds = "\e[201~";

    readonly Decoder utf8 = new UTF8Encoding().GetDecoder();
    readonly StringBuilder text = new(), sequence = new(), paste = new();
    State state;

    enum State { Plain, Escape, Sequence, Function, Paste }

    public IReadOnlyList<Keystroke> Read(ReadOnlySpan<byte> bytes)
    {
        List<Keystroke> keys = [];
        char[] chars = new char[utf8.GetCharCount(bytes, flush: false)];
        utf8.GetChars(bytes, chars, flush: false);
        foreach (char one in chars) Take(one, keys);
        GiveText(keys);
        return keys;
    }

    void Take(char one, List<Keystroke> keys)
    {
        switch (state)
        {
            case State.Plain: TakePlain(one, keys); break;
            case State.Escape: TakeEscape(one, keys); break;
            case State.Function:
                Give(Cursor(one), keys);
                state = State.Plain;
                break;
            case State.Sequence: TakeSequence(one, keys); break;
            case State.Paste: TakePaste(one, keys); break;
        }
    }

    void TakePlain(char one, List<Keystroke> keys)
    {
        if (one == '\e') state = State.Escape;
        else if (char.IsControl(one)) Give(Control(one), keys);
        else text.Append(one);
    }

    void TakeEscape(char one, List<Keystroke> keys)
    {
        state = State.Plain;
        switch (one)
        {
            case '[': state = State.Sequence; sequence.Clear(); break;
            case 'O': state = State.Function; break;
            case '\r' or '\n': Give(Key.NewLine, keys); break;
            case '\x7f': Give(Key.EraseWord, keys); break;
            case 'b': Give(Key.WordLeft, keys); break;
            case 'f': Give(Key.WordRight, keys); break;
            default: TakePlain(one, keys); break; // Esc, and then something
        }
    }

    void TakeSequence(char one, List<Keystroke> keys)
    {
        sequence.Append(one);
        if (one is < '@' or > '~')
        {
            if (sequence.Length >= LongestSequence || char.IsControl(one)) state = State.Plain;
            return;
        }
        state = State.Plain;
        string whole = sequence.ToString();
        if (whole == PasteBegins)
        {
            GiveText(keys);
            state = State.Paste;
            paste.Clear();
            return;
        }
        Give(Named(whole), keys);
    }

    void TakePaste(char one, List<Keystroke> keys)
    {
        if (paste.Length < LongestPaste + PasteEnds.Length) paste.Append(one);
        else paste.Remove(LongestPaste, 1).Append(one); // the end must be recognised all the same
        if (one != '~' || !EndsPaste()) return;
        paste.Length -= PasteEnds.Length;
        state = State.Plain;
        keys.Add(new Keystroke(Key.Paste, Clean(paste.ToString())));
        paste.Clear();
    }

    bool EndsPaste()
    {
        if (paste.Length < PasteEnds.Length) return false;
        for (int i = 0; i < PasteEnds.Length; i++)
            if (paste[paste.Length - PasteEnds.Length + i] != PasteEnds[i]) return false;
        return true;
    }

    /// <summary>A terminal sends the lines of a paste with carriage returns; other control characters have nothing to do in a message.</summary>
    static string Clean(string pasted) =>
        string.Concat(pasted.ReplaceLineEndings("\n").Where(one => one is '\n' or '\t' || !char.IsControl(one)));

    static Key? Control(char one) => one switch
    {
        '\r' or '\n' => Key.Enter,
        '\b' or '\x7f' => Key.Backspace,
        '\x01' => Key.Home,
        '\x02' => Key.Left,
        '\x03' => Key.Interrupt,
        '\x04' => Key.EndOfInput,
        '\x05' => Key.End,
        '\x06' => Key.Right,
        '\x0b' => Key.EraseToEnd,
        '\x0c' => Key.Redraw,
        '\x0e' => Key.Down,
        '\x10' => Key.Up,
        '\x15' => Key.EraseToStart,
        '\x17' => Key.EraseWord,
        '\x1a' => Key.Suspend,
        _ => null,
    };

    static Key? Cursor(char last) => last switch
    {
        'A' => Key.Up,
        'B' => Key.Down,
        'C' => Key.Right,
        'D' => Key.Left,
        'H' => Key.Home,
        'F' => Key.End,
        'M' => Key.Enter, // of the keypad
        _ => null,
    };

    static Key? Named(string sequence) => sequence switch
    {
        "1~" or "7~" => Key.Home,
        "4~" or "8~" => Key.End,
        "3~" => Key.Delete,
        "5~" => Key.PageUp,
        "6~" => Key.PageDown,
        "13;2u" or "13;3u" or "27;2;13~" or "27;3;13~" => Key.NewLine, // Shift- and Alt-Enter where the terminal tells them apart
        "1;5C" or "1;3C" => Key.WordRight,
        "1;5D" or "1;3D" => Key.WordLeft,
        [var last] => Cursor(last),
        _ => null,
    };

    void Give(Key? key, List<Keystroke> keys)
    {
        GiveText(keys);
        if (key is { } known) keys.Add(new Keystroke(known));
    }

    void GiveText(List<Keystroke> keys)
    {
        if (text.Length == 0) return;
        keys.Add(new Keystroke(Key.Text, text.ToString()));
        text.Clear();
    }
}
