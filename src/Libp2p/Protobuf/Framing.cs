using System.Buffers;
using System.IO.Pipelines;
using Vault.Primitives;

namespace Vault.Libp2p.Protobuf;

/// <summary>Messages on a stream: a varint length in front of each.</summary>
static class Framing
{
    /// <summary>
    /// The next message; null at a clean end. A length past <paramref name="max"/> is refused before anything is held for it. A
    /// message may be larger than the stream's window, so it is consumed as it comes, and memory grows with what has come.
    /// </summary>
    public static async ValueTask<byte[]?> ReadAsync(PipeReader input, int max, CancellationToken cancel)
    {
        int? length = null;
        ArrayBufferWriter<byte>? partial = null;
        while (true)
        {
            ReadResult result = await input.ReadAsync(cancel);
            ReadOnlySequence<byte> rest = result.Buffer;
            length ??= TryReadLength(ref rest, max);
            byte[]? message = length is { } known ? Take(ref rest, known, ref partial) : null;
            bool nothing = length is null && rest.IsEmpty;
            input.AdvanceTo(rest.Start, message is null ? rest.End : rest.Start);
            if (message is not null) return message;
            if (result.IsCompleted) return nothing ? null : throw new ProtocolException("The stream ended inside a message.");
        }
    }

    static int? TryReadLength(ref ReadOnlySequence<byte> input, int max)
    {
        Span<byte> prefix = stackalloc byte[Varint.MaxSize];
        int have = (int)Math.Min(prefix.Length, input.Length);
        input.Slice(0, have).CopyTo(prefix);
        VarintResult read = Varint.Read(prefix[..have], out ulong length, out int size);
        if (read == VarintResult.Incomplete) return null;
        if (read == VarintResult.Malformed) throw new ProtocolException("A message has a malformed length.");
        if (length > (ulong)max) throw new LimitExceededException($"A message of {length} bytes is longer than the {max} that are allowed.");
        input = input.Slice(size);
        return (int)length;
    }

    static byte[]? Take(ref ReadOnlySequence<byte> input, int length, ref ArrayBufferWriter<byte>? partial)
    {
        int missing = length - (partial?.WrittenCount ?? 0);
        if (partial is null && input.Length >= missing)
        {
            byte[] whole = input.Slice(0, missing).ToArray();
            input = input.Slice(missing);
            return whole;
        }
        partial ??= new();
        ReadOnlySequence<byte> piece = input.Slice(0, Math.Min(missing, input.Length));
        foreach (ReadOnlyMemory<byte> segment in piece) partial.Write(segment.Span);
        input = input.Slice(piece.End);
        return partial.WrittenCount == length ? partial.WrittenSpan.ToArray() : null;
    }
}
