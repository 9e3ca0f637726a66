using System.IO.Pipelines;
using Vault.Libp2p.Multiaddrs;

namespace Vault.Libp2p.Relay;

/// <summary>A link through a relay: a stream to the relay that is spliced to one to the other peer.</summary>
sealed class CircuitLink(PeerStream stream, Multiaddr local, Multiaddr remote) : ILink
{
    readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public PipeReader Input => stream.Input;
    public PipeWriter Output => stream.Output;
    public Multiaddr LocalAddress => local;
    public Multiaddr RemoteAddress => remote;
    public bool IsLimited => true;

    /// <summary>Ends when the link isn't needed any more; until then the stream must stay.</summary>
    public Task Ended => ended.Task;

    public void Abort()
    {
        stream.Abort("the relayed connection has ended");
        ended.TrySetResult();
    }

    public ValueTask DisposeAsync()
    {
        Abort();
        return ValueTask.CompletedTask;
    }
}
