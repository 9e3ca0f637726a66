using System.Text;
using Vault.Primitives;

namespace Vault.Host;

/// <summary>A folder such as people have: pictures that don't compress, notes that do, and a copy of something.</summary>
static class DemoFiles
{
    const int Pictures = 24, PictureSize = 2 << 20, Notes = 200, NoteLines = 60;

    /// <summary>One file of it, which the story changes.</summary>
    public const string Changed = "notes/007.txt";

    public static void Write(string folder, RandomSource random)
    {
        string pictures = Directory.CreateDirectory(Path.Combine(folder, "pictures")).FullName, notes = Directory.CreateDirectory(Path.Combine(folder, "notes")).FullName;
        byte[] picture = new byte[PictureSize];
        for (int i = 0; i < Pictures; i++)
        {
            random.Fill(picture);
            File.WriteAllBytes(Path.Combine(pictures, $"{i:000}.jpg"), picture);
        }
        File.WriteAllBytes(Path.Combine(pictures, "the same again.jpg"), picture);
        for (int i = 0; i < Notes; i++) File.WriteAllText(Path.Combine(notes, $"{i:000}.txt"), Note(i));
    }

    static string Note(int number)
    {
        StringBuilder text = new();
        for (int line = 0; line < NoteLines; line++) text.Append(System.Globalization.CultureInfo.InvariantCulture, $"note {number}, line {line}: what was agreed on, and with whom\n");
        return text.ToString();
    }
}
