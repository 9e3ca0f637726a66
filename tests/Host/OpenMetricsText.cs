using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Vault.Host.Tests;

/// <summary>Reads the text form of OpenMetrics 1.0 strictly, as its specification has it; what breaks a rule is a <see cref="FormatException"/>.</summary>
static partial class OpenMetricsText
{
    [GeneratedRegex("^[a-zA-Z_:][a-zA-Z0-9_:]*$")]
    private static partial Regex Name { get; }

    [GeneratedRegex("""^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"(?:,(?=[a-zA-Z_]))?)*)\})? (\S+)$""")]
    private static partial Regex Sample { get; }

    /// <summary>Values by name and labels as they stand.</summary>
    public static Dictionary<string, double> Parse(byte[] bytes)
    {
        string text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        if (!text.EndsWith("# EOF\n", StringComparison.Ordinal)) throw new FormatException("no end");
        Dictionary<string, double> samples = [];
        HashSet<string> families = [];
        (string Name, string Type, string? Unit, bool Sampled) family = ("", "", null, false);
        foreach (string line in text[..^"# EOF\n".Length].Split('\n')[..^1])
        {
            if (line.Length == 0 || line == "# EOF") throw new FormatException("an empty line, or an end in the middle");
            string[] words = line.Split(' ', 4);
            if (words[0] == "#")
            {
                if (words.Length < 4) throw new FormatException($"cut off: {line}");
                if (words[1] == "TYPE")
                {
                    if (!Name.IsMatch(words[2]) || !families.Add(words[2])) throw new FormatException($"a bad name, or a family twice: {line}");
                    if (words[3] is not ("counter" or "gauge" or "info")) throw new FormatException($"unknown type: {line}");
                    family = (words[2], words[3], null, false);
                    continue;
                }
                if (words[2] != family.Name || family.Sampled) throw new FormatException($"in another family, or after samples: {line}");
                if (words[1] == "UNIT" && !family.Name.EndsWith("_" + words[3], StringComparison.Ordinal)) throw new FormatException($"the name doesn't end with the unit: {line}");
                if (words[1] is not ("UNIT" or "HELP")) throw new FormatException($"neither: {line}");
                continue;
            }
            Match sample = Sample.Match(line);
            if (!sample.Success) throw new FormatException($"no sample: {line}");
            string suffix = family.Type switch { "counter" => "_total", "info" => "_info", _ => "" };
            if (sample.Groups[1].Value != family.Name + suffix) throw new FormatException($"not of the family {family.Name}: {line}");
            double value = double.Parse(sample.Groups[3].Value, NumberStyles.Float, CultureInfo.InvariantCulture);
            if (family.Type == "counter" && !(value >= 0) || family.Type == "info" && value != 1) throw new FormatException($"no value of a {family.Type}: {line}");
            if (!samples.TryAdd(line[..line.LastIndexOf(' ')], value)) throw new FormatException($"twice: {line}");
            family.Sampled = true;
        }
        return samples;
    }
}
