using System.Numerics;
using System.Runtime.InteropServices;

namespace Vault.Blocks;

/// <summary>
/// The blocks that a collection must not touch, as a Bloom filter: two bytes a block whatever the store holds, and its one
/// error, taking a block for marked that isn't, keeps garbage until the next collection and never loses anything. Safe for
/// use from several threads.
/// </summary>
sealed class Marks
{
    const int BitsPerBlock = 16;
    const int Probes = 6;
    const int LeastBlocks = 1 << 12;

    readonly long[] words;
    readonly ulong mask;
    readonly ulong seed; // another one each time: what was kept by accident is let go by the next collection

    public Marks(long expectedBlocks, ulong seed)
    {
        ulong bits = BitOperations.RoundUpToPowerOf2((ulong)Math.Max(expectedBlocks, LeastBlocks) * BitsPerBlock);
        words = new long[bits / 64];
        mask = bits - 1;
        this.seed = seed | 1;
    }

    public void Add(BlockId id)
    {
        (ulong at, ulong step) = Start(id);
        for (int i = 0; i < Probes; i++, at += step)
        {
            ref long word = ref words[(at & mask) >> 6];
            long bit = 1L << (int)(at & 63);
            if ((Volatile.Read(ref word) & bit) == 0) Interlocked.Or(ref word, bit);
        }
    }

    public bool MayContain(BlockId id)
    {
        (ulong at, ulong step) = Start(id);
        for (int i = 0; i < Probes; i++, at += step)
            if ((Volatile.Read(ref words[(at & mask) >> 6]) & 1L << (int)(at & 63)) == 0) return false;
        return true;
    }

    // An id is a hash already; the seed and two odd multipliers make two independent numbers of its words.
    (ulong At, ulong Step) Start(BlockId id)
    {
        Span<byte> bytes = stackalloc byte[BlockId.Size];
        id.CopyTo(bytes);
        ReadOnlySpan<ulong> w = MemoryMarshal.Cast<byte, ulong>(bytes);
        ulong at = (w[0] ^ seed) * 0x9E3779B97F4A7C15, step = (w[1] + seed) * 0xBF58476D1CE4E5B9;
        return (at ^ at >> 29, step ^ step >> 31 | 1);
    }
}
