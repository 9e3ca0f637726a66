using System.Runtime.InteropServices;
using Vault.Primitives;

namespace Vault.Blocks;

/// <summary>libzstd, only what is used, C names kept.</summary>
static unsafe partial class Zstd
{
    const string Library = "zstd";

    static Zstd() => NativeLibraries.Use(typeof(Zstd).Assembly, Library, "libzstd1", "libzstd.so.1");

    [LibraryImport(Library)] internal static partial CompressionContext ZSTD_createCCtx();
    [LibraryImport(Library)] internal static partial nuint ZSTD_freeCCtx(nint context);
    [LibraryImport(Library)] internal static partial nuint ZSTD_compressCCtx(CompressionContext context, byte* output, nuint capacity, byte* input, nuint length, int level);
    [LibraryImport(Library)] internal static partial DecompressionContext ZSTD_createDCtx();
    [LibraryImport(Library)] internal static partial nuint ZSTD_freeDCtx(nint context);
    [LibraryImport(Library)] internal static partial nuint ZSTD_decompressDCtx(DecompressionContext context, byte* output, nuint capacity, byte* input, nuint length);
    [LibraryImport(Library)] internal static partial uint ZSTD_isError(nuint code);
    [LibraryImport(Library)] internal static partial ulong ZSTD_getFrameContentSize(byte* input, nuint length);
    [LibraryImport(Library)] internal static partial nuint ZSTD_findFrameCompressedSize(byte* input, nuint length);

    internal sealed class CompressionContext() : SafeHandle(0, true)
    {
        public override bool IsInvalid => handle == 0;
        protected override bool ReleaseHandle() => ZSTD_freeCCtx(handle) == 0;
    }

    internal sealed class DecompressionContext() : SafeHandle(0, true)
    {
        public override bool IsInvalid => handle == 0;
        protected override bool ReleaseHandle() => ZSTD_freeDCtx(handle) == 0;
    }
}
