using Vault.Identity;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Blocks.Tests;

public sealed class FileWriterTests
{
    [Fact]
    public void The_same_content_gives_the_same_file_however_it_comes() => Seed.Check(LongRun.Cases(40, 2000), random => RunAsync(random).GetAwaiter().GetResult());

    static async Task RunAsync(RandomSource random)
    {
        byte[] content = random.BytesUpTo(random.Below(4) == 0 ? 100_000 : 2000);
        FileRef? expected = null;
        foreach (Stream stream in (Stream[])[
            new MemoryStream(content), new Trickle(content, () => 1, seekable: false), new Trickle(content, () => 1 + random.Below(5000), seekable: false),
            new Trickle(content, () => 1 + random.Below(5000), seekable: true), new Trickle(content, () => 1 + random.Below(100), seekable: true) { ClaimedLength = content.Length / 2 }])
        {
            using Rig rig = Rig.InMemory();
            using WriteSession session = rig.Store.BeginWrite(Rig.Vault);
            FileRef file = await rig.Writer.WriteAsync(stream, session);
            await session.FlushAsync();
            expected ??= file;
            Assert.Equal(expected, file);
            Assert.Equal(content, await rig.ReadAsync(file));
        }
    }

    [Fact]
    public async Task It_begins_where_the_stream_stands()
    {
        using Rig rig = Rig.InMemory();
        using WriteSession session = rig.Store.BeginWrite(Rig.Vault);
        byte[] content = Some.Noise(5000);
        FileRef file = await rig.Writer.WriteAsync(new MemoryStream(content) { Position = 1000 }, session);
        Assert.Equal(file, await rig.Writer.WriteAsync(new MemoryStream(content[1000..]), session));
    }

    [Fact]
    public async Task The_default_sizes_read_and_write_megabytes()
    {
        using Rig rig = Rig.InMemory();
        using FileWriter writer = new(rig.Epoch);
        byte[] content = Some.Noise(20 << 20);
        content.AsSpan(5 << 20, 6 << 20).Clear();
        using WriteSession session = rig.Store.BeginWrite(Rig.Vault);
        FileRef file = await writer.WriteAsync(new Trickle(content, () => 77_777, seekable: false), session);
        await session.FlushAsync();
        Assert.Equal(content, await rig.ReadAsync(file));
        Assert.InRange(session.NewBytes, 14 << 20, (14 << 20) + (1 << 20)); // the zeros are one leaf that shrinks to nothing
    }

    [Fact]
    public async Task What_two_files_share_is_stored_once_in_one_session_or_two()
    {
        using Rig rig = Rig.InMemory();
        using FileWriter writer = new(rig.Epoch, new ChunkSizes(256, 1024, 4096));
        byte[] content = Some.Noise(100_000), edited = [.. content[..50_000], 1, 2, 3, .. content[50_000..]];
        using WriteSession first = rig.Store.BeginWrite(Rig.Vault), second = rig.Store.BeginWrite(Rig.Vault);
        FileRef file = await writer.WriteAsync(new MemoryStream(content), first);
        long before = first.NewBytes;
        FileRef other = await writer.WriteAsync(new MemoryStream(edited), first);
        Assert.InRange(first.NewBytes - before, 1, 20_000); // a few leaves and the one block above
        await first.FlushAsync();
        Assert.Equal(file, await writer.WriteAsync(new MemoryStream(content), second));
        await second.FlushAsync();
        Assert.Equal((0, 0), (second.NewBlocks, second.NewBytes));
        Assert.Equal(edited, await rig.ReadAsync(other));
    }

    [Fact]
    public async Task Text_that_comes_again_is_the_same_file_and_counts_as_passing_through()
    {
        using Rig rig = Rig.InMemory();
        using FileWriter writer = new(rig.Epoch);
        byte[] text = Text(1_500_000);
        using WriteSession first = rig.Store.BeginWrite(Rig.Vault), second = rig.Store.BeginWrite(Rig.Vault);
        FileRef file = await writer.WriteAsync(new MemoryStream(text), first);
        (long blocks, long bytes) = (first.NewBlocks, first.NewBytes);
        Assert.True(blocks > 3 && bytes < text.Length / 2);
        Assert.Equal(file, await writer.WriteAsync(new MemoryStream(text), first));
        await first.FlushAsync();
        Assert.Equal((blocks, bytes, 2 * blocks), (first.NewBlocks, first.NewBytes, first.AllBlocks));
        Assert.Equal(file, await writer.WriteAsync(new MemoryStream(text), second));
        await second.FlushAsync();
        Assert.Equal((0, 0, blocks), (second.NewBlocks, second.NewBytes, second.AllBlocks));
        Assert.Equal(text, await rig.ReadAsync(file));
    }

    [Fact]
    public async Task Text_that_comes_again_is_kept_from_a_collection_and_stored_anew_after_one()
    {
        using Rig rig = Rig.InMemory();
        using FileWriter writer = new(rig.Epoch);
        byte[] text = Text(1_500_000);
        FileRef file;
        using (WriteSession session = rig.Store.BeginWrite(Rig.Vault))
        {
            file = await writer.WriteAsync(new MemoryStream(text), session);
            await session.FlushAsync();
        }
        using (WriteSession session = rig.Store.BeginWrite(Rig.Vault))
        {
            await writer.WriteAsync(new MemoryStream(text), session);
            Assert.Equal(0, session.NewBlocks);
            rig.Collect(TimeSpan.Zero);
            Assert.Equal(text, await rig.ReadAsync(file));
        }
        rig.Collect(TimeSpan.Zero);
        Assert.Empty(rig.Stored());
        using (WriteSession session = rig.Store.BeginWrite(Rig.Vault))
        {
            Assert.Equal(file, await writer.WriteAsync(new MemoryStream(text), session));
            await session.FlushAsync();
            Assert.Equal(session.AllBlocks, session.NewBlocks);
            Assert.Equal(text, await rig.ReadAsync(file));
        }
    }

    /// <summary>It shrinks, and no two parts of it are the same.</summary>
    static byte[] Text(int length) => [.. Some.Noise(length).Select(one => (byte)('a' + one % 8))];

    [Fact]
    public async Task Other_secrets_give_other_blocks()
    {
        using Rig rig = Rig.InMemory();
        using SecretEpoch next = new(1, new byte[32], Some.Noise(32, 99));
        using FileWriter writer = new(next, Rig.Small);
        FileRef file = await rig.AddAsync(Some.Noise(10_000));
        int before = rig.Stored().Count;
        using WriteSession session = rig.Store.BeginWrite(Rig.Vault);
        Assert.NotEqual(file, await writer.WriteAsync(new MemoryStream(Some.Noise(10_000)), session));
        await session.FlushAsync();
        Assert.Equal(before + session.AllBlocks, rig.Stored().Count);
    }

    [Fact]
    public async Task A_source_that_fails_fails_the_write_and_nothing_runs_on()
    {
        using Rig rig = Rig.InMemory();
        using WriteSession session = rig.Store.BeginWrite(Rig.Vault);
        Trickle source = new(Some.Noise(50_000), () => 1000, seekable: false) { FailsAt = 30_000 };
        await Assert.ThrowsAsync<IOException>(() => rig.Writer.WriteAsync(source, session));
        long blocks = session.AllBlocks;
        await session.FlushAsync();
        Assert.Equal(blocks, session.AllBlocks);
    }
}

/// <summary>A stream that gives as much at a time as it is told, may not know its length or know a wrong one, may break, and counts what is read.</summary>
sealed class Trickle(byte[] content, Func<int> next, bool seekable) : Stream
{
    long position;

    public long? ClaimedLength { get; init; }
    public int FailsAt { get; init; } = int.MaxValue;
    public long BytesRead { get; private set; }

    public override bool CanRead => true;
    public override bool CanSeek => seekable;
    public override bool CanWrite => false;
    public override long Length => seekable ? ClaimedLength ?? content.Length : throw new NotSupportedException();

    public override long Position
    {
        get => seekable ? position : throw new NotSupportedException();
        set => position = value;
    }

    public override int Read(Span<byte> buffer)
    {
        if (position >= FailsAt) throw new IOException("The source broke.");
        int count = (int)Math.Min(Math.Min(buffer.Length, next()), Math.Min(content.Length, FailsAt) - position);
        content.AsSpan((int)position, count).CopyTo(buffer);
        position += count;
        BytesRead += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));
    public override long Seek(long offset, SeekOrigin origin) => Position = offset + (origin == SeekOrigin.Begin ? 0 : origin == SeekOrigin.Current ? position : Length);
    public override void Flush() { }
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
