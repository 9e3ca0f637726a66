using BenchmarkDotNet.Attributes;
using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Bench;

/// <summary>Finding the cuts in 64 MiB: more than any cache holds, as a file's content is.</summary>
public class ChunkBenchmarks
{
    readonly VaultKeys keys = VaultKeys.Create(RandomSource.Seeded(1));
    Chunker chunker = null!;
    byte[] content = [];

    [Params(64 << 20)]
    public int Size { get; set; }

    [ParamsAllValues]
    public ContentKind Kind { get; set; }

    [GlobalSetup]
    public void MakeContent()
    {
        chunker = new Chunker(new GearTable(keys.Current.Chunker.Span), ChunkSizes.Default);
        content = new byte[Size];
        Content.Fill(Kind, RandomSource.Seeded(3), content);
    }

    [GlobalCleanup]
    public void Close() => keys.Dispose();

    [Benchmark]
    public int Chunk()
    {
        int chunks = 0;
        for (int at = 0; at < content.Length; chunks++) at += chunker.Cut(content.AsSpan(at));
        return chunks;
    }
}

/// <summary>Compressing a chunk, or finding out that it isn't worth it.</summary>
public class CompressBenchmarks
{
    Compressor compressor = null!;
    byte[] content = [], output = [];

    [Params(192 << 10)]
    public int Size { get; set; }

    [ParamsAllValues]
    public ContentKind Kind { get; set; }

    [Params(1, 3, 6)]
    public int Level { get; set; }

    [GlobalSetup]
    public void MakeContent()
    {
        compressor = new Compressor(Level);
        content = new byte[Size];
        Content.Fill(Kind, RandomSource.Seeded(3), content);
        output = new byte[Size];
    }

    [GlobalCleanup]
    public void Close() => compressor.Dispose();

    [Benchmark]
    public int Compress() => compressor.TryCompress(content, output);
}
