using System.Diagnostics;
using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Bench;

/// <summary>
/// What each zstd level makes of a tree's chunks, and how fast, on one thread. All levels take each chunk one after the other, in
/// an order that moves on from chunk to chunk, so that whatever else the machine does meets them alike.
/// </summary>
static class LevelsScenario
{
    static readonly int[] levels = [1, 2, 3, 4, 5, 6];

    public static int Run(string source)
    {
        using VaultKeys keys = VaultKeys.Create(RandomSource.Seeded(1));
        Chunker chunker = new(new GearTable(keys.Current.Chunker.Span), ChunkSizes.Default);
        Tried[] tried = [.. levels.Select(level => new Tried(level))];
        Meter meter = new();
        foreach (FileInfo file in new DirectoryInfo(source).EnumerateFiles("*", SearchOption.AllDirectories))
        {
            byte[] content = File.ReadAllBytes(file.FullName);
            for (int at = 0, chunk = 0; at < content.Length; chunk++)
            {
                int length = chunker.Cut(content.AsSpan(at));
                for (int i = 0; i < tried.Length; i++) tried[(i + chunk) % tried.Length].Try(content.AsSpan(at, length));
                at += length;
            }
        }
        foreach (Tried level in tried)
        {
            level.Say(meter);
            level.Dispose();
        }
        return 0;
    }

    sealed class Tried(int level) : IDisposable
    {
        readonly Compressor compressor = new(level);
        readonly Decompressor decompressor = new();
        readonly byte[] output = new byte[Limits.MaxLeafContent], back = new byte[Limits.MaxLeafContent];
        long content, stored, shrunk, shrunkTo, ticks, shrunkTicks, backTicks;

        public void Try(ReadOnlySpan<byte> chunk)
        {
            long start = Stopwatch.GetTimestamp();
            int length = compressor.TryCompress(chunk, output);
            long took = Stopwatch.GetTimestamp() - start;
            content += chunk.Length;
            stored += length == 0 ? chunk.Length : length;
            ticks += took;
            if (length == 0) return;
            shrunk += chunk.Length;
            shrunkTo += length;
            shrunkTicks += took;
            start = Stopwatch.GetTimestamp();
            if (!decompressor.TryDecompress(output.AsSpan(0, length), back.AsSpan(0, chunk.Length))) throw new InvalidOperationException("what was compressed can be decompressed");
            backTicks += Stopwatch.GetTimestamp() - start;
        }

        public void Say(Meter meter) => Report.Line("levels", meter, ("level", level), ("content_bytes", content), ("stored_bytes", stored),
            ("shrunk_bytes", shrunk), ("shrunk_to_bytes", shrunkTo), ("seconds", Seconds(ticks)), ("shrunk_seconds", Seconds(shrunkTicks)), ("back_seconds", Seconds(backTicks)));

        public void Dispose()
        {
            compressor.Dispose();
            decompressor.Dispose();
        }

        static double Seconds(long ticks) => ticks / (double)Stopwatch.Frequency;
    }
}
