using System.Globalization;
using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>What normalising takes of the Unicode character database, read from normalization.txt beside this file.</summary>
sealed class NormalizationData
{
    // Hangul syllables are a lead, a vowel and perhaps a trail, in order.
    internal const int Syllables = 0xAC00, Leads = 0x1100, Vowels = 0x1161, Trails = 0x11A7; // there is no trail 0
    internal const int LeadCount = 19, VowelCount = 21, TrailCount = 28, SyllableCount = LeadCount * VowelCount * TrailCount;

    static readonly Lazy<NormalizationData> loaded = new(() => new NormalizationData());

    readonly Dictionary<int, byte> classes = [];
    readonly Dictionary<int, (int First, int Second)> parts = []; // no second: 0
    readonly Dictionary<(int, int), int> wholes = [];
    readonly HashSet<int> seconds = [];

    NormalizationData()
    {
        using Stream stream = typeof(NormalizationData).Assembly.GetManifestResourceStream("normalization.txt")
            ?? throw new InvalidOperationException("This build lacks its table of characters.");
        using StreamReader reader = new(stream);
        while (reader.ReadLine() is { } line)
            if (!line.StartsWith('#')) Read(line);
        // A table that is there but short would let names in as they come, in silence.
        bool sound = TryPutTogether('e', 0x301, out int whole) && whole == 0xE9 && ClassOf(0x323) < ClassOf(0x301) && TryTakeApart(0x2FA1D, out int first, out _) && first == 0x2A600;
        if (!sound) throw new ConfigException("this build of vault can't normalise file names", "build it again from a clean clone");
    }

    /// <summary>Read when it is first needed: most names are ASCII.</summary>
    internal static NormalizationData Loaded => loaded.Value;

    /// <summary>0 for what begins anew, else where it goes among the marks of one letter.</summary>
    internal byte ClassOf(int point) => classes.GetValueOrDefault(point);

    /// <summary>What a character is canonically made of, one step; false for most.</summary>
    internal bool TryTakeApart(int point, out int first, out int second)
    {
        bool found = parts.TryGetValue(point, out (int First, int Second) of);
        (first, second) = of;
        return found;
    }

    internal bool TryPutTogether(int first, int second, out int whole)
    {
        if (first is >= Leads and < Leads + LeadCount && second is >= Vowels and < Vowels + VowelCount)
        {
            whole = Syllables + ((first - Leads) * VowelCount + second - Vowels) * TrailCount;
            return true;
        }
        if (IsSyllableWithoutTrail(first) && second is > Trails and < Trails + TrailCount)
        {
            whole = first + second - Trails;
            return true;
        }
        return wholes.TryGetValue((first, second), out whole);
    }

    /// <summary>Whether text that contains this character might not be normalised; false means that it can't be the reason.</summary>
    internal bool IsSuspect(int point) =>
        classes.ContainsKey(point) || seconds.Contains(point)
        || (parts.TryGetValue(point, out (int First, int Second) of) && !(wholes.TryGetValue(of, out int whole) && whole == point))
        || point is >= Vowels and < Vowels + VowelCount or > Trails and < Trails + TrailCount;

    static bool IsSyllableWithoutTrail(int point) => point is >= Syllables and < Syllables + SyllableCount && (point - Syllables) % TrailCount == 0;

    void Read(ReadOnlySpan<char> line)
    {
        int word = line.IndexOf(' ');
        ReadOnlySpan<char> kind = line[..word], items = line[(word + 1)..];
        byte combining = 0;
        if (kind is "class")
        {
            int end = items.IndexOf(' ');
            combining = byte.Parse(items[..end], CultureInfo.InvariantCulture);
            items = items[(end + 1)..];
        }
        foreach (Range range in items.Split(' '))
        {
            if (kind is "class") ReadClass(items[range], combining);
            else ReadParts(items[range], comesBack: kind is "pairs");
        }
    }

    void ReadClass(ReadOnlySpan<char> item, byte combining)
    {
        int dash = item.IndexOf('-');
        int first = Point(dash < 0 ? item : item[..dash]), last = dash < 0 ? first : Point(item[(dash + 1)..]);
        for (int point = first; point <= last; point++) classes.Add(point, combining);
    }

    void ReadParts(ReadOnlySpan<char> item, bool comesBack)
    {
        int equals = item.IndexOf('='), plus = item.IndexOf('+');
        int whole = Point(item[..equals]);
        int first = Point(plus < 0 ? item[(equals + 1)..] : item[(equals + 1)..plus]), second = plus < 0 ? 0 : Point(item[(plus + 1)..]);
        parts.Add(whole, (first, second));
        if (!comesBack) return;
        wholes.Add((first, second), whole);
        seconds.Add(second);
    }

    static int Point(ReadOnlySpan<char> hex) => int.Parse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
