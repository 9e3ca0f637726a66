using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;

namespace Vault.Libp2p.TestHost;

/// <summary>/echo/1.0.0 sends everything back; /perf/1.0.0 swallows an upload, then sends as many bytes as its first eight ask for.</summary>
static class BulkProtocols
{
    public const string Echo = "/echo/1.0.0";
    public const string Perf = "/perf/1.0.0";

    const int Chunk = 32 * 1024;

    public static async Task EchoAsync(PeerStream stream, CancellationToken cancel)
    {
        while (true)
        {
            ReadResult result = await stream.Input.ReadAsync(cancel);
            foreach (ReadOnlyMemory<byte> segment in result.Buffer) await stream.Output.WriteAsync(segment, cancel);
            stream.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted) return;
        }
    }

    public static async Task PerfAsync(PeerStream stream, CancellationToken cancel)
    {
        ReadResult head = await stream.Input.ReadAtLeastAsync(8, cancel);
        if (head.Buffer.Length < 8) return;
        long wanted = ReadCount(head.Buffer);
        stream.Input.AdvanceTo(head.Buffer.End);
        while (true)
        {
            ReadResult result = await stream.Input.ReadAsync(cancel);
            stream.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted) break;
        }
        await SendAsync(stream.Output, wanted, cancel);
    }

    public static async Task SendAsync(PipeWriter output, long count, CancellationToken cancel)
    {
        while (count > 0)
        {
            int length = (int)Math.Min(Chunk, count);
            output.GetSpan(length)[..length].Fill(0x5a);
            output.Advance(length);
            count -= length;
            await output.FlushAsync(cancel);
        }
    }

    static long ReadCount(in ReadOnlySequence<byte> buffer)
    {
        Span<byte> head = stackalloc byte[8];
        buffer.Slice(0, 8).CopyTo(head);
        return BinaryPrimitives.ReadInt64BigEndian(head);
    }
}
