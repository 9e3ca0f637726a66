using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Vault.Libp2p.Tcp;

/// <summary>Gathers what is written into one rented buffer and hands it to the socket in one send per flush.</summary>
sealed class SocketWriter(Socket socket) : PipeWriter
{
    const int SmallestBuffer = 4 * 1024;

    byte[]? buffer;
    int count;
    int usual; // what the last flush sent: the next will be as large, and is better put together where it has room
    bool completed;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        int needed = count + Math.Max(sizeHint, 1);
        if (buffer is null) buffer = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(needed, usual), SmallestBuffer));
        else if (buffer.Length < needed)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, 2 * buffer.Length));
            buffer.AsSpan(0, count).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = larger;
        }
        return buffer.AsMemory(count);
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes) => count += bytes;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => count;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        for (int sent = 0; sent < count;)
            sent += await socket.SendAsync(buffer.AsMemory(sent, count - sent), SocketFlags.None, cancellationToken);
        usual = count;
        Release();
        return new FlushResult(false, completed);
    }

    public override void CancelPendingFlush() => throw new NotSupportedException("Abort the link instead.");

    /// <summary>Tells the other side that nothing more follows. What wasn't flushed is dropped.</summary>
    public override void Complete(Exception? exception = null)
    {
        if (completed) return;
        completed = true;
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The connection is gone already, which says the same.
        }
    }

    void Release()
    {
        if (buffer is not null) ArrayPool<byte>.Shared.Return(buffer);
        buffer = null;
        count = 0;
    }
}
