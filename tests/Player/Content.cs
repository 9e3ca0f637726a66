using Vault.Primitives;

namespace Vault.Tests.Player;

/// <summary>
/// The content of file number n in the world of a seed, always the same. Large files are made of stretches from a small
/// stock, so that they share blocks; some small ones are equal; every third compresses.
/// </summary>
public static class Content
{
    const int Stretch = 1 << 20, Stock = 12, EqualFiles = 40;

    public static byte[] Of(ulong seed, int number, int size)
    {
        byte[] content = new byte[size];
        if (size < Stretch)
        {
            Fill(content, seed, number % EqualFiles);
            if (number % 3 == 0) content.AsSpan(size / 2).Fill((byte)number);
            return content;
        }
        RandomSource order = RandomSource.Seeded(seed + (ulong)number);
        for (int at = 0; at < size; at += Stretch) Fill(content.AsSpan(at, Math.Min(Stretch, size - at)), seed, EqualFiles + order.Below(Stock));
        return content;
    }

    static void Fill(Span<byte> bytes, ulong seed, int which) => RandomSource.Seeded(seed * 1000 + (ulong)which).Fill(bytes);
}
