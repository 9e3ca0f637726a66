using Vault.Catalog;

namespace Vault.Host;

/// <summary>
/// How far long work is: one line that is drawn over itself on the terminal of errors, so that output can go elsewhere, with the
/// rate and the time left. In a pipe, and where the cursor can't go back, it draws nothing.
/// </summary>
sealed class ProgressLine : IProgress<TransferProgress>, IDisposable
{
    /// <summary>Often enough to look alive, seldom enough to cost nothing.</summary>
    static readonly TimeSpan interval = TimeSpan.FromMilliseconds(200);

    readonly Lock drawing = new();
    readonly Terminal terminal;
    readonly string what;
    readonly ITimer timer;
    readonly long began;
    TransferProgress latest, before;
    double rate; // bytes a second, smoothed over some two seconds
    bool drawn, ended;

    ProgressLine(Terminal terminal, string what)
    {
        this.terminal = terminal;
        this.what = what;
        began = terminal.Time.GetTimestamp();
        timer = terminal.Time.CreateTimer(_ => Draw(), null, interval, interval);
    }

    /// <summary>Null where nobody would see it.</summary>
    public static ProgressLine? For(Terminal terminal, string what) => terminal.PeopleWatch && !terminal.IsDumb ? new ProgressLine(terminal, what) : null;

    public void Report(TransferProgress value)
    {
        lock (drawing) latest = value;
    }

    void Draw()
    {
        lock (drawing)
        {
            if (ended) return;
            double now = Math.Max(0, latest.Bytes - before.Bytes) / interval.TotalSeconds;
            rate = before == default ? now : rate * 0.9 + now * 0.1;
            before = latest;
            terminal.Error.Write($"\r{Text(what, latest, rate, terminal.Time.GetElapsedTime(began), terminal.Width - 1)}\e[K");
            drawn = true;
        }
    }

    /// <summary>The line, no wider than <paramref name="width"/>: what matters less is left out first.</summary>
    public static string Text(string what, TransferProgress progress, double rate, TimeSpan elapsed, int width)
    {
        string done = progress.TotalBytes is { } total and > 0
            ? $"{Math.Min(100, progress.Bytes * 100 / total),3}%  {Amounts.Size(progress.Bytes)} of {Amounts.Size(total)}"
            : Amounts.Size(progress.Bytes);
        string short_ = progress.TotalBytes is > 0 ? done[..4] : done;
        string speed = $"{Amounts.Size((long)rate)}/s";
        string time = Left(progress, rate) is { } left ? $"{Amounts.Duration(left)} left" : Amounts.Duration(elapsed);
        string files = progress.TotalFiles is { } all ? $"{progress.Files} of {Amounts.Count(all, "file")}" : progress.Files > 0 ? Amounts.Count(progress.Files, "file") : "";
        string[] lines = [$"{what}  {done}  {speed}  {time}  {files}", $"{what}  {done}  {speed}  {time}", $"{what}  {short_}  {speed}  {time}", $"{short_}  {speed}  {time}", $"{short_}  {time}", short_];
        string line = lines.FirstOrDefault(line => line.TrimEnd().Length <= width) ?? "";
        return Bar(progress, width - line.TrimEnd().Length) + line.TrimEnd();
    }

    static TimeSpan? Left(TransferProgress progress, double rate) =>
        progress.TotalBytes is { } total && rate >= 1 && (total - progress.Bytes) / rate is >= 0 and < 360_000 and var seconds ? TimeSpan.FromSeconds(seconds) : null;

    static string Bar(TransferProgress progress, int room)
    {
        const int least = 8, most = 30;
        int width = Math.Min(most, room - 3);
        if (width < least || progress.TotalBytes is not > 0) return "";
        int full = (int)Math.Min(width, width * progress.Bytes / progress.TotalBytes.Value);
        return $"[{new string('#', full)}{new string('.', width - full)}] ";
    }

    public void Dispose()
    {
        timer.Dispose();
        lock (drawing)
        {
            ended = true;
            if (drawn) terminal.Error.Write("\r\e[K");
        }
    }
}
