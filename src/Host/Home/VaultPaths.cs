using Vault.Catalog;
using Vault.Primitives;

namespace Vault.Host;

/// <summary>Paths inside a vault as people type them: a slash at either end or a dot in front is no mistake, and é is é however it was typed.</summary>
static class VaultPaths
{
    /// <summary>Null for the whole vault.</summary>
    public static VaultPath? ParseOrAll(string? text)
    {
        string path = text ?? "";
        while (path.StartsWith("./", StringComparison.Ordinal)) path = path[2..];
        path = path.Trim('/');
        return path is "" or "." ? null : VaultPath.Parse(PathText.Normalise(path)) ?? throw Refused(text!);
    }

    public static VaultPath Parse(string text) => ParseOrAll(text) ?? throw new ConfigException($"'{text}' is the whole vault", "name something in it");

    public static bool EndsAsFolder(string text) => text.EndsWith('/') || text is "." or "";

    static ConfigException Refused(string text) =>
        new($"'{text}' can't be a path in a vault", "parts of 1 to 255 bytes divided by '/', no '.' or '..' among them, no backslash and no control characters");
}
