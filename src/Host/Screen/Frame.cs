using System.Globalization;
using System.Text;

namespace Vault.Host;

/// <summary>A whole screen: its rows from the top, and where the cursor stands.</summary>
sealed record Frame(int Width, int Height, IReadOnlyList<Row> Rows, int CursorRow, int CursorColumn);

/// <summary>
/// From one frame to the next, in the sequences that every terminal since the VT100 knows. Only rows that differ are sent: over a slow line that is
/// what a person notices.
/// </summary>
sealed class FramePainter(bool colours)
{
    // Its own screen, no wrapping (a row that a terminal thinks is wider than we do is cut), pastes marked as such.
    public const string Begin = "\e[?1049h\e[?7l\e[?2004h\e[2J";

    const string Leave = "\e[?2004l\e[?7h\e[?25h\e[?1049l";

    Frame? shown;

    public string End()
    {
        shown = null;
        return Leave;
    }

    /// <summary>The next frame is painted whole: what is on the screen isn't known any more.</summary>
    public void Forget() => shown = null;

    public string Paint(Frame frame)
    {
        StringBuilder output = new("\e[?25l");
        bool whole = shown is null || shown.Width != frame.Width || shown.Height != frame.Height;
        if (whole) output.Append("\e[2J");
        for (int i = 0; i < frame.Height; i++)
        {
            Row row = i < frame.Rows.Count ? frame.Rows[i] : Row.Of("");
            Row? before = whole || i >= shown!.Rows.Count ? null : shown.Rows[i];
            if (before != null && before.IsSame(row)) continue;
            output.Append(CultureInfo.InvariantCulture, $"\e[{i + 1};1H");
            foreach (Run run in row.Runs) output.Append(Dressed(run));
            output.Append("\e[K");
        }
        output.Append(CultureInfo.InvariantCulture, $"\e[{frame.CursorRow + 1};{frame.CursorColumn + 1}H\e[?25h");
        shown = frame;
        return output.ToString();
    }

    string Dressed(Run run)
    {
        if (!colours || run.Look == Look.Plain) return run.Text;
        List<int> codes = [];
        if (run.Look.HasFlag(Look.Bold)) codes.Add(1);
        if (run.Look.HasFlag(Look.Dim)) codes.Add(2);
        if (run.Look.HasFlag(Look.Italic)) codes.Add(3);
        if (run.Look.HasFlag(Look.Reverse)) codes.Add(7);
        if ((run.Look & Look.Colours) is var colour and not 0) codes.Add(30 + ((int)colour >> 4));
        return $"\e[{string.Join(';', codes)}m{run.Text}\e[m";
    }
}
