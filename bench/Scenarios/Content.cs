using Vault.Primitives;

namespace Vault.Bench;

public enum ContentKind { Noise, Text }

/// <summary>Bytes to store, from a seed: noise, which nothing compresses, and text, which zstd makes about a third of.</summary>
static class Content
{
    /// <summary>As many words as a long book uses; fewer would compress better than text does.</summary>
    const int Vocabulary = 8000;

    public static void Fill(ContentKind kind, RandomSource random, Span<byte> bytes)
    {
        if (kind == ContentKind.Noise) random.Fill(bytes);
        else FillText(random, bytes);
    }

    // Words of a fixed vocabulary, the first ones most often, as in a language (Zipf's law); one word in 13 ends its line.
    static void FillText(RandomSource random, Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            byte[] word = words[WordAt(random.NextUInt64())];
            int length = Math.Min(word.Length, bytes.Length);
            word.AsSpan(0, length).CopyTo(bytes);
            bytes = bytes[length..];
        }
    }

    static readonly byte[][] words = MakeWords();

    static byte[][] MakeWords()
    {
        RandomSource random = RandomSource.Seeded(7);
        byte[][] made = new byte[Vocabulary][];
        for (int i = 0; i < made.Length; i++)
        {
            byte[] word = new byte[3 + random.Below(8)];
            for (int j = 0; j < word.Length - 1; j++) word[j] = (byte)"etaoinshrdlucmfwyp"[random.Below(18)];
            word[^1] = (byte)(i % 13 == 12 ? '\n' : ' ');
            made[i] = word;
        }
        return made;
    }

    // The inverse of Zipf's cumulative distribution, near enough: rank r is drawn about 1/r as often as rank 1.
    static int WordAt(ulong chance) => (int)Math.Pow(Vocabulary, chance / (double)ulong.MaxValue) % Vocabulary;
}
