using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Vault.Primitives;

/// <summary>
/// Salsa20 for processors with 512-bit vectors: sixteen blocks of keystream at once, one in each lane, about twice as fast as libsodium,
/// which has no more than 256 bits for it. Elsewhere, and for what is shorter, libsodium does the work.
/// </summary>
static class WideSalsa20
{
    const int Lanes = 16, BlockSize = 64, DoubleRounds = 10;

    /// <summary>Bytes are taken in pieces of this size.</summary>
    public const int PieceSize = Lanes * BlockSize;

    public static bool IsSupported => Avx512F.IsSupported;

    /// <summary>XORs the keystream that begins with a block of this number. Only whole pieces.</summary>
    public static void Xor(Span<byte> pieces, ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ulong block)
    {
        ReadOnlySpan<uint> k = MemoryMarshal.Cast<byte, uint>(key), n = MemoryMarshal.Cast<byte, uint>(nonce), sigma = MemoryMarshal.Cast<byte, uint>("expand 32-byte k"u8);
        Vector512<uint> s0 = Vector512.Create(sigma[0]), s1 = Vector512.Create(k[0]), s2 = Vector512.Create(k[1]), s3 = Vector512.Create(k[2]);
        Vector512<uint> s4 = Vector512.Create(k[3]), s5 = Vector512.Create(sigma[1]), s6 = Vector512.Create(n[0]), s7 = Vector512.Create(n[1]);
        Vector512<uint> s10 = Vector512.Create(sigma[2]), s11 = Vector512.Create(k[4]), s12 = Vector512.Create(k[5]), s13 = Vector512.Create(k[6]);
        Vector512<uint> s14 = Vector512.Create(k[7]), s15 = Vector512.Create(sigma[3]);
        for (; pieces.Length >= PieceSize; pieces = pieces[PieceSize..], block += Lanes)
        {
            (Vector512<uint> s8, Vector512<uint> s9) = Numbers(block);
            Vector512<uint> x0 = s0, x1 = s1, x2 = s2, x3 = s3, x4 = s4, x5 = s5, x6 = s6, x7 = s7, x8 = s8, x9 = s9, x10 = s10, x11 = s11, x12 = s12, x13 = s13, x14 = s14, x15 = s15;
            for (int round = 0; round < DoubleRounds; round++)
            {
                x4 = Mix(x4, x0, x12, 7); x9 = Mix(x9, x5, x1, 7); x14 = Mix(x14, x10, x6, 7); x3 = Mix(x3, x15, x11, 7);
                x8 = Mix(x8, x4, x0, 9); x13 = Mix(x13, x9, x5, 9); x2 = Mix(x2, x14, x10, 9); x7 = Mix(x7, x3, x15, 9);
                x12 = Mix(x12, x8, x4, 13); x1 = Mix(x1, x13, x9, 13); x6 = Mix(x6, x2, x14, 13); x11 = Mix(x11, x7, x3, 13);
                x0 = Mix(x0, x12, x8, 18); x5 = Mix(x5, x1, x13, 18); x10 = Mix(x10, x6, x2, 18); x15 = Mix(x15, x11, x7, 18);

                x1 = Mix(x1, x0, x3, 7); x6 = Mix(x6, x5, x4, 7); x11 = Mix(x11, x10, x9, 7); x12 = Mix(x12, x15, x14, 7);
                x2 = Mix(x2, x1, x0, 9); x7 = Mix(x7, x6, x5, 9); x8 = Mix(x8, x11, x10, 9); x13 = Mix(x13, x12, x15, 9);
                x3 = Mix(x3, x2, x1, 13); x4 = Mix(x4, x7, x6, 13); x9 = Mix(x9, x8, x11, 13); x14 = Mix(x14, x13, x12, 13);
                x0 = Mix(x0, x3, x2, 18); x5 = Mix(x5, x4, x7, 18); x10 = Mix(x10, x9, x8, 18); x15 = Mix(x15, x14, x13, 18);
            }
            ref byte at = ref MemoryMarshal.GetReference(pieces);
            Turn(ref x0, ref x1, ref x2, ref x3, s0, s1, s2, s3);
            Turn(ref x4, ref x5, ref x6, ref x7, s4, s5, s6, s7);
            Turn(ref x8, ref x9, ref x10, ref x11, s8, s9, s10, s11);
            Turn(ref x12, ref x13, ref x14, ref x15, s12, s13, s14, s15);
            Lay(ref at, 0, x0, x4, x8, x12);
            Lay(ref at, 1, x1, x5, x9, x13);
            Lay(ref at, 2, x2, x6, x10, x14);
            Lay(ref at, 3, x3, x7, x11, x15);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<uint> Mix(Vector512<uint> word, Vector512<uint> a, Vector512<uint> b, [System.Diagnostics.CodeAnalysis.ConstantExpected] byte by) => word ^ Avx512F.RotateLeft(a + b, by);

    /// <summary>The numbers of sixteen blocks: their low words, and their high ones.</summary>
    static (Vector512<uint> Low, Vector512<uint> High) Numbers(ulong block)
    {
        Span<uint> low = stackalloc uint[Lanes], high = stackalloc uint[Lanes];
        for (int lane = 0; lane < Lanes; lane++) (low[lane], high[lane]) = ((uint)(block + (ulong)lane), (uint)(block + (ulong)lane >> 32));
        return (Vector512.Create<uint>(low), Vector512.Create<uint>(high));
    }

    /// <summary>
    /// Adds what four words began with, and turns them: what was four words of blocks 0 to 15 is afterwards, for each of the numbers 0 to 3 modulo
    /// four, the four words of four blocks.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Turn(ref Vector512<uint> a, ref Vector512<uint> b, ref Vector512<uint> c, ref Vector512<uint> d, Vector512<uint> fromA, Vector512<uint> fromB, Vector512<uint> fromC, Vector512<uint> fromD)
    {
        (a, b, c, d) = (a + fromA, b + fromB, c + fromC, d + fromD);
        Vector512<ulong> lowAb = Avx512F.UnpackLow(a, b).AsUInt64(), highAb = Avx512F.UnpackHigh(a, b).AsUInt64();
        Vector512<ulong> lowCd = Avx512F.UnpackLow(c, d).AsUInt64(), highCd = Avx512F.UnpackHigh(c, d).AsUInt64();
        a = Avx512F.UnpackLow(lowAb, lowCd).AsUInt32();
        b = Avx512F.UnpackHigh(lowAb, lowCd).AsUInt32();
        c = Avx512F.UnpackLow(highAb, highCd).AsUInt32();
        d = Avx512F.UnpackHigh(highAb, highCd).AsUInt32();
    }

    /// <summary>Puts four blocks together, numbers <paramref name="first"/>, and 4, 8 and 12 further, and XORs them with what lies there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Lay(ref byte at, int first, Vector512<uint> words0, Vector512<uint> words4, Vector512<uint> words8, Vector512<uint> words12)
    {
        const byte even = 0b10_00_10_00, odd = 0b11_01_11_01; // of the four quarters of two vectors
        Vector512<uint> evenLow = Avx512F.Shuffle4x128(words0, words4, even), evenHigh = Avx512F.Shuffle4x128(words8, words12, even);
        Vector512<uint> oddLow = Avx512F.Shuffle4x128(words0, words4, odd), oddHigh = Avx512F.Shuffle4x128(words8, words12, odd);
        Into(ref at, first, Avx512F.Shuffle4x128(evenLow, evenHigh, even));
        Into(ref at, first + 4, Avx512F.Shuffle4x128(oddLow, oddHigh, even));
        Into(ref at, first + 8, Avx512F.Shuffle4x128(evenLow, evenHigh, odd));
        Into(ref at, first + 12, Avx512F.Shuffle4x128(oddLow, oddHigh, odd));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Into(ref byte at, int block, Vector512<uint> keystream)
    {
        nuint offset = (nuint)(block * BlockSize);
        (Vector512.LoadUnsafe(ref at, offset) ^ keystream.AsByte()).StoreUnsafe(ref at, offset);
    }
}
