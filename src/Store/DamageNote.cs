using Vault.Primitives;

namespace Vault.Store;

/// <summary>
/// RocksDB opens a database whose tables are damaged, and fails again at each use of them. So the first to meet such damage
/// leaves a note in the folder, and a database with a note refuses to open: then it is mended like any other that does.
/// </summary>
static class DamageNote
{
    internal const string FileName = "damaged";

    /// <summary>Returns the fault, for the caller to throw.</summary>
    internal static CorruptDataException Write(string folder, CorruptDataException damage)
    {
        try
        {
            File.WriteAllText(Path.Combine(folder, FileName), damage.Message);
        }
        catch (Exception refusal) when (refusal is IOException or UnauthorizedAccessException)
        {
            // A disk that is damaged and full: whoever meets the damage next writes the note.
        }
        return new CorruptDataException(damage.Message, "start again: the damaged database is set aside then, and what is whole is taken over", damage);
    }

    internal static void RequireNone(string folder)
    {
        string note = Path.Combine(folder, FileName);
        if (!File.Exists(note)) return;
        throw new CorruptDataException($"the database {folder} was found damaged: {File.ReadAllText(note)}");
    }
}
