using System.Globalization;

namespace Vault.Host;

/// <summary>A moment in the past as people type it.</summary>
static class TimeText
{
    static readonly string[] formats = ["yyyy-MM-dd", "yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-ddTHH:mm", "yyyy-MM-ddTHH:mm:ss", "yyyy-MM-ddTHH:mm:ss.FFFFFFF"];
    static readonly string[] withZone = ["yyyy-MM-ddTHH:mmK", "yyyy-MM-ddTHH:mm:ssK", "yyyy-MM-ddTHH:mm:ss.FFFFFFFK", "yyyy-MM-dd HH:mm:ssK"];

    /// <summary>A date or a time where this machine is, one with a zone of its own, or so many days, hours or minutes ago.</summary>
    public static bool TryParse(string text, TimeProvider now, out DateTimeOffset time)
    {
        if (text is [.. var digits, 'd' or 'h' or 'm'] && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            TimeSpan ago = text[^1] switch { 'd' => TimeSpan.FromDays(number), 'h' => TimeSpan.FromHours(number), _ => TimeSpan.FromMinutes(number) };
            DateTimeOffset today = now.GetUtcNow();
            time = ago < today - DateTimeOffset.UnixEpoch ? today - ago : DateTimeOffset.UnixEpoch;
            return true;
        }
        return DateTimeOffset.TryParseExact(text, formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out time)
            || DateTimeOffset.TryParseExact(text, withZone, CultureInfo.InvariantCulture, DateTimeStyles.None, out time);
    }
}
