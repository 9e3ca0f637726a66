using System.Net;
using System.Net.Sockets;
using Vault.Libp2p.Multiaddrs;

namespace Vault.Libp2p.Tcp;

/// <summary>TCP over IPv4 and IPv6, with names looked up in the family that the address asks for.</summary>
public sealed class TcpTransport : ITransport
{
    /// <summary>Connections the kernel holds for us between two accepts. Bursts of a busy swarm, not floods.</summary>
    const int Backlog = 512;

    public bool CanDial(Multiaddr address) => address.TryGetTcp(out TcpTarget? target) && target.Port != 0;

    public bool CanListen(Multiaddr address) => address.TryGetTcp(out TcpTarget? target) && target.Address is not null;

    public async ValueTask<ILink> DialAsync(Multiaddr address, CancellationToken cancel)
    {
        if (!address.TryGetTcp(out TcpTarget? target)) throw new ArgumentException("Not a TCP address.", nameof(address));
        IPAddress[] candidates = target.Address is { } literal ? [literal] : await Dns.GetHostAddressesAsync(target.Host, target.Family, cancel);
        if (candidates.Length == 0) throw new SocketException((int)SocketError.HostNotFound);
        Exception? last = null;
        foreach (IPAddress candidate in candidates)
        {
            Socket socket = new(candidate.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(new IPEndPoint(candidate, target.Port), cancel);
                return new TcpLink(socket);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                socket.Dispose();
                last = e;
                if (cancel.IsCancellationRequested) break;
            }
        }
        throw last!;
    }

    public ValueTask<ITransportListener> ListenAsync(Multiaddr address, CancellationToken cancel)
    {
        if (!address.TryGetTcp(out TcpTarget? target) || target.Address is not { } ip) throw new ArgumentException("Not a TCP address to listen on.", nameof(address));
        Socket socket = new(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (ip.AddressFamily == AddressFamily.InterNetworkV6) socket.DualMode = false; // /ip6 means IPv6 and nothing else
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(ip, target.Port));
            socket.Listen(Backlog);
            return ValueTask.FromResult<ITransportListener>(new Listener(socket));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    sealed class Listener(Socket socket) : ITransportListener
    {
        public Multiaddr Address { get; } = Multiaddr.From((IPEndPoint)socket.LocalEndPoint!);

        public async ValueTask<ILink?> AcceptAsync()
        {
            while (true)
            {
                try
                {
                    return new TcpLink(await socket.AcceptAsync());
                }
                catch (Exception e) when (e is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted or SocketError.Interrupted or SocketError.InvalidArgument })
                {
                    return null;
                }
                catch (SocketException)
                {
                    // A connection that was reset before we took it, or no descriptor left for it: the next one may fare better.
                    await Task.Yield();
                }
            }
        }

        public ValueTask DisposeAsync()
        {
            socket.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
