using System.Buffers.Binary;
using Vault.Blocks;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Bench;

/// <summary>Many small things: where a store shows what it costs beside the bytes.</summary>
static class SmallScenario
{
    const int Size = 1024;
    const int BlocksPerBatch = 1000;

    /// <summary>Files of 1 KiB, each durable with its pin before the next one begins: two synced commits for each.</summary>
    public static async Task<int> CommitsAsync(string folder, int count)
    {
        using BenchStore store = new(folder);
        using FileWriter writer = new(store.Keys.Current);
        RandomSource random = RandomSource.Seeded(2);
        byte[] content = new byte[Size];
        Meter meter = new();
        for (int i = 0; i < count; i++)
        {
            random.Fill(content);
            using WriteSession session = store.Blocks.BeginWrite(store.Tag);
            FileRef file = await writer.WriteAsync(new MemoryStream(content), session);
            await session.FlushAsync();
            Batch pins = new();
            store.Blocks.Pins.Add(pins, store.Tag, file.Root, PinReason.Head);
            store.Meta.Commit(pins, Durability.Synced);
        }
        Finish("commits", count, meter, folder);
        return 0;
    }

    /// <summary>Blocks of 1 KiB in batches of a thousand, each batch durable before its writer's next; a writer for each core.</summary>
    public static async Task<int> PutsAsync(string folder, int count)
    {
        using BenchStore store = new(folder);
        Meter meter = new();
        int batches = (count + BlocksPerBatch - 1) / BlocksPerBatch, begun = 0;
        await Task.WhenAll(Enumerable.Range(0, Environment.ProcessorCount).Select(_ => Task.Run(async () =>
        {
            byte[] batch = new byte[BlocksPerBatch * Size];
            RandomSource.Seeded(3).Fill(batch);
            for (int i = 0; i < BlocksPerBatch; i++) new BlockHeader(0, 0).Write(batch.AsSpan(i * Size));
            for (int mine; (mine = Interlocked.Increment(ref begun) - 1) < batches;)
                await PutAsync(store, batch, mine * BlocksPerBatch, Math.Min(BlocksPerBatch, count - mine * BlocksPerBatch));
        })));
        Finish("puts", count, meter, folder);
        return 0;
    }

    static async Task PutAsync(BenchStore store, byte[] batch, int first, int count)
    {
        using WriteSession session = store.Blocks.BeginWrite(store.Tag);
        for (int i = 0; i < count; i++)
        {
            Memory<byte> bytes = batch.AsMemory(i * Size, Size);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.Span[BlockHeader.Size..], first + i); // enough to make it another block; fresh noise would be measured too
            if (!Block.TryParse(bytes, out Block block)) throw new InvalidOperationException("a leaf of noise is a leaf");
            await session.AddAsync(block);
        }
        await session.FlushAsync();
    }

    static void Finish(string what, int count, Meter meter, string folder) => Report.Line(what, meter,
        ("count", count), ("per_second", count / meter.Seconds), ("store_files", Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Length));
}
