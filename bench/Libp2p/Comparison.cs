using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Vault.Libp2p;
using Vault.Libp2p.Multiaddrs;
using Vault.Libp2p.Tcp;
using Vault.Primitives;

namespace Vault.Bench.Libp2p;

/// <summary>Measures everything in one run, alternating the things compared, and prints medians.</summary>
static class Comparison
{
    const int Streams = 1000, Connections = 1000;

    public static async Task<int> RunAsync(int runs, int mebibytes)
    {
        long bytes = (long)mebibytes << 20;
        using Process other = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, "serve") { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        try
        {
            string[] where = (await other.StandardOutput.ReadLineAsync())!.Split(' ');
            Multiaddr address = Multiaddr.Parse(where[0])!;
            async Task<string> Ask(string line)
            {
                await other.StandardInput.WriteLineAsync(line);
                await other.StandardInput.FlushAsync();
                return (await other.StandardOutput.ReadLineAsync())!;
            }

            using Ed25519Key identity = Ed25519Key.Generate(RandomSource.System);
            await using Node node = new(Server.Options, identity, TimeProvider.System, RandomSource.System, new TcpTransport(TimeProvider.System));
            PeerId peer = await node.DialAsync(address);
            List<double> bare = [], up = [], down = [], streams = [];
            for (int i = 0; i <= runs; i++)
            {
                double floor = await RateAsync(bytes, async () =>
                {
                    using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                    Task<string> received = Ask($"receive {bytes}");
                    await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, int.Parse(where[1], CultureInfo.InvariantCulture)));
                    await BarePipe.SendAsync(socket, bytes);
                    await received;
                });
                double upload = await RateAsync(bytes, () => TransferAsync(node, peer, bytes, 0));
                double download = await RateAsync(bytes, () => TransferAsync(node, peer, 0, bytes));
                long start = Stopwatch.GetTimestamp();
                await Task.WhenAll(Enumerable.Range(0, Streams).Select(_ => node.PingAsync(peer)));
                if (i == 0) continue; // to warm up
                bare.Add(floor);
                up.Add(upload);
                down.Add(download);
                streams.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
            Console.WriteLine($"One stream over loopback between two processes, private network + Noise + Yamux, {mebibytes} MiB, medians of {runs}, {Environment.ProcessorCount} cores:\n");
            Console.WriteLine("| | MB/s | of the bare pipe |\n| --- | --- | --- |");
            Console.WriteLine(Row("bare pipe: XSalsa20 + ChaCha20-Poly1305", bare, bare));
            Console.WriteLine(Row("upload", up, bare));
            Console.WriteLine(Row("download", down, bare));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n{Streams} streams opened, used for one ping and closed: {Median(streams):f0} ms.\n"));
            await RoundTrips.PrintAsync();
            await MeasureMemoryAsync(address, Ask);
            await JsLibp2p.PrintAsync([.. up, .. down]);
        }
        finally
        {
            other.Kill();
            await other.WaitForExitAsync();
        }
        return 0;
    }

    static async Task MeasureMemoryAsync(Multiaddr address, Func<string, Task<string>> ask)
    {
        long before = long.Parse(await ask("memory"), CultureInfo.InvariantCulture), mine = Server.Memory();
        List<(Node Node, Ed25519Key Key)> nodes = [];
        for (int i = 0; i < Connections; i++)
        {
            Ed25519Key key = Ed25519Key.Generate(RandomSource.System);
            Node node = new(Server.Options, key, TimeProvider.System, RandomSource.System, new TcpTransport(TimeProvider.System));
            TaskCompletionSource identified = new(TaskCreationOptions.RunContinuationsAsynchronously);
            node.PeerIdentified += _ => identified.TrySetResult();
            nodes.Add((node, key));
            await node.DialAsync(address);
            await identified.Task; // from here on it is idle
        }
        long after = long.Parse(await ask("memory"), CultureInfo.InvariantCulture), minus = Server.Memory();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{Connections} idle connections, private memory after a full collection: {(after - before) / 1e6:f1} MB at the listener, {(after - before) / 1024.0 / Connections:f1} KiB each; "
            + $"{(minus - mine) / 1e6:f1} MB at the dialer, which has as many nodes."));
        foreach ((Node node, Ed25519Key key) in nodes)
        {
            await node.DisposeAsync();
            key.Dispose();
        }
    }

    static async Task TransferAsync(Node node, PeerId peer, long upload, long download)
    {
        await using PeerStream stream = await node.OpenStreamAsync(peer, Bulk.Protocol);
        await Bulk.TransferAsync(stream, upload, download);
    }

    static async Task<double> RateAsync(long bytes, Func<Task> transfer)
    {
        long start = Stopwatch.GetTimestamp();
        await transfer();
        return bytes / 1e6 / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    static string Row(string name, List<double> values, List<double> floor) =>
        string.Create(CultureInfo.InvariantCulture, $"| {name} | {Median(values):f0} | {Median([.. values.Zip(floor, (value, bare) => value / bare)]):p0} |");

    public static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
