using System.Buffers;
using System.IO.Pipelines;
using Vault.Libp2p.Gossipsub;
using Vault.Libp2p.Protobuf;
using Vault.Primitives;

namespace Vault.Libp2p.Pubsub;

// Each side writes only on the stream it opened and only reads the one it accepted: two one-way streams per peer.
public sealed partial class Gossip
{
    /// <summary>Attempts to open our stream to a connected peer, and the pause before the second; it doubles.</summary>
    const int MaxAttempts = 5;
    static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);

    sealed class OutboundStream
    {
        public AsyncSignal Wake { get; } = new();

        /// <summary>The router knows the peer: only then it takes what the peer sends.</summary>
        public TaskCompletionSource Connected { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool Ended { get; set; }
    }

    /// <summary>The peer speaks gossipsub: it needs a stream from us, if it has none.</summary>
    void Meet(PeerId peer)
    {
        // A relay's circuit is for finding each other, not for everybody's traffic.
        if (node.FindConnection(peer) is not { IsLimited: false } connection || !Offered.Any(connection.Speaks)) return;
        EnsureOutbound(peer);
    }

    OutboundStream EnsureOutbound(PeerId peer)
    {
        OutboundStream added = new();
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(closing.IsCancellationRequested, this);
            if (outbound.TryGetValue(peer, out OutboundStream? there)) return there;
            outbound.Add(peer, added);
        }
        running.Add(SendAsync(peer, added));
        return added;
    }

    void Part(PeerId peer)
    {
        OutboundStream? stream;
        lock (gate)
            if (outbound.TryGetValue(peer, out stream)) Forget(peer, stream);
    }

    // Under the lock. A peer that is back already has another stream, and keeps it.
    void Forget(PeerId peer, OutboundStream stream)
    {
        stream.Ended = true;
        stream.Wake.Set();
        stream.Connected.TrySetCanceled();
        if (!outbound.TryGetValue(peer, out OutboundStream? current) || current != stream) return;
        outbound.Remove(peer);
        router.Disconnect(peer, Now);
    }

    async Task ReceiveAsync(PeerStream stream, CancellationToken cancel)
    {
        // Who opens one to us wants one from us, even before identify has said so.
        Task known = EnsureOutbound(stream.Peer).Connected.Task;
        PeerStream? former;
        lock (gate)
        {
            inbound.TryGetValue(stream.Peer, out former);
            inbound[stream.Peer] = stream;
        }
        // What it said there is older than what it says here.
        former?.Abort("the peer has opened another stream");
        bool isFirst = true;
        try
        {
            while (await Framing.ReadAsync(stream.Input, Limits.RpcSize, cancel) is { } frame)
            {
                await known; // ends whatever happens, at the latest with the connection
                Do(now =>
                {
                    if (inbound.GetValueOrDefault(stream.Peer) != stream) return;
                    if (isFirst) router.Renew(stream.Peer);
                    isFirst = false;
                    router.Receive(stream.Peer, frame, now);
                });
            }
        }
        finally
        {
            lock (gate)
                if (inbound.GetValueOrDefault(stream.Peer) == stream) inbound.Remove(stream.Peer);
        }
    }

    async Task SendAsync(PeerId peer, OutboundStream state)
    {
        try
        {
            for (int attempt = 0; attempt < MaxAttempts && !state.Ended && node.FindConnection(peer) is not null; attempt++)
            {
                if (attempt > 0) await Task.Delay(FirstPause * (1 << (attempt - 1)), time, closing.Token);
                try
                {
                    await SendOnStreamAsync(peer, state);
                }
                catch (Exception) when (!closing.IsCancellationRequested)
                {
                    // The stream or the connection broke; the next attempt says everything anew.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // We are closing.
        }
        finally
        {
            lock (gate) Forget(peer, state);
        }
    }

    async Task SendOnStreamAsync(PeerId peer, OutboundStream state)
    {
        await using PeerStream stream = await node.OpenStreamAsync(peer, Offered, closing.Token);
        Protocol protocol = ProtocolIds.Find(stream.Protocol)!.Value;
        bool broken = false;
        Task watching = WatchAsync();
        Do(now =>
        {
            if (!state.Ended) router.Connect(peer, protocol, stream.Connection.Dialed, OriginOf(stream.Connection.RemoteAddress), now);
        });
        state.Connected.TrySetResult();
        try
        {
            while (!state.Ended && !closing.IsCancellationRequested && !Volatile.Read(ref broken))
            {
                if (TakeFrame(peer) is { } frame) await WriteAsync(stream.Output, frame);
                else await state.Wake.WaitAsync();
            }
        }
        finally
        {
            stream.Abort("gossip with this peer has ended");
            await watching;
        }

        // Nothing comes on this stream, except its end.
        async Task WatchAsync()
        {
            try
            {
                while (!(await stream.Input.ReadAsync()).IsCompleted) throw new ProtocolException("The peer wrote on a stream that isn't its own.");
            }
            catch (Exception)
            {
                // Whatever it was, the stream has ended.
            }
            Volatile.Write(ref broken, true);
            state.Wake.Set();
        }
    }

    byte[]? TakeFrame(PeerId peer)
    {
        lock (gate) return router.TakeFrame(peer, Now);
    }

    static async Task WriteAsync(PipeWriter output, byte[] frame)
    {
        Span<byte> prefix = stackalloc byte[Varint.MaxSize];
        output.Write(prefix[..Varint.Write(prefix, (ulong)frame.Length)]);
        output.Write(frame);
        await output.FlushAsync();
    }
}
