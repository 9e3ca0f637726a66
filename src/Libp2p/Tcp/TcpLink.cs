using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Vault.Libp2p.Multiaddrs;

namespace Vault.Libp2p.Tcp;

/// <summary>One TCP connection.</summary>
sealed class TcpLink : ILink
{
    /// <summary>
    /// Bytes that may wait in the kernel unsent. More would make a small frame wait behind bulk that can't be overtaken any more.
    /// </summary>
    const int UnsentInKernel = 128 * 1024;

    const int TcpLevel = 6, TcpNotSentLowWater = 25; // Linux's TCP_NOTSENT_LOWAT

    readonly Socket socket;

    public TcpLink(Socket socket)
    {
        this.socket = socket;
        socket.NoDelay = true;
        if (OperatingSystem.IsLinux()) socket.SetRawSocketOption(TcpLevel, TcpNotSentLowWater, BitConverter.GetBytes(UnsentInKernel));
        LocalAddress = Multiaddr.From((IPEndPoint)socket.LocalEndPoint!);
        RemoteAddress = Multiaddr.From((IPEndPoint)socket.RemoteEndPoint!);
        Input = new SocketReader(socket);
        Output = new SocketWriter(socket);
    }

    public PipeReader Input { get; }
    public PipeWriter Output { get; }
    public Multiaddr LocalAddress { get; }
    public Multiaddr RemoteAddress { get; }

    public void Abort() => socket.Dispose();

    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        return ValueTask.CompletedTask;
    }
}
