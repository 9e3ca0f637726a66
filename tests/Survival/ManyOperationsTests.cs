using System.Runtime.InteropServices;
using Vault.Blocks;
using Vault.Primitives;
using Vault.Store;
using Vault.Tests.Faults;
using Vault.Tests.Player;
using Vault.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace Vault.Survival.Tests;

/// <summary>
/// Adds, reads, pins and unpins from several threads while collections that hold nothing run without a pause. Files come from a
/// small stock, so that writers meet blocks that are just being swept all the time. The oracle is each thread's own list: what
/// it has pinned must read back, whatever the others and the collector do.
/// </summary>
[Collection(Alone)]
public sealed partial class ManyOperationsTests(ITestOutputHelper output) : IDisposable
{
    /// <summary>What it measures is the whole process's: no other test may run beside it.</summary>
    [CollectionDefinition(Alone, DisableParallelization = true)]
    public sealed class ByItself;

    const string Alone = "alone";
    const int Threads = 4, Stock = 400, MostKept = 60, ReadingsPerQuarter = 8;
    const ulong WorldSeed = 11;

    readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task No_referenced_block_is_ever_missing_and_nothing_leaks()
    {
        Seed seed = Seed.FromEnvironment();
        int each = LongRun.Cases(20_000, 1_000_000) / Threads;
        using World world = new(folder["data"]);
        List<Figures> figures = [];
        long done = 0, readAt = 0;
        using CancellationTokenSource stop = new();
        Task<long> collector = Task.Run(() => CollectAsync(world, seed, stop.Token));
        Worker[] workers = [.. Enumerable.Range(0, Threads).Select(i => new Worker(world, seed.Value + (ulong)i, i))];
        try
        {
            await Task.WhenAll(workers.Select(worker => Task.Run(async () =>
            {
                for (int i = 0; i < each; i++)
                {
                    await worker.StepAsync();
                    long now = Interlocked.Increment(ref done);
                    if (now * 4 * ReadingsPerQuarter / ((long)each * Threads) is var reading && Interlocked.Exchange(ref readAt, reading) < reading)
                        lock (figures) figures.Add(Figures.Of(world));
                }
            })));
        }
        finally
        {
            await stop.CancelAsync();
        }
        long collections = await collector;
        output.WriteLine($"{done} operations, {collections} collections, {seed}\n{string.Join('\n', figures)}");
        Assert.True(collections > 10, "the collector hardly ran");

        foreach (Worker worker in workers) await worker.RequireAllAsync();
        Assert.Empty(world.Store.Missing(World.Vault));
        Assert.Equal(0, (await world.ScrubAsync()).Damaged);
        RequireFlat(figures, seed);
    }

    static async Task<long> CollectAsync(World world, Seed seed, CancellationToken stop)
    {
        long collections = 0;
        for (; !stop.IsCancellationRequested; collections++)
        {
            world.Collect(seed.Value + (ulong)collections);
            if (collections % 200 == 199) await world.ReturnSpaceAsync();
        }
        return collections;
    }

    // The first half fills caches, pools and the heap. Afterwards handles may not grow but by chance, and neither may the least
    // native memory that was held at a moment of a quarter: what work in hand takes comes and goes, what leaks stays. Of managed memory
    // the work in hand holds ten megabytes more at one moment than at the next, so there it is the median. A kilobyte leaked for each
    // thirty operations would be 8 MB a quarter in a run of 10^6.
    static void RequireFlat(List<Figures> figures, Seed seed)
    {
        Figures[] third = [.. figures.Skip(2 * ReadingsPerQuarter).Take(ReadingsPerQuarter)], last = [.. figures.TakeLast(ReadingsPerQuarter)];
        string because = $"{string.Join('\n', third.AsEnumerable())}\nin the third quarter,\n{string.Join('\n', last.AsEnumerable())}\nin the last, {seed}";
        Assert.True(last.Max(at => at.Descriptors) <= third.Max(at => at.Descriptors) + 64, $"descriptors: {because}");
        Assert.True(last.Max(at => at.Versions) <= third.Max(at => at.Versions) + 16, $"versions: {because}");
        Assert.True(last.Max(at => at.Snapshots) <= Threads + 2, $"snapshots: {because}");
        Assert.True(last.Min(at => at.NativeKibibytes) <= third.Min(at => at.NativeKibibytes) + 4096, $"native memory: {because}");
        // In a short run the pools of buffers, some 20 MiB, may still be filling.
        Assert.True(Median(last) <= Median(third) + LongRun.Cases(24 << 10, 8 << 10), $"managed memory: {because}");

        static long Median(Figures[] quarter) => quarter.Select(at => at.ManagedKibibytes).Order().ElementAt(quarter.Length / 2);
    }

    /// <summary>
    /// What the process and the databases hold at a moment. Native: what malloc has given out and not got back, less the
    /// memtables and the cache, which have their own bounds. (The resident set also counts what malloc keeps of freed memory.)
    /// </summary>
    sealed partial record Figures(int Descriptors, long NativeKibibytes, long ManagedKibibytes, long Versions, long Snapshots)
    {
        public static Figures Of(World world)
        {
            long managed = GC.GetTotalMemory(forceFullCollection: true);
            DatabaseFigures blocks = world.Opened.BlocksDatabase.Figures(), meta = world.Opened.Meta.Figures();
            AllocatedMemory allocated = mallinfo2();
            long native = (long)(allocated.InUse + allocated.Mapped) - blocks.MemoryBytes - meta.MemoryBytes - world.Memory.CachedBytes;
            return new Figures(Directory.GetFiles("/proc/self/fd").Length, native >> 10, managed >> 10, blocks.Versions + meta.Versions, blocks.Snapshots + meta.Snapshots);
        }

        /// <summary>glibc's struct mallinfo2, over all arenas.</summary>
        [StructLayout(LayoutKind.Sequential)]
        readonly struct AllocatedMemory
        {
            readonly nuint arena, freeChunks, fastChunks, mappedRegions;
            public readonly nuint Mapped;
            readonly nuint unused, fastFree;
            public readonly nuint InUse;
            readonly nuint free, releasable;
        }

        [LibraryImport("libc")] private static partial AllocatedMemory mallinfo2();
    }

    /// <summary>One thread's files. Its numbers tell its pins apart from the others'; the contents are everyone's.</summary>
    sealed class Worker(World world, ulong seed, int index)
    {
        readonly RandomSource random = RandomSource.Seeded(seed);
        readonly List<(int Number, int Content, FileRef File)> kept = [];
        int next = index;

        public Task StepAsync() => random.Below(100) switch
        {
            < 30 when kept.Count < MostKept => AddAsync(),
            < 45 => PinAgainAsync(),
            < 70 => ReadAsync(random.Below(Math.Max(1, kept.Count))),
            _ => UnpinAsync(),
        };

        public async Task RequireAllAsync()
        {
            for (int i = 0; i < kept.Count; i++) await ReadAsync(i);
        }

        // One in a thousand goes past the log; each has leaves of several files' stretches.
        async Task AddAsync()
        {
            int content = random.Below(Stock), number = next += Threads;
            IReadOnlyList<FileRef> added = await world.AddAsync([(number, ContentOf(content))]);
            kept.Add((number, content, added[0]));
        }

        /// <summary>Another reason for a tree that is pinned already, and then only that one.</summary>
        Task PinAgainAsync()
        {
            if (kept.Count == 0) return Task.CompletedTask;
            int at = random.Below(kept.Count), number = next += Threads;
            world.PinAgain(number, kept[at].Number, kept[at].File);
            kept[at] = kept[at] with { Number = number };
            return Task.CompletedTask;
        }

        async Task ReadAsync(int at)
        {
            if (kept.Count == 0) return;
            (int number, int content, FileRef file) = kept[at];
            byte[] read = await world.ReadAsync(file);
            Assert.True(read.AsSpan().SequenceEqual(ContentOf(content)), $"file {number} of content {content} reads back as something else");
        }

        Task UnpinAsync()
        {
            if (kept.Count == 0) return Task.CompletedTask;
            int at = random.Below(kept.Count);
            world.Unpin([(kept[at].Number, kept[at].File)], Durability.Logged);
            kept.RemoveAt(at);
            return Task.CompletedTask;
        }

        static byte[] ContentOf(int content) => Content.Of(WorldSeed, content, content switch { 0 => 5 << 20, < 4 => 300_000, _ => 500 + content * 20 });
    }
}
