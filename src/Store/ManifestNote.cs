using System.Globalization;
using Vault.Primitives;

namespace Vault.Store;

/// <summary>
/// How long RocksDB's manifest was when the database was closed. The manifest lists the tables; RocksDB takes one that was cut
/// short for one that ends there, forgets the tables behind the cut and deletes them, without a word. After a crash there is no
/// note for the manifest of that time, and nothing is compared.
/// </summary>
static class ManifestNote
{
    internal const string FileName = "CLOSED";

    /// <summary>Called when RocksDB has closed the database.</summary>
    internal static void Write(string folder)
    {
        try
        {
            if (Manifest(folder) is { } manifest) File.WriteAllText(Path.Combine(folder, FileName), $"{manifest.Name} {manifest.Length}\n");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // A full or read-only disk: there is nothing to compare with next time, that is all.
        }
    }

    /// <summary>Throws if the manifest has become shorter since.</summary>
    internal static void RequireWhole(string folder)
    {
        string note = Path.Combine(folder, FileName);
        if (!File.Exists(note) || Manifest(folder) is not { } manifest) return;
        if (File.ReadAllText(note).Split(' ') is not [var name, var text] || name != manifest.Name) return;
        if (!long.TryParse(text, NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out long length) || manifest.Length >= length) return;
        throw new CorruptDataException($"the database {folder} is damaged: its file {name} has {manifest.Length} bytes and had {length} when it was closed");
    }

    static FileInfo? Manifest(string folder)
    {
        FileInfo current = new(Path.Combine(folder, "CURRENT"));
        if (!current.Exists || current.Length > 100) return null;
        string name = File.ReadAllText(current.FullName).TrimEnd('\n');
        if (!name.StartsWith("MANIFEST-", StringComparison.Ordinal) || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')) return null; // damaged: RocksDB will say so
        FileInfo manifest = new(Path.Combine(folder, name));
        return manifest.Exists ? manifest : null;
    }
}
