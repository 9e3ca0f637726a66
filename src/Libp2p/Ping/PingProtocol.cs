using System.Buffers;
using System.IO.Pipelines;
using Vault.Primitives;

namespace Vault.Libp2p.Ping;

/// <summary>/ipfs/ping/1.0.0: thirty-two bytes there, the same thirty-two back.</summary>
static class PingProtocol
{
    public const string Id = "/ipfs/ping/1.0.0";
    public const int Size = 32;

    public static async Task AnswerAsync(PeerStream stream, CancellationToken cancel)
    {
        while (true)
        {
            ReadResult result = await stream.Input.ReadAsync(cancel);
            ReadOnlySequence<byte> whole = result.Buffer.Slice(0, result.Buffer.Length / Size * Size);
            foreach (ReadOnlyMemory<byte> segment in whole) stream.Output.Write(segment.Span);
            stream.Input.AdvanceTo(whole.End, result.Buffer.End);
            if (!whole.IsEmpty) await stream.Output.FlushAsync(cancel);
            if (result.IsCompleted) return;
        }
    }

    public static async Task<TimeSpan> MeasureAsync(PeerStream stream, TimeProvider time, RandomSource random, CancellationToken cancel)
    {
        byte[] sent = new byte[Size];
        random.Fill(sent);
        long startedAt = time.GetTimestamp();
        await stream.Output.WriteAsync(sent, cancel);
        while (true)
        {
            ReadResult result = await stream.Input.ReadAsync(cancel);
            bool whole = result.Buffer.Length >= Size || result.IsCompleted;
            if (whole && !result.Buffer.ToArray().AsSpan().SequenceEqual(sent)) throw new ProtocolException("The peer answers a ping with something else.");
            stream.Input.AdvanceTo(whole ? result.Buffer.End : result.Buffer.Start, result.Buffer.End);
            if (whole) return time.GetElapsedTime(startedAt);
        }
    }
}
