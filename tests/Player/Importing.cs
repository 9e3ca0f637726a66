using System.Buffers.Binary;
using System.Diagnostics;
using Vault.Blocks;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Tests.Player;

/// <summary>An import of many small files and one large one, which ends by a kill when a number of bytes has been read.</summary>
public static class Importing
{
    public const int SmallFiles = 90, TogetherDurable = 30, SmallSize = 20_000, LargeSize = 80 << 20;
    public const long AllBytes = (long)SmallFiles * SmallSize + LargeSize;

    /// <summary>Runs it from wherever the last one ended. Says the references at the end, and how many bytes were read.</summary>
    public static async Task RunAsync(string folder, ulong seed, long killAfter, Action<string> say)
    {
        using World world = new(folder);
        using ImportJournal journal = Journal(world, seed);
        Meter meter = new(killAfter);
        List<FileRef> files = [];
        foreach (int[] together in Enumerable.Range(0, SmallFiles).Chunk(TogetherDurable).Append([SmallFiles]))
        {
            using WriteSession session = world.Store.BeginWrite(World.Vault);
            List<(SourceStamp Source, FileRef File)> finished = [];
            foreach (int number in together)
            {
                SourceStamp source = Stamp(journal, number);
                FileRef file = await world.Writer.WriteAsync(new Source(seed, number, SizeOf(number), meter), session, new Import(journal, source));
                finished.Add((source, file));
                files.Add(file);
            }
            await session.FlushAsync();
            journal.Finish(finished);
        }
        foreach ((FileRef file, int number) in files.Select((file, number) => (file, number))) say(new Fact(FactKind.Durable, number, file).ToString());
        say($"read {meter.Total}");
    }

    public static ImportJournal Journal(World world, ulong seed) => new(world.Store, World.Vault, world.Epoch, RandomSource.Seeded(seed));

    public static SourceStamp Stamp(ImportJournal journal, int number)
    {
        byte[] description = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(description, number);
        return journal.Stamp(description);
    }

    public static int SizeOf(int number) => number < SmallFiles ? SmallSize : LargeSize;

    /// <summary>What an interrupted run has left to go on from.</summary>
    public static long Secured(World world, ulong seed)
    {
        using ImportJournal journal = Journal(world, seed);
        return Enumerable.Range(0, SmallFiles + 1).Sum(number =>
            journal.Finished(Stamp(journal, number)) is { } file ? file.Size : journal.Progress(Stamp(journal, number)).Leaves.Sum(leaf => (long)leaf.Length));
    }

    /// <summary>The references that an uninterrupted import gives.</summary>
    public static async Task<IReadOnlyList<FileRef>> ExpectedAsync(ulong seed)
    {
        using MemoryDatabase blocks = new(StoreKeys.Blocks), meta = new([.. StoreKeys.MetaFamilies]);
        using BlockStore store = new(blocks, meta, TimeProvider.System);
        using Identity.SecretEpoch epoch = World.Secrets();
        using FileWriter writer = new(epoch);
        using WriteSession session = store.BeginWrite(World.Vault);
        List<FileRef> files = [];
        for (int number = 0; number <= SmallFiles; number++) files.Add(await writer.WriteAsync(new Source(seed, number, SizeOf(number), new Meter(long.MaxValue)), session));
        return files;
    }

    sealed class Meter(long killAfter)
    {
        public long Total { get; private set; }

        public void Count(int bytes)
        {
            Total += bytes;
            if (Total > killAfter) Process.GetCurrentProcess().Kill(); // SIGKILL: nothing is flushed, closed or told
        }
    }

    /// <summary>Content that is made as it is read.</summary>
    sealed class Source(ulong seed, int number, long length, Meter meter) : Stream
    {
        const int Stretch = 64 << 10;

        readonly byte[] stretch = new byte[Stretch];
        long made = -1;

        public override bool CanRead => true;
        public override bool CanSeek => true;
        public override bool CanWrite => false;
        public override long Length => length;
        public override long Position { get; set; }

        public override int Read(Span<byte> buffer)
        {
            int at = (int)(Position % Stretch), count = (int)Math.Min(Math.Min(buffer.Length, Stretch - at), length - Position);
            if (Position / Stretch != made)
            {
                made = Position / Stretch;
                RandomSource.Seeded(seed + ((ulong)number << 32) + (ulong)made).Fill(stretch);
            }
            stretch.AsSpan(at, count).CopyTo(buffer);
            Position += count;
            meter.Count(count);
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
        public override long Seek(long offset, SeekOrigin origin) => Position = offset + (origin == SeekOrigin.Begin ? 0 : origin == SeekOrigin.Current ? Position : length);
        public override void Flush() { }
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
