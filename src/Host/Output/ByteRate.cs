using System.Globalization;
using Vault.Primitives;
using Vault.Swarm;

namespace Vault.Host;

/// <summary>A bandwidth as people write it: 500 KiB, 2.5 MB/s, or none.</summary>
static class ByteRate
{
    public const string None = "none";

    static readonly (string Unit, long Bytes)[] units =
        [("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("kB", 1000), ("KB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("B", 1), ("", 1)];

    /// <summary>Null for no limit. A <see cref="ConfigException"/> says what is wrong.</summary>
    public static long? Parse(string text)
    {
        if (text == None) return null;
        string amount = text.EndsWith("/s", StringComparison.Ordinal) ? text[..^2] : text;
        (string unit, long bytes) = units.First(unit => amount.EndsWith(unit.Unit, StringComparison.Ordinal));
        if (!double.TryParse(amount[..^unit.Length].Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number) || number * bytes > long.MaxValue / 2)
            throw new ConfigException($"'{text}' is no bandwidth", "bytes a second, like 500 KiB, 2.5 MB or none");
        return (long)(number * bytes) is var rate and >= RateLimit.Least ? rate : throw new ConfigException($"'{text}' is too little", $"the least is {Amounts.Size(RateLimit.Least)} a second: with less, other devices would take this one for dead");
    }

    public static string Text(long? rate) => rate is { } limit ? $"{Amounts.Size(limit)} a second" : None;
}
