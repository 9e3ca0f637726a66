using System.IO.Pipelines;
using Vault.Libp2p.Yamux;
using Vault.Primitives;

namespace Vault.Libp2p;

/// <summary>
/// A conversation with a peer in one protocol: a duplex pipe that knows who is at the other end. Completing
/// <see cref="Output"/> says that we are done sending; disposing ends our interest in both directions without losing what was
/// written; <see cref="Abort"/> ends it at once, and the other side sees a reset.
/// </summary>
public sealed class PeerStream : IDuplexPipe, IAsyncDisposable
{
    readonly MuxStream stream;

    internal PeerStream(Connection connection, MuxStream stream, PipeReader input, string protocol)
    {
        Connection = connection;
        this.stream = stream;
        Input = input;
        Protocol = protocol;
    }

    internal Connection Connection { get; }

    public PeerId Peer => Connection.Peer;

    /// <summary>The hash of the handshake under this stream: whatever is bound to it can't be replayed on another connection.</summary>
    public Hash32 ChannelBinding => Connection.ChannelBinding;

    public string Protocol { get; }
    public PipeReader Input { get; }
    public PipeWriter Output => stream.Output;

    public void Abort(string reason) => stream.Abort(new OperationCanceledException(reason));

    public async ValueTask DisposeAsync()
    {
        await Output.CompleteAsync();
        await Input.CompleteAsync();
    }
}

/// <summary>Serves one inbound stream. When it returns the stream is closed; when it throws, reset.</summary>
public delegate Task StreamHandler(PeerStream stream, CancellationToken cancel);
