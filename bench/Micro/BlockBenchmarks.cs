using BenchmarkDotNet.Attributes;
using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Bench;

/// <summary>What each block costs in arithmetic: its name, sealing it, opening it.</summary>
public class BlockBenchmarks
{
    readonly VaultKeys keys = VaultKeys.Create(RandomSource.Seeded(1));
    byte[] block = [], sealedBlock = [], body = [];
    ContentKey key;

    [Params(4 << 10, 256 << 10)]
    public int Size { get; set; }

    [GlobalSetup]
    public void MakeBlock()
    {
        block = new byte[BlockHeader.Size + SealedBody.Overhead + Size];
        Content.Fill(ContentKind.Noise, RandomSource.Seeded(2), block);
        new BlockHeader(0, 0).Write(block);
        sealedBlock = [.. block];
        key = SealedBody.Seal(keys.Current.Convergence.Span, sealedBlock);
        body = new byte[SealedBody.FlagSize + Size];
    }

    [GlobalCleanup]
    public void Close() => keys.Dispose();

    [Benchmark]
    public BlockId Hash() => BlockId.Of(sealedBlock);

    /// <summary>In place: what one run sealed is the next one's content.</summary>
    [Benchmark]
    public ContentKey Seal() => SealedBody.Seal(keys.Current.Convergence.Span, block);

    [Benchmark]
    public bool Open() => SealedBody.TryOpen(key, sealedBlock, new BlockHeader(0, 0), body);
}
