using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Vault.Blocks;
using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>
/// Messages on a stream: length, then bytes, compressed where that helps. A frame's first bit says which. One reader and one
/// writer at a time.
/// </summary>
sealed class SyncFrames(IDuplexPipe pipe) : IDisposable
{
    const int HeadSize = 4;
    const uint CompressedFlag = 1u << 31;

    /// <summary>Shorter messages are sent as they are: they fit into a packet either way.</summary>
    const int WorthCompressing = 512;

    readonly Compressor compressor = new();
    readonly Decompressor decompressor = new();
    readonly byte[] packed = new byte[SyncLimits.Message];

    /// <summary>The next message, in memory of its own, and its length on the stream; null when the stream has ended.</summary>
    internal async ValueTask<(byte[] Message, int OnStream)?> ReadAsync(CancellationToken stop)
    {
        while (true)
        {
            ReadResult read = await pipe.Input.ReadAsync(stop);
            ReadOnlySequence<byte> rest = read.Buffer;
            byte[]? message = TryTake(ref rest);
            int taken = (int)(read.Buffer.Length - rest.Length);
            pipe.Input.AdvanceTo(rest.Start, message == null ? rest.End : rest.Start);
            if (message != null) return (message, taken);
            if (!read.IsCompleted) continue;
            return rest.IsEmpty ? null : throw new ProtocolException("the stream ended in the middle of a message");
        }
    }

    /// <returns>The message's length on the stream.</returns>
    internal int Write(ReadOnlySpan<byte> message)
    {
        int length = message.Length < WorthCompressing ? 0 : compressor.TryCompress(message, packed);
        if (length == 0)
        {
            Put((uint)message.Length);
            pipe.Output.Write(message);
            return HeadSize + message.Length;
        }
        Put((uint)(HeadSize + length) | CompressedFlag);
        Put((uint)message.Length);
        pipe.Output.Write(packed.AsSpan(0, length));
        return 2 * HeadSize + length;
    }

    /// <summary>False when the peer reads no more.</summary>
    internal async ValueTask<bool> FlushAsync(CancellationToken stop) => !(await pipe.Output.FlushAsync(stop)).IsCompleted;

    public void Dispose()
    {
        compressor.Dispose();
        decompressor.Dispose();
    }

    byte[]? TryTake(ref ReadOnlySequence<byte> rest)
    {
        if (rest.Length < HeadSize) return null;
        uint head = NumberAt(rest);
        int length = (int)(head & ~CompressedFlag);
        if (length is 0 or > SyncLimits.Message) throw new ProtocolException($"the peer sends a message of {length} bytes");
        if (rest.Length < HeadSize + length) return null;
        ReadOnlySequence<byte> body = rest.Slice(HeadSize, length);
        rest = rest.Slice(HeadSize + length);
        return head == length ? body.ToArray() : Unpack(body.ToArray());
    }

    byte[] Unpack(ReadOnlySpan<byte> body)
    {
        uint length = body.Length <= HeadSize ? 0 : BinaryPrimitives.ReadUInt32BigEndian(body);
        if (length is 0 or > SyncLimits.Message) throw new ProtocolException("the peer sends a compressed message of no possible length");
        byte[] message = new byte[length];
        return decompressor.TryDecompress(body[HeadSize..], message) ? message : throw new ProtocolException("the peer sends a compressed message that can't be opened");
    }

    static uint NumberAt(ReadOnlySequence<byte> bytes)
    {
        Span<byte> head = stackalloc byte[HeadSize];
        bytes.Slice(0, HeadSize).CopyTo(head);
        return BinaryPrimitives.ReadUInt32BigEndian(head);
    }

    void Put(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(pipe.Output.GetSpan(HeadSize), value);
        pipe.Output.Advance(HeadSize);
    }
}
