using System.Globalization;

namespace Vault.Host;

/// <summary>Sizes, counts and times as people read them.</summary>
static class Amounts
{
    static readonly string[] units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    public static string Size(long bytes)
    {
        if (bytes < 1024) return bytes == 1 ? "1 byte" : Invariant($"{bytes} bytes");
        double value = bytes / 1024.0;
        int unit = 0;
        for (; value >= 999.95 && unit < units.Length - 1; unit++) value /= 1024;
        return Invariant($"{value:0.0} {units[unit]}");
    }

    public static string Count(long number, string thing) =>
        Invariant($"{number} {(number == 1 ? thing : thing.EndsWith('y') ? thing[..^1] + "ies" : thing + "s")}");

    public static string Duration(TimeSpan time) => time.TotalHours >= 1
        ? Invariant($"{(long)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}")
        : Invariant($"{time.Minutes}:{time.Seconds:00}");

    public static string Time(DateTimeOffset time) => time.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
