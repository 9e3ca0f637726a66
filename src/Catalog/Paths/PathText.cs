using System.Runtime.InteropServices;
using System.Text;
using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>
/// Names in the form NFC, so that é typed on one system and é typed on another are one file. Who adds a path normalises it; the
/// catalog's rules don't ask, since the tables grow with every Unicode. The tables are our own: without a culture library,
/// which this program is built to do without, .NET's Normalize returns every text as it is and says that it is normalised.
/// </summary>
public static class PathText
{
    /// <summary>Below it every character is alone and whole: nothing to do.</summary>
    const char FirstOfInterest = '\u0300';

    /// <summary>Text that isn't well-formed UTF-16 stays as it is; it is no path anyway.</summary>
    public static string Normalise(string text)
    {
        if (!IsSuspect(text)) return text;
        List<(int Point, byte Class)> points = [];
        foreach (Rune rune in text.EnumerateRunes()) TakeApart(points, rune.Value);
        Order(CollectionsMarshal.AsSpan(points));
        return PutTogether(CollectionsMarshal.AsSpan(points));
    }

    public static bool IsNormalised(string text) => Normalise(text) == text;

    /// <summary>Ends a program whose build would let names in as they come. The program calls it before it opens a data folder: microseconds, once the table is loaded.</summary>
    public static void Check()
    {
        bool works = Normalise("e\u0301") == "\u00e9" && Normalise("\u1112\u1161\u11ab") == "\ud55c" && Normalise("q\u0307\u0323") == "q\u0323\u0307" && !IsNormalised("e\u0301");
        if (!works) throw new ConfigException("this build of vault can't normalise file names", "build it again from a clean clone");
    }

    static bool IsSuspect(string text)
    {
        if (text.AsSpan().IndexOfAnyExceptInRange('\0', (char)(FirstOfInterest - 1)) < 0) return false;
        bool suspect = false;
        NormalizationData data = NormalizationData.Loaded;
        for (int at = 0; at < text.Length;)
        {
            if (!Rune.TryGetRuneAt(text, at, out Rune rune)) return false;
            suspect |= data.IsSuspect(rune.Value);
            at += rune.Utf16SequenceLength;
        }
        return suspect;
    }

    static void TakeApart(List<(int, byte)> points, int point)
    {
        NormalizationData data = NormalizationData.Loaded;
        int syllable = point - NormalizationData.Syllables;
        if (syllable is >= 0 and < NormalizationData.SyllableCount)
        {
            int trail = syllable % NormalizationData.TrailCount, vowel = syllable / NormalizationData.TrailCount;
            points.Add((NormalizationData.Leads + vowel / NormalizationData.VowelCount, 0));
            points.Add((NormalizationData.Vowels + vowel % NormalizationData.VowelCount, 0));
            if (trail > 0) points.Add((NormalizationData.Trails + trail, 0));
        }
        else if (data.TryTakeApart(point, out int first, out int second))
        {
            TakeApart(points, first);
            if (second != 0) TakeApart(points, second);
        }
        else points.Add((point, data.ClassOf(point)));
    }

    // Marks of one letter come in the order of their classes; those of one class keep theirs.
    static void Order(Span<(int Point, byte Class)> points)
    {
        for (int i = 1; i < points.Length; i++)
        {
            (int Point, byte Class) mark = points[i];
            if (mark.Class == 0) continue;
            int to = i;
            for (; to > 0 && points[to - 1].Class > mark.Class; to--) points[to] = points[to - 1];
            points[to] = mark;
        }
    }

    // Each character joins the letter before it unless one stands between them that is of its class, or begins anew.
    static string PutTogether(Span<(int Point, byte Class)> points)
    {
        int count = 0, letter = -1;
        foreach ((int point, byte combining) in points)
        {
            bool adjacent = letter == count - 1;
            bool free = letter >= 0 && (adjacent || (points[count - 1].Class != 0 && points[count - 1].Class < combining));
            if (free && NormalizationData.Loaded.TryPutTogether(points[letter].Point, point, out int whole))
            {
                points[letter].Point = whole;
                continue;
            }
            if (combining == 0) letter = count;
            points[count++] = (point, combining);
        }
        StringBuilder text = new();
        foreach ((int point, _) in points[..count]) text.Append(new Rune(point).ToString());
        return text.ToString();
    }
}
