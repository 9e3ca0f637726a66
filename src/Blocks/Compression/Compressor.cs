using System.Runtime.CompilerServices;

namespace Vault.Blocks;

/// <summary>
/// zstd when it helps. Content that won't shrink (photographs, archives, ciphertext) is recognised by trying a few small
/// samples at the fastest level, which costs a few percent of compressing all of it. Not for two callers at once.
/// </summary>
public sealed unsafe class Compressor : IDisposable
{
    /// <summary>By measurement (bench/results/zstd-levels.md). Not part of the format: another level only makes other blocks.</summary>
    public const int Level = 3;

    /// <summary>zstd's fastest ordinary level, for samples.</summary>
    const int SampleLevel = 1;
    const int SampleSize = 4096;

    /// <summary>Below this, sampling costs as much as trying.</summary>
    const int WorthSampling = 8 * SampleSize;

    readonly Zstd.CompressionContext context = Zstd.ZSTD_createCCtx();
    readonly int level;

    public Compressor(int level = Level) => this.level = level;

    /// <summary>Compresses if that is worth trying; see <see cref="Compress(ReadOnlySpan{byte}, Span{byte})"/>.</summary>
    public int TryCompress(ReadOnlySpan<byte> content, Span<byte> output) => IsWorthTrying(content) ? Compress(content, output) : 0;

    /// <summary>False for content that samples show not to shrink.</summary>
    public bool IsWorthTrying(ReadOnlySpan<byte> content) => content.Length < WorthSampling || LooksCompressible(content);

    /// <summary>
    /// Compresses to <paramref name="output"/> and returns the length of the frame; 0 when it wouldn't save at least one byte
    /// in 32. The output may be shorter than the input: what doesn't fit doesn't help.
    /// </summary>
    public int Compress(ReadOnlySpan<byte> content, Span<byte> output)
    {
        int useful = content.Length - Math.Max(content.Length / 32, 16);
        return useful <= 0 ? 0 : Compress(content, output[..Math.Min(output.Length, useful)], level);
    }

    [SkipLocalsInit]
    bool LooksCompressible(ReadOnlySpan<byte> content)
    {
        Span<byte> output = stackalloc byte[SampleSize];
        for (int i = 1; i <= 3; i++)
        {
            ReadOnlySpan<byte> sample = content.Slice(content.Length / 4 * i - SampleSize / 2, SampleSize);
            if (Compress(sample, output[..(SampleSize - SampleSize / 32)], SampleLevel) > 0) return true;
        }
        return false;
    }

    int Compress(ReadOnlySpan<byte> content, Span<byte> output, int at)
    {
        fixed (byte* o = output, c = content)
        {
            nuint written = Zstd.ZSTD_compressCCtx(context, o, (nuint)output.Length, c, (nuint)content.Length, at);
            return Zstd.ZSTD_isError(written) != 0 ? 0 : (int)written;
        }
    }

    public void Dispose() => context.Dispose();
}
