namespace Vault.Primitives;

/// <summary>How large a difference is, guessed from cells that are too few to read it.</summary>
public static class DifferenceEstimate
{
    /// <summary>
    /// Each differing id adds 1 or -1 to cell i with probability p = 1/(1 + i/2). So a cell's count strays from p times the net
    /// difference with variance d·p·(1-p); the mean over the cells tells d within about 30 % from 64 cells. Only a guess comes
    /// of it, so it doesn't matter that other machines may round otherwise.
    /// </summary>
    /// <param name="difference">The first cells of the difference.</param>
    /// <param name="net">How many more ids the first set has than the second.</param>
    public static long Of(ReadOnlySpan<Cell> difference, long net)
    {
        double sum = 0;
        for (int i = 1; i < difference.Length; i++)
        {
            double p = 2.0 / (i + 2), expected = p * net, rounded = Math.Round(expected);
            // The count is known modulo 2^16; it lies near what is expected.
            double stray = (short)(difference[i].Count - (long)rounded) + (rounded - expected);
            sum += stray * stray / (p * (1 - p));
        }
        double estimate = difference.Length < 2 ? 0 : sum / (difference.Length - 1);
        return Math.Max(Math.Max(1, Math.Abs(net)), (long)Math.Ceiling(estimate));
    }
}
