using System.Globalization;
using System.Text;

namespace Vault.Host;

/// <summary>
/// Text from elsewhere (names of files, of vaults) that is to be shown on a terminal. A name may hold control characters that
/// move the cursor or recolour the screen, and marks that reverse the order of what follows; they are shown by their number.
/// </summary>
static class Harmless
{
    public static string Text(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~')) return text;
        StringBuilder shown = new(text.Length + 8);
        for (int at = 0; at < text.Length;)
        {
            bool whole = Rune.TryGetRuneAt(text, at, out Rune rune);
            if (whole && !Acts(rune)) shown.Append(text, at, rune.Utf16SequenceLength);
            else shown.Append(CultureInfo.InvariantCulture, $"\\u{{{(whole ? rune.Value : text[at]):x}}}");
            at += whole ? rune.Utf16SequenceLength : 1;
        }
        return shown.ToString();
    }

    // Control, format (bidirectional marks, zero-width characters), line and paragraph separators, private use.
    static bool Acts(Rune rune) => Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse;
}
