using System.Net;
using System.Net.Sockets;
using Vault.Libp2p.Multiaddrs;
using Vault.Primitives;

namespace Vault.Libp2p.Tcp;

/// <summary>TCP over IPv4 and IPv6, with names looked up in the family that the address asks for.</summary>
public sealed class TcpTransport(TimeProvider time) : ITransport
{
    /// <summary>Connections the kernel holds for us between two accepts. Bursts of a busy swarm, not floods.</summary>
    const int Backlog = 512;

    /// <summary>When the system can't give us a connection, most likely for want of descriptors, it won't be able to a moment later.</summary>
    static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    public bool CanDial(Multiaddr address) => address.TryGetTcp(out TcpTarget? target) && target.Port != 0;

    public bool CanListen(Multiaddr address) => address.TryGetTcp(out TcpTarget? target) && target.Address is not null;

    public async ValueTask<ILink> DialAsync(Multiaddr address, CancellationToken cancel)
    {
        if (!address.TryGetTcp(out TcpTarget? target)) throw new ArgumentException("Not a TCP address.", nameof(address));
        Exception? last = null;
        IPAddress[] candidates = [];
        try
        {
            candidates = target.Address is { } literal ? [literal] : await Dns.GetHostAddressesAsync(target.Host, target.Family, cancel);
        }
        catch (SocketException e)
        {
            last = e;
        }
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
        // Nobody there is an answer of the network's, no fault of ours.
        throw last is OperationCanceledException ? last : new ProtocolException(last?.Message ?? "The name has no address of this family.", null, last);
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
            return ValueTask.FromResult<ITransportListener>(new Listener(socket, time));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    sealed class Listener(Socket socket, TimeProvider time) : ITransportListener
    {
        public Multiaddr Address { get; } = Multiaddr.From((IPEndPoint)socket.LocalEndPoint!);

        public async ValueTask<ILink?> AcceptAsync()
        {
            while (true)
            {
                Socket? accepted = null;
                try
                {
                    accepted = await socket.AcceptAsync();
                    return new TcpLink(accepted);
                }
                catch (Exception e) when (e is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted or SocketError.Interrupted or SocketError.InvalidArgument })
                {
                    return null;
                }
                catch (SocketException)
                {
                    // One that was reset before we looked at it costs nothing; one that we couldn't even take is worth a pause.
                    if (accepted is null) await Task.Delay(AcceptPause, time);
                    accepted?.Dispose();
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
