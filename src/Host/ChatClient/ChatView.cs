using System.Globalization;

namespace Vault.Host;

// ChatClient: the chat at a screen of its own. ChatView.cs is what a person sees, as a machine without a terminal, a store or a clock; ChatWords.cs
// turns what is typed after a slash into what is meant; ChatLink.cs is the way to the messages, with a daemon and without; ChatClient.cs drives them
// on a terminal, and LineClient.cs where there are only lines.

/// <summary>One room on a screen: messages above, a line that says how things stand, and what is being written below.</summary>
sealed class ChatView(string vault, string room, string self, TimeZoneInfo zone)
{
    /// <summary>Messages held for the screen; older ones are in the log.</summary>
    public const int MostLines = 5000;

    /// <summary>What the program itself has said; older notes go.</summary>
    const int MostNotes = 200;

    const int LeastHeight = 3, MostWriting = 10, Indent = 6;

    static readonly Look[] colours = [Look.Cyan, Look.Green, Look.Yellow, Look.Blue, Look.Magenta];

    readonly List<ChatShown> lines = [];
    readonly List<(DateTimeOffset At, string Text, Look Look)> notes = [];
    readonly Dictionary<string, string> devices = new(StringComparer.Ordinal); // by peer id, the names they were seen with
    string? readTo; // what was read before this room was opened
    bool readToKnown, scrolledUp;
    int above; // rows between the newest and the lowest that is shown

    public LineEditor Editor { get; } = new(Vault.Chat.ChatLimits.Text);

    public string Room => room;

    /// <summary>Whether messages are shown with the beginning of their ids, by which they can be answered.</summary>
    public bool ShowsIds { get; set; }

    /// <summary>What is on the line between messages and writing, behind vault and room.</summary>
    public string Status { get; set; } = "";

    /// <summary>The newest message of the room, if a person at the screen has it before him.</summary>
    public ChatShown? Seen => scrolledUp || lines.Count == 0 ? null : lines[^1];

    public int Count => lines.Count;

    public IReadOnlyList<ChatShown> Lines => lines;

    /// <summary>How the room ended when it was last read; what others have said since is marked as new.</summary>
    public void Begin(string? lastRead) => (readTo, readToKnown) = (lastRead, true);

    /// <summary>The room's latest messages in their order, as they stand now.</summary>
    public void Show(IReadOnlyList<ChatShown> latest)
    {
        lines.Clear();
        lines.AddRange(latest.Where(line => line.IsLine).TakeLast(MostLines));
        foreach (ChatShown line in lines) Meet(line);
    }

    /// <summary>Something that was said just now. False when it needs the whole list to find its place.</summary>
    public bool Add(ChatShown said)
    {
        Meet(said);
        if (!said.IsLine) return false;
        int known = lines.FindLastIndex(line => line.Id == said.Id);
        if (known >= 0) lines[known] = said;
        else if (lines.Count == 0 || said.Time > lines[^1].Time) lines.Add(said);
        else return false;
        if (lines.Count > MostLines) lines.RemoveAt(0);
        return true;
    }

    /// <summary>The program says something, in the place where the conversation is.</summary>
    public void Note(DateTimeOffset at, string text, Look look = Look.Dim)
    {
        notes.Add((at, text, look));
        if (notes.Count > MostNotes) notes.RemoveAt(0);
        above = 0;
        scrolledUp = false;
    }

    /// <summary>What is new is new no longer: the person has said something himself.</summary>
    public void Answered()
    {
        readToKnown = false;
        above = 0;
        scrolledUp = false;
    }

    void Meet(ChatShown said) => devices[said.Device] = said.Name ?? said.Device[^Math.Min(8, said.Device.Length)..];

    /// <summary>A device's name; where another has the same, with the end of its id.</summary>
    public string NameOf(ChatShown line)
    {
        string name = devices.GetValueOrDefault(line.Device) ?? line.Device;
        bool shared = devices.Any(other => other.Key != line.Device && string.Equals(other.Value.Trim(), name.Trim(), StringComparison.OrdinalIgnoreCase));
        return Harmless.Text(shared ? $"{name}~{line.Device[^Math.Min(4, line.Device.Length)..]}" : name);
    }

    public void ScrollUp(int rows) => (above, scrolledUp) = (above + Math.Max(1, rows), true);

    public void ScrollDown(int rows)
    {
        above = Math.Max(0, above - Math.Max(1, rows));
        scrolledUp = above > 0;
    }

    public Frame Compose(int width, int height)
    {
        (List<Row> writing, int cursorRow, int cursorColumn) = Writing(width, Math.Max(1, Math.Min(MostWriting, height - 2)));
        List<Row> rows = [];
        if (height >= LeastHeight)
        {
            int room = height - writing.Count - 1;
            rows.AddRange(Messages(width, room));
            rows.Add(StatusRow(width));
        }
        int first = rows.Count;
        rows.AddRange(writing);
        return new Frame(width, height, [.. rows.Take(height)], Math.Min(height - 1, first + cursorRow), cursorColumn);
    }

    /// <summary>Exactly so many rows, the newest at the bottom.</summary>
    List<Row> Messages(int width, int count)
    {
        List<Row> upwards = [];
        int wanted = above + count;
        int message = lines.Count - 1, note = notes.Count - 1;
        string? newBegins = readToKnown ? FirstNew()?.Id : null;
        while (upwards.Count < wanted && (message >= 0 || note >= 0))
        {
            if (note >= 0 && (message < 0 || notes[note].At >= lines[message].Time))
            {
                Push(NoteRows(notes[note].Text, notes[note].Look, width));
                note--;
                continue;
            }
            ChatShown line = lines[message--];
            Push(MessageRows(line, width));
            if (line.Id == newBegins) Push([Rule("new", width, Look.Yellow)]);
            DateTime day = Local(line.Time).Date;
            if (message < 0 || Local(lines[message].Time).Date != day) Push([Rule(day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), width, Look.Dim)]);
        }
        above = Math.Max(0, Math.Min(above, upwards.Count - count));
        scrolledUp = above > 0;
        List<Row> shown = [.. upwards.Skip(above).Take(count)];
        while (shown.Count < count) shown.Add(Row.Of("")); // little was said: it stands at the bottom all the same
        shown.Reverse();
        return shown;

        void Push(IReadOnlyList<Row> rows)
        {
            for (int i = rows.Count - 1; i >= 0; i--) upwards.Add(rows[i]);
        }
    }

    /// <summary>The first that somebody else has said since the room was last read.</summary>
    ChatShown? FirstNew()
    {
        int read = readTo is null ? -1 : lines.FindLastIndex(line => line.Id == readTo);
        return lines.Skip(read + 1).FirstOrDefault(line => line.Device != self);
    }

    DateTimeOffset Local(DateTimeOffset time) => TimeZoneInfo.ConvertTime(time, zone);

    List<Row> MessageRows(ChatShown line, int width)
    {
        Look colour = line.Device == self ? Look.Bold : Look.Bold | colours[(line.Device.Sum(one => one) & int.MaxValue) % colours.Length];
        List<Run> head = [new Run(Local(line.Time).ToString("HH:mm ", CultureInfo.InvariantCulture), Look.Dim)];
        if (ShowsIds) head.Add(new Run(line.Id[..8] + " ", Look.Dim));
        head.AddRange([new Run(NameOf(line), colour), new Run(": ")]);
        if (line.Kind == "reply") head.Add(new Run($"(to {To(line.Target)}) ", Look.Dim));
        if (line.Kind == "file") head.Add(new Run("file "));
        if (line.Kind == "marker") head.Add(new Run("* "));
        IReadOnlyList<IReadOnlyList<Run>> said = line.Erased ? [[new Run("(erased)", Look.Dim)]] : line.Text is { } text ? Markup.Lines(text) : [[new Run("(can't be read here)", Look.Dim)]];
        List<Run> tail = [];
        if (line.Edited) tail.Add(new Run("  (edited)", Look.Dim));
        foreach (ChatReaction reaction in line.Reactions ?? []) tail.Add(new Run($"  [{Harmless.Text(reaction.Mark)} {Harmless.Text(reaction.Device)}]", Look.Dim));
        if (line.Device == self) tail.Add(new Run(line.DeliveredTo == 0 ? "  …" : string.Create(CultureInfo.InvariantCulture, $"  ✓{line.DeliveredTo}"), Look.Dim));
        List<Row> rows = [];
        for (int i = 0; i < said.Count; i++)
        {
            List<Run> whole = [.. i == 0 ? head : [new Run(new string(' ', Indent * 2 >= width ? 0 : Indent))], .. said[i], .. i == said.Count - 1 ? tail : []];
            rows.AddRange(ScreenText.Wrap(whole, width, 0, Indent));
        }
        return rows;
    }

    /// <summary>Whom a reply answers, by name where that is on the screen.</summary>
    string To(string? target) => lines.FindLast(line => line.Id == target) is { } answered ? NameOf(answered) : target?[..8] ?? "";

    static List<Row> NoteRows(string text, Look look, int width) =>
        [.. text.ReplaceLineEndings("\n").Split('\n').SelectMany(line => ScreenText.Wrap([new Run("- " + Harmless.Text(line), look)], width, 0, 2))];

    static Row Rule(string text, int width, Look look) => Row.Of(ScreenText.Cut($"-- {text} --", width), look);

    Row StatusRow(int width)
    {
        string standing = scrolledUp ? "older messages; PgDn returns" : Status;
        string left = $"-- {Harmless.Text(vault)} · {Harmless.Text(room)}", text = standing.Length == 0 ? left : $"{left} · {Harmless.Text(standing)}";
        int free = width - ScreenText.WidthOf(text) - 1;
        return Row.Of(free > 0 ? $"{text} {new string('-', free)}" : ScreenText.Cut(text, width), Look.Dim);
    }

    /// <summary>What is being written, as far as it has room, around the cursor.</summary>
    (List<Row> Rows, int CursorRow, int CursorColumn) Writing(int width, int most)
    {
        const string prompt = "> ";
        int room = Math.Max(1, width - 1 - prompt.Length); // the cursor behind the last character needs a cell too
        List<string> rows = [];
        (int row, int column) = (0, 0);
        int start = 0;
        foreach (string line in Editor.Text.Split('\n'))
        {
            int used = 0, at = start;
            System.Text.StringBuilder text = new();
            for (int length; ; at += length)
            {
                if (at == Editor.At) (row, column) = (rows.Count, used);
                if (at >= start + line.Length) break;
                length = StringInfo.GetNextTextElementLength(Editor.Text, at);
                string shown = Harmless.Text(Editor.Text.Substring(at, length).Replace("\t", "    ", StringComparison.Ordinal));
                for (int piece = 0, size; piece < shown.Length; piece += size) // what is shown by its number is several
                {
                    size = StringInfo.GetNextTextElementLength(shown, piece);
                    int wide = ScreenText.Width(shown.AsSpan(piece, size));
                    if (used > 0 && used + wide > room)
                    {
                        rows.Add(text.ToString());
                        text.Clear();
                        used = 0;
                        if (at == Editor.At && piece == 0) (row, column) = (rows.Count, 0);
                    }
                    text.Append(shown, piece, size);
                    used += wide;
                }
            }
            rows.Add(text.ToString());
            start += line.Length + 1;
        }
        int first = Math.Clamp(row - most + 1, 0, Math.Max(0, rows.Count - most));
        string begin = width > prompt.Length + 1 ? prompt : "";
        return ([.. rows.Skip(first).Take(most).Select((text, i) => Row.Of((first + i == 0 ? begin : new string(' ', begin.Length)) + text))], row - first, Math.Min(width - 1, begin.Length + column));
    }
}
