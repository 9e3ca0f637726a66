using System.Globalization;
using System.Text;

namespace Vault.Host;

/// <summary>The text form of OpenMetrics 1.0: families one after the other, each with all of its samples, and an end.</summary>
sealed class OpenMetrics
{
    public const string ContentType = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    readonly StringBuilder text = new();
    string name = "", suffix = "";

    /// <summary>A number that only grows, until the program starts again.</summary>
    public OpenMetrics Counter(string name, string help, string? unit = null) => Family(name, "counter", "_total", help, unit);

    /// <summary>A number that goes up and down.</summary>
    public OpenMetrics Gauge(string name, string help, string? unit = null) => Family(name, "gauge", "", help, unit);

    /// <summary>What is only told by its labels.</summary>
    public OpenMetrics Info(string name, string help) => Family(name, "info", "_info", help, null);

    OpenMetrics Family(string family, string type, string ending, string help, string? unit)
    {
        if (unit is not null && !family.EndsWith("_" + unit, StringComparison.Ordinal)) throw new ArgumentException("The name of a metric ends with its unit.", nameof(unit));
        (name, suffix) = (family, ending);
        text.Append(CultureInfo.InvariantCulture, $"# TYPE {name} {type}\n");
        if (unit is not null) text.Append(CultureInfo.InvariantCulture, $"# UNIT {name} {unit}\n");
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {Escaped(help)}\n");
        return this;
    }

    /// <summary>One number of the last family.</summary>
    public OpenMetrics Add(double value, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        text.Append(name).Append(suffix);
        if (labels.Length > 0)
        {
            text.Append('{');
            for (int i = 0; i < labels.Length; i++) text.Append(i == 0 ? "" : ",").Append(labels[i].Name).Append("=\"").Append(Escaped(labels[i].Value)).Append('"');
            text.Append('}');
        }
        text.Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
        return this;
    }

    /// <summary>All of it. Nothing may be added afterwards.</summary>
    public byte[] ToBytes() => Encoding.UTF8.GetBytes(text.Append("# EOF\n").ToString());

    static string Escaped(string value) => value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
}
