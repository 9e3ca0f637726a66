using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Vault.Primitives;

namespace Vault.Swarm;

/// <summary>Messages of the gate and of joining: a length in four bytes before each. What follows the last stays in the pipe.</summary>
static class Frames
{
    const int Prefix = 4;

    public static async Task WriteAsync(PipeWriter output, ReadOnlyMemory<byte> message, CancellationToken cancel)
    {
        BinaryPrimitives.WriteInt32BigEndian(output.GetSpan(Prefix), message.Length);
        output.Advance(Prefix);
        output.Write(message.Span);
        await output.FlushAsync(cancel);
    }

    /// <summary>Null when the stream ends before a message. A length past <paramref name="most"/> is refused before anything is held for it.</summary>
    public static async Task<byte[]?> ReadAsync(PipeReader input, int most, CancellationToken cancel)
    {
        if (await TakeAsync(input, Prefix, cancel) is not { } prefix) return null;
        int length = BinaryPrimitives.ReadInt32BigEndian(prefix);
        if (length < 0 || length > most) throw new LimitExceededException($"the peer announces a message of {(uint)length} bytes where {most} are allowed");
        return length == 0 ? [] : await TakeAsync(input, length, cancel) ?? throw new ProtocolException("the stream ended inside a message");
    }

    // Consumed as it comes: a message may be longer than the stream's window.
    static async Task<byte[]?> TakeAsync(PipeReader input, int length, CancellationToken cancel)
    {
        ArrayBufferWriter<byte> taken = new();
        while (taken.WrittenCount < length)
        {
            ReadResult result = await input.ReadAsync(cancel);
            ReadOnlySequence<byte> piece = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, length - taken.WrittenCount));
            foreach (ReadOnlyMemory<byte> segment in piece) taken.Write(segment.Span);
            input.AdvanceTo(piece.End);
            if (!result.IsCompleted || taken.WrittenCount == length) continue;
            return taken.WrittenCount == 0 ? null : throw new ProtocolException("the stream ended inside a message");
        }
        return taken.WrittenSpan.ToArray();
    }
}
