using BenchmarkDotNet.Attributes;
using Vault.Blocks;
using Vault.Primitives;

namespace Vault.Bench;

/// <summary>Blocks into a real database and out of it. One operation is one block; putting ends with the flush that makes a batch durable.</summary>
public class StoreBenchmarks
{
    const int Batch = 1000;

    /// <summary>What is read: small enough to stay in the page cache, so that it is the store that is measured and not the disk.</summary>
    const int Readable = 1000;

    BenchStore store = null!;
    string folder = "";
    RandomSource random = null!;
    Block[] fresh = [];
    BlockId[] known = [];
    int next;

    /// <summary>1 KiB goes through the log into the tables, 256 KiB around it into blob files.</summary>
    [Params(1 << 10, 256 << 10)]
    public int Size { get; set; }

    [GlobalSetup]
    public async Task OpenAsync()
    {
        folder = Directory.CreateTempSubdirectory("vault-micro-").FullName;
        store = new BenchStore(folder);
        random = RandomSource.Seeded(4);
        Block[] blocks = Leaves(Readable);
        known = [.. blocks.Select(block => block.Id)];
        await WriteAsync(blocks);
    }

    [GlobalCleanup]
    public void Close()
    {
        store.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    // Each batch is new to the store and stays in it: few enough iterations that the temporary folder stays under 5 GB.
    [IterationSetup(Target = nameof(PutAsync))]
    public void MakeBatch() => fresh = Leaves(Batch);

    [Benchmark(OperationsPerInvoke = Batch)]
    [InvocationCount(1)]
    [WarmupCount(3)]
    [IterationCount(15)]
    public Task PutAsync() => WriteAsync(fresh);

    [Benchmark]
    public int Get()
    {
        next = (next + 1) % known.Length;
        using StoredBlock block = store.Blocks.Read(store.Tag, known[next]) ?? throw new InvalidOperationException("what was written is there");
        return block.Bytes.Length;
    }

    async Task WriteAsync(Block[] blocks)
    {
        using WriteSession session = store.Blocks.BeginWrite(store.Tag);
        foreach (Block block in blocks) await session.AddAsync(block);
        await session.FlushAsync();
    }

    Block[] Leaves(int count)
    {
        Block[] leaves = new Block[count];
        for (int i = 0; i < count; i++)
        {
            byte[] bytes = new byte[Size];
            random.Fill(bytes);
            new BlockHeader(0, 0).Write(bytes);
            leaves[i] = Block.TryParse(bytes, out Block block) ? block : throw new InvalidOperationException("a leaf of noise is a leaf");
        }
        return leaves;
    }
}
