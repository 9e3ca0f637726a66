using System.Diagnostics;
using System.Text.Json.Nodes;
using System.IO.Pipelines;
using System.Buffers.Binary;
using Vault.Libp2p.Multiaddrs;
using Vault.Libp2p.Pubsub;
using Vault.Primitives;

namespace Vault.Libp2p.TestHost;

/// <summary>Reads commands until its input ends, and answers each when it is done: a slow one doesn't hold up the next.</summary>
sealed class LineProtocol(Node node, Gossip gossip, TextReader input, TextWriter output) : IDisposable
{
    readonly SemaphoreSlim writing = new(1);

    public async Task RunAsync()
    {
        List<Task> answering = [];
        void Remember(Task task)
        {
            lock (answering)
            {
                answering.RemoveAll(one => one.IsCompleted);
                answering.Add(task);
            }
        }
        gossip.Received += (message, _) => Remember(WriteAsync(new JsonObject
        {
            ["event"] = "message",
            ["topic"] = message.Topic,
            ["from"] = message.Author?.ToString(),
            ["data"] = Convert.ToBase64String(message.Data.Span),
        }));
        await WriteAsync(new JsonObject
        {
            ["event"] = "ready",
            ["peerId"] = node.Id.ToString(),
            ["addrs"] = new JsonArray([.. node.Addresses.Select(address => JsonValue.Create(address.ToString()))]),
        });
        while (await input.ReadLineAsync() is { } line)
        {
            if (line.StartsWith('{')) Remember(AnswerAsync(JsonNode.Parse(line)!.AsObject()));
        }
    }

    async Task AnswerAsync(JsonObject request)
    {
        JsonObject answer;
        try
        {
            answer = await DoAsync((string)request["cmd"]!, request);
            answer["ok"] = true;
        }
        catch (Exception e)
        {
            answer = new JsonObject { ["ok"] = false, ["error"] = new JsonObject { ["name"] = e.GetType().Name, ["message"] = e.Message } };
        }
        answer["id"] = request["id"]?.DeepClone();
        await WriteAsync(answer);
    }

    async Task<JsonObject> DoAsync(string command, JsonObject request)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromMilliseconds((double?)request["timeout"] ?? 60_000));
        CancellationToken cancel = patience.Token;
        switch (command)
        {
            case "dial":
                Multiaddr address = Multiaddr.Parse((string)request["addr"]!) ?? throw new ProtocolException("That is not a multiaddr.");
                return new JsonObject { ["peer"] = (await node.DialAsync(address, null, cancel)).ToString() };
            case "hangup":
                await node.DisconnectAsync(await ReachAsync(request, cancel));
                return [];
            case "ping":
                PeerId peer = await ReachAsync(request, cancel);
                JsonArray rtts = [];
                for (int i = (int?)request["count"] ?? 1; i > 0; i--) rtts.Add((await node.PingAsync(peer, cancel)).TotalMilliseconds);
                return new JsonObject { ["rtts"] = rtts };
            case "identify":
                PeerId known = await ReachAsync(request, cancel);
                PeerStatus status = node.Peers.First(one => one.Peer == known);
                return new JsonObject
                {
                    ["agentVersion"] = status.Agent,
                    ["protocols"] = Strings(status.Protocols),
                    ["listenAddrs"] = Strings(status.ListenAddresses),
                    ["observedAddr"] = status.ObservedAddress?.ToString(),
                };
            case "subscribe":
                gossip.Subscribe((string)request["topic"]!);
                return [];
            case "unsubscribe":
                gossip.Unsubscribe((string)request["topic"]!);
                return [];
            case "publish":
                return new JsonObject { ["recipients"] = gossip.Publish((string)request["topic"]!, Convert.FromBase64String((string)request["data"]!)) };
            case "peers":
                IEnumerable<JsonNode?> connected = node.Peers.Where(one => one.State == PeerState.Connected).Select(one => new JsonObject { ["peer"] = one.Peer.ToString() });
                return new JsonObject { ["connections"] = new JsonArray([.. connected]) };
            case "perf":
                return await PerfAsync(await ReachAsync(request, cancel), (long?)request["upload"] ?? 0, (long?)request["download"] ?? 0, cancel);
            case "streams":
                return await StreamsAsync(await ReachAsync(request, cancel), (int?)request["count"] ?? 1000, cancel);
            default:
                throw new ProtocolException($"There is no command {command}.");
        }
    }

    async Task<PeerId> ReachAsync(JsonObject request, CancellationToken cancel)
    {
        string text = (string)request["peer"]!;
        if (Multiaddr.Parse(text) is { } address) return await node.DialAsync(address, null, cancel);
        return PeerId.Parse(text) ?? throw new ProtocolException("That is neither a peer id nor a multiaddr.");
    }

    async Task<JsonObject> PerfAsync(PeerId peer, long upload, long download, CancellationToken cancel)
    {
        await using PeerStream stream = await node.OpenStreamAsync(peer, BulkProtocols.Perf, cancel);
        byte[] head = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(head, download);
        long allocated = GC.GetTotalAllocatedBytes();
        Stopwatch watch = Stopwatch.StartNew();
        await stream.Output.WriteAsync(head, cancel);
        await BulkProtocols.SendAsync(stream.Output, upload, cancel);
        await stream.Output.CompleteAsync();
        long got = 0;
        while (true)
        {
            ReadResult result = await stream.Input.ReadAsync(cancel);
            got += result.Buffer.Length;
            stream.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted) break;
        }
        return new JsonObject { ["received"] = got, ["allocated"] = GC.GetTotalAllocatedBytes() - allocated, ["ms"] = watch.Elapsed.TotalMilliseconds, ["MBps"] = (upload + got) / 1e6 / watch.Elapsed.TotalSeconds };
    }

    async Task<JsonObject> StreamsAsync(PeerId peer, int count, CancellationToken cancel)
    {
        Stopwatch watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, count).Select(_ => node.PingAsync(peer, cancel)));
        return new JsonObject { ["ms"] = watch.Elapsed.TotalMilliseconds };
    }

    static JsonArray Strings<T>(IEnumerable<T> values) => new([.. values.Select(value => JsonValue.Create(value?.ToString()))]);

    async Task WriteAsync(JsonObject message)
    {
        await writing.WaitAsync();
        try
        {
            await output.WriteLineAsync(message.ToJsonString());
            await output.FlushAsync();
        }
        finally
        {
            writing.Release();
        }
    }

    public void Dispose() => writing.Dispose();
}
