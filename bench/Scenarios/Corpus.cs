using Vault.Primitives;

namespace Vault.Bench;

/// <summary>
/// Trees of files to store, the same from the same seed, for a machine that has none: <c>big</c>, one file of noise;
/// <c>edited</c>, the same with 1 % of its bytes new at 100 places, inserted and overwritten in turn; <c>mixed</c>, files of all
/// sizes, half of them text, a third of the bytes copies of others.
/// </summary>
static class Corpus
{
    const long Full = 1 << 30;
    const int Edits = 100;
    const int LargestFile = 16 << 20;
    const int LeastFile = 64;

    public static int Make(string target, double scale)
    {
        if (Directory.Exists(target)) return 0;
        string unfinished = target + ".part";
        foreach (string name in (string[])["big", "edited", "mixed"]) Directory.CreateDirectory(Path.Combine(unfinished, name));
        byte[] big = new byte[(int)(Full * scale)];
        RandomSource.Seeded(11).Fill(big);
        File.WriteAllBytes(Path.Combine(unfinished, "big", "big.bin"), big);
        WriteEdited(Path.Combine(unfinished, "edited", "big.bin"), big);
        WriteMixed(Path.Combine(unfinished, "mixed"), (long)(Full * scale));
        Directory.Move(unfinished, target);
        return 0;
    }

    static void WriteEdited(string path, ReadOnlySpan<byte> big)
    {
        RandomSource random = RandomSource.Seeded(12);
        using FileStream output = File.Create(path);
        byte[] edit = new byte[big.Length / 100 / Edits];
        int stretch = big.Length / Edits;
        for (int i = 0; i < Edits; i++)
        {
            int start = i * stretch, at = start + random.Below(stretch - edit.Length), end = i == Edits - 1 ? big.Length : start + stretch;
            random.Fill(edit);
            output.Write(big[start..at]);
            output.Write(edit);
            output.Write(big[(at + (i % 2 == 0 ? 0 : edit.Length))..end]);
        }
    }

    static void WriteMixed(string folder, long total)
    {
        RandomSource random = RandomSource.Seeded(13);
        byte[] content = new byte[LargestFile];
        List<string> unique = [];
        long have = 0;
        for (int i = 0; have < total; i++)
        {
            string path = Path.Combine(folder, $"f{i:d5}");
            if (have > total / 3 * 2)
            {
                File.Copy(unique[random.Below(unique.Count)], path);
            }
            else
            {
                // Sizes spread evenly over the powers of two: most files are small, most bytes are in large ones.
                Span<byte> bytes = content.AsSpan(0, (int)(LeastFile * Math.Pow(LargestFile / (double)LeastFile, random.Below(1000) / 1000.0)));
                Content.Fill(i % 2 == 0 ? ContentKind.Text : ContentKind.Noise, random, bytes);
                File.WriteAllBytes(path, bytes);
                unique.Add(path);
            }
            have += new FileInfo(path).Length;
        }
    }
}
