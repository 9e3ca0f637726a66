using System.IO.Pipelines;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

public sealed class SyncFramesTests
{
    sealed class Loop(Pipe pipe) : IDuplexPipe
    {
        public PipeReader Input => pipe.Reader;
        public PipeWriter Output => pipe.Writer;
    }

    static async Task<byte[]?> ReadAsync(params byte[] bytes)
    {
        Pipe pipe = new();
        using SyncFrames frames = new(new Loop(pipe));
        await pipe.Writer.WriteAsync(bytes);
        await pipe.Writer.CompleteAsync();
        return (await frames.ReadAsync(CancellationToken.None))?.Message;
    }

    [Fact]
    public async Task Messages_come_out_as_they_went_in_and_what_repeats_takes_less_room()
    {
        RandomSource random = RandomSource.Seeded(1);
        foreach (int length in (int[])[1, 511, 512, 70_000, SyncLimits.Message])
            foreach (bool repeats in (bool[])[false, true])
            {
                byte[] message = repeats ? [.. Enumerable.Range(0, length).Select(i => (byte)(i % 50))] : random.Bytes(length);
                Pipe pipe = new(new PipeOptions(pauseWriterThreshold: 1 << 20));
                using SyncFrames frames = new(new Loop(pipe));
                frames.Write(message);
                long written = pipe.Writer.UnflushedBytes;
                await frames.FlushAsync(CancellationToken.None);
                await pipe.Writer.CompleteAsync();
                Assert.Equal(message, (await frames.ReadAsync(CancellationToken.None))!.Value.Message);
                Assert.Null(await frames.ReadAsync(CancellationToken.None));
                if (repeats && length > 512) Assert.True(written < length / 2);
                else Assert.InRange(written, 1, length + 8);
            }
    }

    [Fact]
    public async Task What_is_too_long_or_broken_off_or_no_frame_is_refused_before_it_takes_memory()
    {
        Assert.Null(await ReadAsync());
        await Assert.ThrowsAsync<ProtocolException>(() => ReadAsync(0, 0, 0, 0));
        await Assert.ThrowsAsync<ProtocolException>(() => ReadAsync(0, 4, 0, 1));
        await Assert.ThrowsAsync<ProtocolException>(() => ReadAsync(0, 0, 0, 9, 1, 2));
        await Assert.ThrowsAsync<ProtocolException>(() => ReadAsync(0x80, 0, 0, 8, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4));
        await Assert.ThrowsAsync<ProtocolException>(() => ReadAsync(0x80, 0, 0, 8, 0, 0, 0, 9, 1, 2, 3, 4));
        await Assert.ThrowsAsync<ProtocolException>(() => ReadAsync(0x80, 0, 0, 4, 0, 0, 0, 9));
    }
}
