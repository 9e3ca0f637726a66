namespace Vault.Blocks;

/// <summary>
/// Where cuts may fall. The thresholds follow from the sizes: before <see cref="Normal"/> a cut is four times rarer than one
/// in Normal bytes, after it four times more frequent, which gathers the lengths around it.
/// </summary>
public sealed record ChunkSizes(int Min, int Normal, int Max)
{
    public int Min { get; init; } = 0 <= Min && Min <= Normal && 4 <= Normal && Normal <= Max && Max <= Limits.MaxLeafContent
        ? Min
        : throw new ArgumentException("Chunk sizes ascend, the normal one is at least 4, and the largest fits in a leaf.");

    /// <summary>Format of a vault, chosen by measurement: bench/results/chunk-sizes.md.</summary>
    public static ChunkSizes Default { get; } = new(64 << 10, 192 << 10, 1 << 20);

    /// <summary>A hash below this cuts before Normal bytes.</summary>
    public ulong RareCut => ulong.MaxValue / ((ulong)Normal * 4);

    /// <summary>A hash below this cuts from Normal bytes on.</summary>
    public ulong FrequentCut => ulong.MaxValue / ((ulong)Normal / 4);
}
