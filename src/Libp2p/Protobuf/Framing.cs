using System.Buffers;
using System.IO.Pipelines;
using Vault.Primitives;

namespace Vault.Libp2p.Protobuf;

/// <summary>Messages on a stream: a varint length in front of each.</summary>
static class Framing
{
    /// <summary>
    /// The next message; null at a clean end. A length past <paramref name="max"/> is refused before anything is held for it.
    /// </summary>
    public static async ValueTask<byte[]?> ReadAsync(PipeReader input, int max, CancellationToken cancel)
    {
        while (true)
        {
            ReadResult result = await input.ReadAsync(cancel);
            ReadOnlySequence<byte> rest = result.Buffer;
            if (TryRead(ref rest, max) is { } message)
            {
                input.AdvanceTo(rest.Start);
                return message;
            }
            bool empty = result.Buffer.IsEmpty;
            input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            if (result.IsCompleted) return empty ? null : throw new ProtocolException("The stream ended inside a message.");
        }
    }

    static byte[]? TryRead(ref ReadOnlySequence<byte> input, int max)
    {
        Span<byte> prefix = stackalloc byte[Varint.MaxSize];
        int have = (int)Math.Min(prefix.Length, input.Length);
        input.Slice(0, have).CopyTo(prefix);
        VarintResult read = Varint.Read(prefix[..have], out ulong length, out int size);
        if (read == VarintResult.Malformed) throw new ProtocolException("A message has a malformed length.");
        if (read == VarintResult.Done && length > (ulong)max) throw new LimitExceededException($"A message of {length} bytes is longer than the {max} that are allowed.");
        if (read == VarintResult.Incomplete || input.Length < size + (long)length) return null;
        byte[] message = input.Slice(size, (long)length).ToArray();
        input = input.Slice(size + (long)length);
        return message;
    }
}
