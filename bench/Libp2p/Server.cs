using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Vault.Libp2p;
using Vault.Libp2p.Multiaddrs;
using Vault.Libp2p.Psk;
using Vault.Libp2p.Tcp;
using Vault.Primitives;

namespace Vault.Bench.Libp2p;

/// <summary>The listening process: a node, a bare pipe on another port, and answers about its own memory on standard input.</summary>
static class Server
{
    public static NodeOptions Options { get; } = new()
    {
        Networks = [PreSharedKey.FromBytes(new byte[32])],
        Limits = new NodeLimits { MaxConnections = 4096, MaxConnectionsPerAddress = 4096 },
    };

    public static async Task<int> RunAsync()
    {
        using Ed25519Key identity = Ed25519Key.Generate(RandomSource.System);
        await using Node node = new(Options, identity, TimeProvider.System, RandomSource.System, new TcpTransport(TimeProvider.System));
        node.Handle(Bulk.Protocol, Bulk.ServeAsync);
        Multiaddr address = await node.ListenAsync(Multiaddr.Parse("/ip4/127.0.0.1/tcp/0")!);
        using Socket bare = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        bare.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        bare.Listen();
        Console.WriteLine($"{address} {((IPEndPoint)bare.LocalEndPoint!).Port}");
        while (await Console.In.ReadLineAsync() is { } line)
        {
            switch (line.Split(' '))
            {
                case ["memory"]:
                    Console.WriteLine(Memory().ToString(CultureInfo.InvariantCulture));
                    break;
                case ["receive", var count]:
                    using (Socket from = await bare.AcceptAsync()) await BarePipe.ReceiveAsync(from, long.Parse(count, CultureInfo.InvariantCulture));
                    Console.WriteLine("done");
                    break;
            }
        }
        return 0;
    }

    /// <summary>Private memory of this process once everything that can be freed has been.</summary>
    public static long Memory()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }
        string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith("RssAnon:", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture);
    }
}
