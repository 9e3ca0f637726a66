using System.Diagnostics;
using Vault.Blocks;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Bench;

/// <summary>Many small things: where a store shows what it costs beside the bytes.</summary>
static class SmallScenario
{
    const int Size = 1024;
    const int BlocksPerBatch = 1000;

    public static async Task<int> CommitsAsync(string folder, int count)
    {
        using BenchStore store = new(folder);
        using FileWriter writer = new(store.Keys.Current);
        RandomSource random = RandomSource.Seeded(2);
        byte[] content = new byte[Size];
        long start = Stopwatch.GetTimestamp();
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
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        int files = Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Length;
        Console.WriteLine($"{{\"commits\":{count},\"perSecond\":{count / seconds:f0},\"files\":{files}}}");
        return 0;
    }

    public static async Task<int> PutsAsync(string folder, int count)
    {
        using BenchStore store = new(folder);
        RandomSource random = RandomSource.Seeded(3);
        byte[] sealedBytes = new byte[BlocksPerBatch * Size];
        double seconds = 0;
        for (int done = 0; done < count; done += BlocksPerBatch)
        {
            random.Fill(sealedBytes);
            long start = Stopwatch.GetTimestamp();
            using WriteSession session = store.Blocks.BeginWrite(store.Tag);
            for (int i = 0; i < BlocksPerBatch; i++)
            {
                Memory<byte> bytes = sealedBytes.AsMemory(i * Size, Size);
                new BlockHeader(0, 0).Write(bytes.Span);
                if (!Block.TryParse(bytes, out Block block)) throw new InvalidOperationException("a leaf of noise is a leaf");
                await session.AddAsync(block);
            }
            await session.FlushAsync();
            seconds += Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        Console.WriteLine($"{{\"puts\":{count},\"perSecond\":{count / seconds:f0}}}");
        return 0;
    }
}
