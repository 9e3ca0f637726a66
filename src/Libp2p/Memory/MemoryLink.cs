using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Channels;
using Vault.Libp2p.Multiaddrs;
using Vault.Primitives;

namespace Vault.Libp2p.Memory;

/// <summary>One end of a link inside the process.</summary>
public sealed class MemoryLink : ILink
{
    /// <summary>Bytes one end may write before the other has taken any: like a socket's buffers.</summary>
    const int Buffered = 64 * 1024;

    /// <summary>What travels as one piece on a line of limited bandwidth.</summary>
    const int Piece = 16 * 1024;

    readonly Pipe incoming, outgoing;
    Task carrying = Task.CompletedTask;

    MemoryLink(Multiaddr local, Multiaddr remote, Pipe incoming, Pipe outgoing)
    {
        (LocalAddress, RemoteAddress) = (local, remote);
        (this.incoming, this.outgoing) = (incoming, outgoing);
    }

    public Multiaddr LocalAddress { get; }
    public Multiaddr RemoteAddress { get; }
    public PipeReader Input => incoming.Reader;
    public PipeWriter Output => outgoing.Writer;
    public bool IsAborted { get; private set; }

    public static (MemoryLink Dialer, MemoryLink Listener) Pair(Multiaddr dialer, Multiaddr listener, LinkQuality quality, TimeProvider time)
    {
        if (quality == new LinkQuality())
        {
            Pipe there = NewPipe(), back = NewPipe();
            return (new MemoryLink(dialer, listener, back, there), new MemoryLink(listener, dialer, there, back));
        }
        MemoryLink near = new(dialer, listener, NewPipe(), NewPipe()), far = new(listener, dialer, NewPipe(), NewPipe());
        near.carrying = CarryAsync(near.outgoing.Reader, far.incoming.Writer, quality, time);
        far.carrying = CarryAsync(far.outgoing.Reader, near.incoming.Writer, quality, time);
        return (near, far);
    }

    static Pipe NewPipe() => new(new PipeOptions(pauseWriterThreshold: Buffered, resumeWriterThreshold: Buffered / 2));

    static async Task CarryAsync(PipeReader from, PipeWriter to, LinkQuality quality, TimeProvider time)
    {
        Channel<(long Arrival, byte[] Piece)> flying = Channel.CreateUnbounded<(long, byte[])>();
        Task landing = LandAsync(flying.Reader, to, time);
        long busyUntil = 0;
        Exception? failure = null;
        try
        {
            while (true)
            {
                ReadResult result = await from.ReadAsync();
                ReadOnlySequence<byte> piece = result.Buffer.Slice(0, Math.Min(Piece, result.Buffer.Length));
                byte[] bytes = piece.ToArray();
                from.AdvanceTo(piece.End);
                if (bytes.Length == 0 && result.IsCompleted) break;
                // The line is busy for as long as the piece takes to pass.
                if (quality.BytesPerSecond is { } rate)
                {
                    busyUntil = Math.Max(busyUntil, time.GetTimestamp()) + (long)((double)bytes.Length / rate * time.TimestampFrequency);
                    await Delay(busyUntil, time);
                }
                flying.Writer.TryWrite((time.GetTimestamp() + (long)(quality.Latency.TotalSeconds * time.TimestampFrequency), bytes));
            }
        }
        catch (Exception e)
        {
            failure = e;
        }
        flying.Writer.Complete(failure);
        await from.CompleteAsync(failure);
        await landing;
    }

    static async Task LandAsync(ChannelReader<(long Arrival, byte[] Piece)> flying, PipeWriter to, TimeProvider time)
    {
        try
        {
            // Not ReadAllAsync, which leaves the caller's thread: under virtual time nothing may.
            while (await flying.WaitToReadAsync())
            {
                while (flying.TryRead(out (long Arrival, byte[] Bytes) piece))
                {
                    await Delay(piece.Arrival, time);
                    if ((await to.WriteAsync(piece.Bytes)).IsCompleted) return;
                }
            }
            await to.CompleteAsync();
        }
        catch (Exception e)
        {
            await to.CompleteAsync(e);
        }
    }

    // Task.Delay cuts to milliseconds; a line must not be faster than it is said to be.
    static Task Delay(long until, TimeProvider time)
    {
        double wait = time.GetElapsedTime(time.GetTimestamp(), until).TotalMilliseconds;
        return wait > 0 ? Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(wait)), time) : Task.CompletedTask;
    }

    public void Abort()
    {
        if (IsAborted) return;
        IsAborted = true;
        ProtocolException broken = new("The link is broken.");
        // Both ends of both pipes: whoever waits at either one learns it.
        incoming.Writer.CancelPendingFlush();
        incoming.Writer.Complete(broken);
        outgoing.Writer.CancelPendingFlush();
        outgoing.Writer.Complete(broken);
    }

    public async ValueTask DisposeAsync()
    {
        Abort();
        await carrying;
    }
}
