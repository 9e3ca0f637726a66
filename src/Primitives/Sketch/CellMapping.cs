namespace Vault.Primitives;

/// <summary>
/// The cells an id falls into: the first, and then ever fewer, cell i with probability 1/(1 + i/2). Each gap comes out of one
/// 32-bit draw by the exact inverse of its distribution. Floating point is used only where IEEE 754 leaves no choice of result
/// (×, ÷, +, square root, rounding up), so every machine finds the same cells.
/// </summary>
public struct CellMapping(ulong hash)
{
    ulong state = hash;

    /// <summary>The current cell; begins with 0.</summary>
    public long Index { get; private set; }

    public void Advance()
    {
        state += 0x9E3779B97F4A7C15; // SplitMix64
        ulong z = state;
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
        z = (z ^ z >> 27) * 0x94D049BB133111EB;
        z ^= z >> 31;
        // The chance of no cell in (i, g] is (i+1)(i+2) / (g+1)(g+2): solve for g at a uniform draw.
        double draw = (z >> 32) + 0.5;
        double product = (double)(Index + 1) * (Index + 2) * 4294967296.0 / draw;
        Index = Math.Max((long)Math.Ceiling(Math.Sqrt(product + 0.25) - 1.5), Index + 1);
    }
}
