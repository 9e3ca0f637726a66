using System.Security.Cryptography;
using System.Text;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

/// <summary>Against what Python's unicodedata and Unicode's own test file say: tests/vectors/names.py.</summary>
public sealed class PathTextTests
{
    static readonly IReadOnlyList<TestVector> vectors = TestVector.Load("names.txt");

    static IEnumerable<TestVector> Of(string what) => vectors.Where(vector => vector.Text("what") == what);

    [Fact]
    public void Texts_are_normalised_as_Unicode_says() => Assert.All(Of("text"), vector =>
    {
        string text = Encoding.UTF8.GetString(vector.Bytes("text")), expected = Encoding.UTF8.GetString(vector.Bytes("nfc"));
        Assert.Equal(expected, PathText.Normalise(text));
        Assert.Equal(expected, PathText.Normalise(expected));
        Assert.Equal(text == expected, PathText.IsNormalised(text));
    });

    [Fact]
    public void Every_character_by_itself_becomes_what_it_should() => Assert.All(Of("plane"), vector =>
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        int first = vector.Int("plane") << 16;
        for (int point = first; point < first + 0x10000; point++)
            if (Rune.IsValid(point)) hash.AppendData(Encoding.UTF8.GetBytes(PathText.Normalise(new Rune(point).ToString())));
        Assert.Equal(vector.Bytes("hash"), hash.GetHashAndReset());
    });

    [Fact]
    public void A_hundred_thousand_texts_of_the_characters_that_matter_come_out_alike()
    {
        Rune[] points = [.. Encoding.UTF8.GetString(Of("points").Single().Bytes("points")).EnumerateRunes()];
        ulong state = 1;
        Assert.All(Of("block"), vector =>
        {
            using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            for (int i = 0; i < 5000; i++)
            {
                StringBuilder text = new();
                for (int left = 1 + Draw(8); left > 0; left--) text.Append(points[Draw(points.Length)].ToString());
                hash.AppendData(Encoding.UTF8.GetBytes(PathText.Normalise(text.ToString()) + "\n"));
            }
            Assert.Equal(vector.Bytes("hash"), hash.GetHashAndReset());
        });

        int Draw(int below)
        {
            state = state * 6364136223846793005 + 1442695040888963407;
            return (int)((state >> 33) % (ulong)below);
        }
    }

    /// <summary>The trap that the tables are there for. If this fails one day, .NET has got tables of its own.</summary>
    [Fact]
    public void This_program_runs_where_NET_itself_normalises_nothing()
    {
        Assert.Equal("e\u0301", "e\u0301".Normalize());
        Assert.True("e\u0301".IsNormalized());
        PathText.Check();
    }

    [Fact]
    public void What_is_no_text_stays_as_it_is()
    {
        foreach (string broken in (string[])["\ud800", "e\u0301\udc00", "\udc00e\u0301", "a\ud800"]) Assert.Equal(broken, PathText.Normalise(broken));
    }

    [Fact]
    public void Thousands_of_marks_on_one_letter_end_in_order()
    {
        string marks = new([.. Enumerable.Range(0, 4000).Select(i => i % 2 == 0 ? '\u0301' : '\u0323')]);
        string normal = PathText.Normalise("x" + marks);
        Assert.Equal("x" + new string('\u0323', 2000) + new string('\u0301', 2000), normal);
    }
}
