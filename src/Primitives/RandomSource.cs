using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Vault.Primitives;

/// <summary>Where chance comes from: the system's generator in the program, a seeded one in tests. Always a constructor's parameter.</summary>
public abstract class RandomSource
{
    public static RandomSource System { get; } = new SystemSource();

    /// <summary>A repeatable source for tests and simulations; never for keys.</summary>
    public static RandomSource Seeded(ulong seed) => new SeededSource(seed);

    public abstract void Fill(Span<byte> destination);

    public ulong NextUInt64()
    {
        Span<byte> bytes = stackalloc byte[8];
        Fill(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    /// <summary>A number from 0 up to but not including <paramref name="bound"/>, without bias.</summary>
    public int Below(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        ulong limit = ulong.MaxValue - ulong.MaxValue % (ulong)bound;
        ulong value;
        do value = NextUInt64(); while (value >= limit);
        return (int)(value % (ulong)bound);
    }

    sealed class SystemSource : RandomSource
    {
        public override void Fill(Span<byte> destination) => RandomNumberGenerator.Fill(destination);
    }

    // SplitMix64: tiny, well spread, and the same on every machine.
    sealed class SeededSource(ulong state) : RandomSource
    {
        ulong state = state;

        public override void Fill(Span<byte> destination)
        {
            Span<byte> word = stackalloc byte[8];
            while (!destination.IsEmpty)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(word, Next());
                int take = Math.Min(8, destination.Length);
                word[..take].CopyTo(destination);
                destination = destination[take..];
            }
        }

        ulong Next()
        {
            ulong z = state += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
