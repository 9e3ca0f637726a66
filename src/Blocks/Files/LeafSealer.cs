using System.Collections.Concurrent;
using Vault.Primitives;

namespace Vault.Blocks;

/// <summary>Turns one chunk of content, of at most <c>largest</c> bytes, into a sealed leaf. Safe for use from several threads; compressors are kept for the next chunk.</summary>
sealed class LeafSealer(SecretBytes convergence, int largest) : IDisposable
{
    /// <summary>Where content begins in a leaf's buffer: behind header and flag.</summary>
    public const int ContentOffset = BlockHeaderSize + SealedBody.FlagSize;

    /// <summary>What a leaf is longer than its payload.</summary>
    public const int Overhead = ContentOffset + SealedBody.TagSize;

    const int BlockHeaderSize = BlockHeader.Size;
    const int WorthCompressing = 64;

    readonly ConcurrentBag<(Compressor Compressor, byte[] Output)> compressors = [];

    /// <summary>
    /// Seals in place: <paramref name="buffer"/> has the content at <see cref="ContentOffset"/> and room for the tag behind
    /// it. Returns the block, which lies in the buffer, and its key.
    /// </summary>
    public (Block Block, ContentKey Key) Seal(byte[] buffer, int contentLength)
    {
        int payload = Compress(buffer, contentLength);
        buffer[BlockHeaderSize] = payload == 0 ? SealedBody.Plain : SealedBody.Zstd;
        Memory<byte> bytes = buffer.AsMemory(0, Overhead + (payload == 0 ? contentLength : payload));
        new BlockHeader(0, 0).Write(bytes.Span);
        ContentKey key = SealedBody.Seal(convergence.Span, bytes.Span);
        if (!Block.TryParse(bytes, out Block block)) throw new InvalidOperationException("A sealed leaf is not in its own form.");
        return (block, key);
    }

    int Compress(byte[] buffer, int length)
    {
        if (length < WorthCompressing) return 0;
        if (!compressors.TryTake(out (Compressor Compressor, byte[] Output) tools)) tools = (new Compressor(), GC.AllocateUninitializedArray<byte>(largest));
        int payload = tools.Compressor.TryCompress(buffer.AsSpan(ContentOffset, length), tools.Output);
        tools.Output.AsSpan(0, payload).CopyTo(buffer.AsSpan(ContentOffset));
        compressors.Add(tools);
        return payload;
    }

    public void Dispose()
    {
        while (compressors.TryTake(out (Compressor Compressor, byte[] Output) tools)) tools.Compressor.Dispose();
    }
}
