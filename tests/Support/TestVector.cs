using System.Globalization;

namespace Vault.Tests.Support;

/// <summary>
/// One case of a vector file: lines "name = value", an empty line between cases, "#" before where they come from. The files lie
/// in the folder vectors beside the test assembly.
/// </summary>
public sealed class TestVector
{
    readonly Dictionary<string, string> values = new(StringComparer.Ordinal);
    readonly string origin;

    TestVector(string origin) => this.origin = origin;

    public static IReadOnlyList<TestVector> Load(string file)
    {
        List<TestVector> all = [];
        TestVector? current = null;
        int number = 0;
        foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "vectors", file)))
        {
            number++;
            if (line.StartsWith('#')) continue;
            if (line.Length == 0)
            {
                current = null;
                continue;
            }
            if (current == null) all.Add(current = new TestVector($"{file}:{number}"));
            string[] parts = line.Split('=', 2, StringSplitOptions.TrimEntries);
            current.values.Add(parts[0], parts[1]);
        }
        if (all.Count == 0) throw new InvalidDataException($"{file} holds no vectors.");
        return all;
    }

    public string Text(string name) => values.TryGetValue(name, out string? value) ? value : throw new KeyNotFoundException($"{origin} has no {name}.");

    public bool Has(string name) => values.ContainsKey(name);

    public byte[] Bytes(string name) => Convert.FromHexString(Text(name));

    public ulong Number(string name) => ulong.Parse(Text(name), CultureInfo.InvariantCulture);

    public int Int(string name) => int.Parse(Text(name), CultureInfo.InvariantCulture);

    public override string ToString() => origin;
}
