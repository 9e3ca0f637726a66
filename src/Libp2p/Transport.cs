using System.IO.Pipelines;
using Vault.Libp2p.Multiaddrs;

namespace Vault.Libp2p;

/// <summary>
/// A bare byte connection to somewhere, before anything is agreed or secured. Completing the output says that no more bytes
/// follow; <see cref="Abort"/> ends both directions at once and makes whatever is waiting fail.
/// </summary>
public interface ILink : IDuplexPipe, IAsyncDisposable
{
    Multiaddr LocalAddress { get; }
    Multiaddr RemoteAddress { get; }

    /// <summary>A link through a relay: its time and bytes are somebody else's, so bulk protocols stay off it.</summary>
    bool IsLimited => false;

    void Abort();
}

/// <summary>Accepts links at one address.</summary>
public interface ITransportListener : IAsyncDisposable
{
    /// <summary>The address with the port that was really bound.</summary>
    Multiaddr Address { get; }

    /// <summary>The next link; null once the listener is disposed.</summary>
    ValueTask<ILink?> AcceptAsync();
}

/// <summary>A way to make links: TCP, a relay's circuit, or memory.</summary>
public interface ITransport
{
    bool CanDial(Multiaddr address);
    bool CanListen(Multiaddr address);
    ValueTask<ILink> DialAsync(Multiaddr address, CancellationToken cancel);
    ValueTask<ITransportListener> ListenAsync(Multiaddr address, CancellationToken cancel);
}
