using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Vault.Libp2p;

namespace Vault.Bench.Libp2p;

/// <summary>/perf/1.0.0 as js-libp2p's: eight bytes say how much is wanted back, then the upload until its end, then the download.</summary>
static class Bulk
{
    public const string Protocol = "/perf/1.0.0";
    const int Chunk = 32 * 1024;

    public static async Task ServeAsync(PeerStream stream, CancellationToken cancel)
    {
        ReadResult head = await stream.Input.ReadAtLeastAsync(8, cancel);
        long wanted = BinaryPrimitives.ReadInt64BigEndian(head.Buffer.Slice(0, 8).ToArray());
        stream.Input.AdvanceTo(head.Buffer.GetPosition(8));
        await DrainAsync(stream.Input);
        await SendAsync(stream.Output, wanted);
    }

    public static async Task TransferAsync(PeerStream stream, long upload, long download)
    {
        byte[] head = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(head, download);
        await stream.Output.WriteAsync(head);
        await SendAsync(stream.Output, upload);
        await stream.Output.CompleteAsync();
        if (await DrainAsync(stream.Input) != download) throw new EndOfStreamException();
    }

    static async Task SendAsync(PipeWriter output, long count)
    {
        while (count > 0)
        {
            int length = (int)Math.Min(Chunk, count);
            output.GetSpan(length)[..length].Fill(0x5a);
            output.Advance(length);
            count -= length;
            await output.FlushAsync();
        }
    }

    static async Task<long> DrainAsync(PipeReader input)
    {
        for (long got = 0; ;)
        {
            ReadResult result = await input.ReadAsync();
            got += result.Buffer.Length;
            input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted) return got;
        }
    }
}
