namespace Vault.Libp2p.Tests;

/// <summary>Facts from elsewhere, one per line: "name = value", with blank lines between cases.</summary>
static class VectorFile
{
    public static List<(string Name, string Value)> Lines(string file) => [.. Blocks(file).SelectMany(block => block)];

    public static Dictionary<string, string> Load(string file) => Lines(file).ToDictionary(line => line.Name, line => line.Value);

    public static List<List<(string Name, string Value)>> Blocks(string file)
    {
        List<List<(string, string)>> blocks = [];
        List<(string, string)>? block = null;
        foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "vectors", file)))
        {
            if (line.StartsWith('#')) continue;
            int at = line.IndexOf(" =", StringComparison.Ordinal);
            if (at < 0)
            {
                block = null;
                continue;
            }
            if (block is null) blocks.Add(block = []);
            block.Add((line[..at], line[(at + 2)..].Trim()));
        }
        return blocks;
    }

    public static byte[] Hex(string text) => Convert.FromHexString(text);
}
