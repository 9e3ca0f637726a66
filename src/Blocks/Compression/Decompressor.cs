namespace Vault.Blocks;

/// <summary>Opens one zstd frame of known length. Not for two callers at once.</summary>
public sealed unsafe class Decompressor : IDisposable
{
    readonly Zstd.DecompressionContext context = Zstd.ZSTD_createDCtx();

    /// <summary>
    /// False unless <paramref name="frame"/> is exactly one frame that declares and has as many bytes as
    /// <paramref name="content"/>: nothing behind it, nothing missing, no memory beyond the caller's.
    /// </summary>
    public bool TryDecompress(ReadOnlySpan<byte> frame, Span<byte> content)
    {
        fixed (byte* f = frame, c = content)
        {
            if (Zstd.ZSTD_getFrameContentSize(f, (nuint)frame.Length) != (ulong)content.Length) return false;
            if (Zstd.ZSTD_findFrameCompressedSize(f, (nuint)frame.Length) != (nuint)frame.Length) return false;
            return Zstd.ZSTD_decompressDCtx(context, c, (nuint)content.Length, f, (nuint)frame.Length) == (nuint)content.Length;
        }
    }

    public void Dispose() => context.Dispose();
}
