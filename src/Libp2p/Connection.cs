using System.Buffers;
using System.IO.Pipelines;
using Vault.Libp2p.Identify;
using Vault.Libp2p.Multiaddrs;
using Vault.Libp2p.Multistream;
using Vault.Libp2p.Psk;
using Vault.Libp2p.Upgrade;
using Vault.Libp2p.Yamux;
using Vault.Primitives;

namespace Vault.Libp2p;

/// <summary>One secured, multiplexed connection with a peer: opens streams, and hands those that the peer opens to their handlers.</summary>
sealed class Connection : IAsyncDisposable
{
    readonly Node node;
    readonly Mux mux;
    readonly RunningTasks serving = new();
    readonly ILink link;

    public Connection(Node node, SecuredLink secured, MuxLimits limits, TimeProvider time)
    {
        Since = time.GetUtcNow();
        this.node = node;
        link = secured.Link;
        Peer = secured.Peer;
        ChannelBinding = secured.ChannelBinding;
        Dialed = secured.Dialed;
        Network = secured.Network;
        mux = new Mux(secured.Link, secured.Pipe, secured.Noise, secured.Dialed, secured.Network is not null, limits, node.Upload, node.Download,
            time, stream => serving.Add(ServeAsync(stream)));
    }

    public PeerId Peer { get; }
    public Hash32 ChannelBinding { get; }
    public bool Dialed { get; }
    public PreSharedKey? Network { get; }
    public Multiaddr RemoteAddress => link.RemoteAddress;
    public Multiaddr LocalAddress => link.LocalAddress;
    public bool IsLimited => link.IsLimited;

    /// <summary>What the peer has told about itself so far.</summary>
    public IdentifyMessage? Identified { get; set; }

    public DateTimeOffset Since { get; }
    public PathKind Path => Paths.Of(link);
    public TimeSpan? RoundTrip => mux.RoundTrip;
    public int StreamCount => mux.StreamCount;
    public (long In, long Out) Bytes => mux.Bytes;
    public Exception? Failure => mux.Failure;
    public Task Completion => mux.Completion;

    /// <summary>The peer is a program of our kind.</summary>
    public void Widen() => mux.Widen();

    public bool Speaks(string protocol) => Identified?.Protocols?.Contains(protocol) == true;

    public void Start(ReadOnlyMemory<byte> early) => mux.Start(early);

    /// <summary>
    /// Opens a stream in the first of these protocols that the peer speaks. Where that is known already, or there is nothing to
    /// choose for a caller who can live with a late refusal, nobody waits for the peer's answer.
    /// </summary>
    public async Task<PeerStream> OpenStreamAsync(IReadOnlyList<string> protocols, bool lazy, CancellationToken cancel)
    {
        string? known = protocols.FirstOrDefault(Speaks) ?? (lazy ? protocols[0] : null);
        MuxStream stream = await mux.OpenAsync(cancel);
        try
        {
            if (known is not null)
            {
                new Proposer([known]).Start(stream.Output);
                await stream.Output.FlushAsync(cancel);
                return new PeerStream(this, stream, new LazyReader(stream.Input, known), known);
            }
            Proposer proposer = new(protocols);
            proposer.Start(stream.Output);
            await NegotiateAsync(stream, proposer.Receive, () => proposer.Decided, cancel);
            return proposer.Agreed is { } agreed
                ? new PeerStream(this, stream, stream.Input, agreed)
                : throw new ProtocolException($"The peer speaks none of {string.Join(", ", protocols)}.");
        }
        catch (Exception e)
        {
            stream.Abort(e);
            throw;
        }
    }

    async Task ServeAsync(MuxStream stream)
    {
        try
        {
            Chooser chooser = new(node.Serves, () => node.Protocols);
            await NegotiateAsync(stream, chooser.Receive, () => chooser.Agreed is not null, node.Closing);
            await using PeerStream served = new(this, stream, stream.Input, chooser.Agreed!);
            await node.ServeAsync(served);
        }
        catch (Exception e)
        {
            // Whatever went wrong, a peer's mistake or a handler's, costs this one stream.
            stream.Abort(e);
        }
        finally
        {
            mux.Release(stream);
        }
    }

    delegate void Receiver(ref ReadOnlySequence<byte> input, IBufferWriter<byte> output);

    async Task NegotiateAsync(MuxStream stream, Receiver receive, Func<bool> decided, CancellationToken cancel)
    {
        using CancellationTokenSource deadline = new(node.Limits.NegotiationTimeout, node.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        while (true)
        {
            if (stream.Output.UnflushedBytes > 0) await stream.Output.FlushAsync(either.Token);
            if (decided()) return;
            ReadResult result = await stream.Input.ReadAsync(either.Token);
            ReadOnlySequence<byte> rest = result.Buffer;
            receive(ref rest, stream.Output);
            stream.Input.AdvanceTo(rest.Start, decided() ? rest.Start : rest.End);
            if (result.IsCompleted && !decided()) throw new ProtocolException("The stream ended before its protocol was agreed.");
        }
    }

    /// <summary>Lets open streams finish while <paramref name="cancel"/> allows, then says goodbye.</summary>
    public Task CloseAsync(CancellationToken cancel) => mux.CloseAsync(cancel);

    public void Abort(string reason) => mux.ShutDown(new ProtocolException(reason), GoAwayCode.Normal);

    public async ValueTask DisposeAsync()
    {
        await mux.DisposeAsync();
        await serving.WaitAsync();
    }
}
