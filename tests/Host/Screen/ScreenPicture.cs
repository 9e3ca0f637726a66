using System.Text;

namespace Vault.Host.Tests;

/// <summary>
/// A small terminal: from the bytes that a program writes to the cells that a person sees. It knows the sequences that a program of ours may use, and
/// refuses others: whatever else comes, somebody else's text has got through to the terminal. How wide a character is the C library says.
/// </summary>
sealed class ScreenPicture(int columns, int rows)
{
    readonly Decoder utf8 = new UTF8Encoding(false, throwOnInvalidBytes: true).GetDecoder();
    readonly StringBuilder sequence = new();
    string?[,] cells = Blank(columns, rows); // null: the second half of a wide character
    bool inSequence, wraps = true;
    char? highSurrogate;

    public int Row { get; private set; }
    public int Column { get; private set; }
    public int Dressings { get; private set; }
    public bool IsOnOwnScreen { get; private set; }
    public bool MarksPastes { get; private set; }

    int Columns => cells.GetLength(1);
    int Rows => cells.GetLength(0);

    public string Text => string.Join('\n', Enumerable.Range(0, Rows).Select(row =>
        string.Concat(Enumerable.Range(0, Columns).Select(column => cells[row, column] is { } cell ? cell.Length == 0 ? " " : cell : "")).TrimEnd()));

    /// <summary>As xterm does it: what is outside is gone.</summary>
    public void Resize(int columns, int rows)
    {
        string?[,] before = cells;
        cells = Blank(columns, rows);
        for (int row = 0; row < Math.Min(rows, before.GetLength(0)); row++)
            for (int column = 0; column < Math.Min(columns, before.GetLength(1)); column++) cells[row, column] = before[row, column];
        (Row, Column) = (Math.Min(Row, rows - 1), Math.Min(Column, columns - 1));
    }

    public void Draw(ReadOnlySpan<byte> bytes)
    {
        char[] chars = new char[utf8.GetCharCount(bytes, flush: false)];
        utf8.GetChars(bytes, chars, flush: false);
        foreach (char one in chars) Take(one);
    }

    void Take(char one)
    {
        if (inSequence)
        {
            sequence.Append(one);
            if (one is >= '@' and <= '~' && sequence.Length > 1) EndSequence();
            return;
        }
        switch (one)
        {
            case '\e': inSequence = true; sequence.Clear(); break;
            case '\r': Column = 0; break;
            case '\n': LineFeed(); break;
            case '\b': Column = Math.Max(0, Column - 1); break;
            case '\a': break;
            case < ' ' or '\x7f' or (>= '\x80' and <= '\x9f'): throw new InvalidOperationException($"a control character reached the terminal: {(int)one:x}");
            default: Put(one); break;
        }
    }

    void Put(char one)
    {
        if (char.IsHighSurrogate(one))
        {
            highSurrogate = one;
            return;
        }
        Rune rune = highSurrogate is { } high ? new Rune(high, one) : new Rune(one);
        highSurrogate = null;
        int width = WidthInC.Of(rune);
        if (width == 0)
        {
            int at = Column > 0 && cells[Row, Column - 1] is null ? Column - 2 : Column - 1;
            if (at >= 0) cells[Row, at] += rune.ToString();
            return;
        }
        if (Column + width > Columns)
        {
            if (!wraps) return;
            Column = 0;
            LineFeed();
        }
        cells[Row, Column] = rune.ToString();
        if (width == 2) cells[Row, Column + 1] = null;
        Column += width;
    }

    void LineFeed()
    {
        if (Row < Rows - 1)
        {
            Row++;
            return;
        }
        for (int row = 0; row < Rows; row++)
            for (int column = 0; column < Columns; column++) cells[row, column] = row < Rows - 1 ? cells[row + 1, column] : "";
    }

    void EndSequence()
    {
        inSequence = false;
        string whole = sequence.ToString();
        string arguments = whole[1..^1];
        if (whole[0] != '[') throw new InvalidOperationException($"an unknown sequence reached the terminal: ESC {whole}");
        switch (whole[^1], arguments)
        {
            case ('H', _):
                int[] place = [.. arguments.Split(';').Select(one => one.Length == 0 ? 1 : int.Parse(one, System.Globalization.CultureInfo.InvariantCulture))];
                (Row, Column) = (Math.Clamp(place[0] - 1, 0, Rows - 1), Math.Clamp(place.Length > 1 ? place[1] - 1 : 0, 0, Columns - 1));
                break;
            case ('J', "2"): Erase(0, 0, Rows); break;
            case ('K', "" or "0"): Erase(Row, Column, Row + 1); break;
            case ('m', _): Dressings++; break;
            case ('h' or 'l', "?1049"): IsOnOwnScreen = whole[^1] == 'h'; Erase(0, 0, Rows); break;
            case ('h' or 'l', "?7"): wraps = whole[^1] == 'h'; break;
            case ('h' or 'l', "?2004"): MarksPastes = whole[^1] == 'h'; break;
            case ('h' or 'l', "?25"): break;
            default: throw new InvalidOperationException($"an unknown sequence reached the terminal: ESC {whole}");
        }
    }

    static string?[,] Blank(int columns, int rows)
    {
        string?[,] blank = new string?[rows, columns];
        for (int row = 0; row < rows; row++)
            for (int column = 0; column < columns; column++) blank[row, column] = "";
        return blank;
    }

    void Erase(int row, int column, int endRow)
    {
        for (; row < endRow; row++, column = 0)
            for (; column < Columns; column++) cells[row, column] = "";
    }
}
