using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Vault.Libp2p.Tcp;

/// <summary>
/// Reads a socket into one contiguous rented buffer, so that a frame can nearly always be opened where it lies. While nothing is
/// buffered it waits without a buffer: an idle connection holds none.
/// </summary>
sealed class SocketReader(Socket socket) : PipeReader
{
    /// <summary>Two whole Noise frames: one being opened while the next arrives.</summary>
    const int BufferSize = 128 * 1024;

    byte[]? buffer;
    int start, end;   // what is buffered and not consumed
    int examined;     // up to here the caller has seen it and wants more
    bool finished;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (TryRead(out ReadResult ready)) return ready;
        if (!finished)
        {
            if (buffer is null)
            {
                await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, cancellationToken);
                buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
            }
            MakeRoom();
            int received = await socket.ReceiveAsync(buffer.AsMemory(end), SocketFlags.None, cancellationToken);
            end += received;
            finished = received == 0;
        }
        return Buffered();
    }

    public override bool TryRead(out ReadResult result)
    {
        bool any = end > examined;
        result = any ? Buffered() : default;
        return any;
    }

    ReadResult Buffered() => new(buffer is null ? ReadOnlySequence<byte>.Empty : new ReadOnlySequence<byte>(buffer, start, end - start), false, finished);

    // Moves what is left to the front; grows only for a caller that wants more at once than the buffer holds.
    void MakeRoom()
    {
        if (end < buffer!.Length) return;
        byte[] roomy = start > 0 ? buffer : ArrayPool<byte>.Shared.Rent(2 * buffer.Length);
        buffer.AsSpan(start..end).CopyTo(roomy);
        if (roomy != buffer) ArrayPool<byte>.Shared.Return(buffer);
        buffer = roomy;
        (examined, end, start) = (examined - start, end - start, 0);
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (buffer is null) return;
        ReadOnlySequence<byte> current = new(buffer, start, end - start);
        int seen = start + (int)current.Slice(0, examined).Length;
        start += (int)current.Slice(0, consumed).Length;
        this.examined = Math.Max(seen, start);
        if (start == end) Release();
    }

    public override void CancelPendingRead() => throw new NotSupportedException("Abort the link instead.");

    public override void Complete(Exception? exception = null)
    {
        finished = true;
        Release();
    }

    void Release()
    {
        if (buffer is not null) ArrayPool<byte>.Shared.Return(buffer);
        buffer = null;
        start = end = examined = 0;
    }
}
