using System.Globalization;

namespace Vault.Bench;

/// <summary>One line of JSON on standard output for each thing measured. By hand: a serializer would take longer to start than some of what is timed.</summary>
static class Report
{
    public static void Line(string what, Meter meter, params ReadOnlySpan<(string Name, object Value)> fields)
    {
        List<(string Name, object Value)> all = [("op", what), .. fields];
        all.AddRange([("wall", meter.Seconds), ("cpu", meter.CpuSeconds), ("written_bytes", meter.WrittenBytes), ("rss_mib", Meter.PeakBytes / 1048576.0)]);
        Console.WriteLine("{" + string.Join(", ", all.Select(field => $"\"{field.Name}\": {Text(field.Value)}")) + "}");
    }

    static string Text(object value) => value switch
    {
        string text => $"\"{text}\"", // names of ours, which need no escapes
        double number => number.ToString("0.###", CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
