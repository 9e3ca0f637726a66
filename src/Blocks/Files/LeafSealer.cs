using System.Collections.Concurrent;
using Vault.Primitives;

namespace Vault.Blocks;

/// <param name="New">Null where the vault has the block already. Lies in the buffer that was sealed.</param>
readonly record struct SealedLeaf(BlockId Id, ContentKey Key, Block? New);

/// <summary>Turns one chunk of content, of at most <c>largest</c> bytes, into a sealed leaf. Safe for use from several threads; their tools are kept for the next chunk.</summary>
sealed class LeafSealer(SecretBytes convergence, int largest) : IDisposable
{
    /// <summary>Where content begins in a leaf's buffer: behind header and flag.</summary>
    public const int ContentOffset = BlockHeaderSize + SealedBody.FlagSize;

    /// <summary>What a leaf is longer than its payload.</summary>
    public const int Overhead = ContentOffset + SealedBody.TagSize;

    const int BlockHeaderSize = BlockHeader.Size;
    const int WorthCompressing = 64;

    /// <summary>Below this, looking whether the content has come before takes as long as it could save.</summary>
    const int WorthRemembering = 16 << 10;

    readonly ConcurrentBag<Tools> idle = [];
    readonly LeafMemory memory = new();

    /// <summary>What one thread needs.</summary>
    sealed record Tools(Compressor Compressor, LeafMemory.FingerPrint FingerPrint, byte[] Output) : IDisposable
    {
        public void Dispose()
        {
            Compressor.Dispose();
            FingerPrint.Dispose();
        }
    }

    /// <summary>
    /// Seals in place: <paramref name="buffer"/> has the content at <see cref="ContentOffset"/> and room for the tag behind it.
    /// </summary>
    /// <param name="claim">Whether the vault has a block, which it won't lose then.</param>
    public SealedLeaf Seal(byte[] buffer, int contentLength, Predicate<BlockId> claim)
    {
        if (!idle.TryTake(out Tools? tools)) tools = new Tools(new Compressor(), memory.NewFingerPrint(), GC.AllocateUninitializedArray<byte>(largest));
        try
        {
            return Seal(buffer, contentLength, tools, claim);
        }
        finally
        {
            idle.Add(tools);
        }
    }

    SealedLeaf Seal(byte[] buffer, int contentLength, Tools tools, Predicate<BlockId> claim)
    {
        Span<byte> content = buffer.AsSpan(ContentOffset, contentLength);
        int payload = 0;
        Hash16? print = null;
        if (contentLength >= WorthCompressing && tools.Compressor.IsWorthTrying(content))
        {
            if (contentLength >= WorthRemembering)
            {
                print = tools.FingerPrint.Of(content);
                if (memory.Find(print.Value) is { } known && claim(known.Id)) return new SealedLeaf(known.Id, known.Key, null);
            }
            payload = tools.Compressor.Compress(content, tools.Output);
            tools.Output.AsSpan(0, payload).CopyTo(content);
        }
        buffer[BlockHeaderSize] = payload == 0 ? SealedBody.Plain : SealedBody.Zstd;
        Memory<byte> bytes = buffer.AsMemory(0, Overhead + (payload == 0 ? contentLength : payload));
        new BlockHeader(0, 0).Write(bytes.Span);
        ContentKey key = SealedBody.Seal(convergence.Span, bytes.Span);
        if (!Block.TryParse(bytes, out Block block)) throw new InvalidOperationException("A sealed leaf is not in its own form.");
        if (print is { } remembered) memory.Remember(remembered, block.Id, key);
        return new SealedLeaf(block.Id, key, block);
    }

    public void Dispose()
    {
        while (idle.TryTake(out Tools? tools)) tools.Dispose();
    }
}
