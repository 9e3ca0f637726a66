using Vault.Identity;
using Vault.Primitives;

namespace Vault.Host;

/// <summary>What a vault is called on this device: a name, its id, or the beginning of either where only one has it.</summary>
static class VaultNames
{
    /// <summary>So many are named when one has to choose.</summary>
    const int MostNamed = 5;

    public static KeyRingEntry Find(KeyRing ring, string text)
    {
        IReadOnlyList<KeyRingEntry> all = ring.Entries;
        if (all.FirstOrDefault(entry => entry.Name == text) is { } named) return named;
        if (all.FirstOrDefault(entry => entry.Vault.ToString() == text) is { } known) return known;
        KeyRingEntry[] begun = text.Length == 0 ? [] : [.. all.Where(entry => entry.Name.StartsWith(text, StringComparison.Ordinal) || entry.Vault.ToString().StartsWith(text, StringComparison.Ordinal))];
        return begun switch
        {
            [{ } only] => only,
            [] => throw new ConfigException($"there is no vault '{text}' here", all.Count == 0 ? "vault create NAME makes one" : "vault list shows those there are"),
            _ => throw new ConfigException($"'{text}' could be {Several(begun)}", "write more of its name or of its id"),
        };
    }

    /// <summary>Refuses what couldn't be told apart from another vault, or typed.</summary>
    public static string Checked(KeyRing ring, string name, VaultId? of = null)
    {
        if (name.Length == 0 || name.StartsWith('-') || name.Contains('/') || name is "." or ".." || name != name.Trim() || Harmless.Text(name) != name)
            throw new ConfigException($"'{name}' can't be a vault's name", "use visible characters without '/', no '-' in front and no blank at either end");
        if (VaultId.Parse(name) != null) throw new ConfigException($"'{name}' has the form of a vault's id", "choose a name that can be told from one");
        if (ring.Entries.FirstOrDefault(entry => entry.Name == name && entry.Vault != of) is { } taken)
            throw new ConfigException($"there is a vault '{name}' already: {taken.Vault}", "choose another name, or rename that one: vault rename OLD NEW");
        return name;
    }

    static string Several(KeyRingEntry[] entries)
    {
        string names = string.Join(", ", entries.Take(MostNamed).Select(entry => $"{entry.Name} ({entry.Vault.ToString()[..8]}…)"));
        return entries.Length > MostNamed ? $"{names} and {entries.Length - MostNamed} more" : names;
    }
}
