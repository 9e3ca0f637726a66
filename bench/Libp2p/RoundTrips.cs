using System.Diagnostics;
using System.Globalization;
using System.IO.Pipelines;
using Vault.Libp2p;
using Vault.Libp2p.Memory;
using Vault.Libp2p.Multiaddrs;
using Vault.Primitives;

namespace Vault.Bench.Libp2p;

/// <summary>
/// From the start of a dial to an application's first byte, over links so slow that everything but their latency vanishes:
/// elapsed time over the round-trip time. A link's own connection costs one, as TCP's does.
/// </summary>
static class RoundTrips
{
    const string Protocol = "/bench/first-byte";
    static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(250);

    public static async Task PrintAsync()
    {
        MemoryNetwork network = new(TimeProvider.System) { Quality = new LinkQuality(Latency) };
        using Ed25519Key one = Ed25519Key.Generate(RandomSource.System), two = Ed25519Key.Generate(RandomSource.System);
        await using Node listener = new(Server.Options, one, TimeProvider.System, RandomSource.System, network.Host("10.0.0.1"));
        await using Node dialer = new(Server.Options, two, TimeProvider.System, RandomSource.System, network.Host("10.0.0.2"));
        TaskCompletionSource<long> arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        listener.Handle(Protocol, async (stream, cancel) =>
        {
            ReadResult first = await stream.Input.ReadAsync(cancel);
            arrived.TrySetResult(Stopwatch.GetTimestamp());
            await stream.Output.WriteAsync(first.Buffer.First, cancel);
            stream.Input.AdvanceTo(first.Buffer.End);
        });
        Multiaddr address = await listener.ListenAsync(Multiaddr.Parse("/ip4/10.0.0.1/tcp/1")!);
        long start = Stopwatch.GetTimestamp();
        await dialer.DialAsync(address);
        TimeSpan connected = Stopwatch.GetElapsedTime(start);
        await using PeerStream stream = await dialer.OpenLazyStreamAsync(listener.Id, Protocol);
        await stream.Output.WriteAsync(new byte[1]);
        await stream.Input.ReadAsync();
        TimeSpan answered = Stopwatch.GetElapsedTime(start);
        TimeSpan heard = Stopwatch.GetElapsedTime(start, await arrived.Task);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            Round trips from dial, at {2 * Latency.TotalMilliseconds:f0} ms each: connected after {Of(connected):f1} (TCP 1, private network + multistream + Noise XX 1: the least),
            first application byte at the listener after {Of(heard):f1}, its answer at the dialer after {Of(answered):f1}.
            The least that the specifications allow, with the protocol proposed lazily: 2.5 and 3.

            """));
    }

    static double Of(TimeSpan elapsed) => elapsed / (2 * Latency);
}
