// A libp2p node driven over standard input and output, one JSON object per line, for interoperability checks.
//   --psk FILE        a swarm key file; without it the node is public
//   --relay           relays for others
//   --mdns            finds others and is found; with --common-name as the nodes of public networks are
//   --keep-alive N    seconds between keep-alive pings
//   --verbose         says on standard error why connections end
//   --listen ADDR     default /ip4/127.0.0.1/tcp/0
// Requests {"id":1,"cmd":"dial","addr":"..."}; answers {"id":1,"ok":true,...} or {"id":1,"ok":false,"error":{...}}.

using System.Globalization;
using Vault.Libp2p;
using Vault.Libp2p.Gossipsub;
using Vault.Libp2p.Mdns;
using Vault.Libp2p.Multiaddrs;
using Vault.Libp2p.Psk;
using Vault.Libp2p.Pubsub;
using Vault.Libp2p.Relay;
using Vault.Libp2p.Tcp;
using Vault.Libp2p.TestHost;
using Vault.Libp2p.Yamux;
using Vault.Primitives;

string Option(string name, string fallback)
{
    int at = Array.IndexOf(args, name);
    return at >= 0 && at + 1 < args.Length ? args[at + 1] : fallback;
}

string pskFile = Option("--psk", "");
PreSharedKey? psk = null;
if (pskFile.Length > 0) psk = PreSharedKey.Parse(await File.ReadAllTextAsync(pskFile)) ?? throw new ConfigException($"{pskFile} is not a swarm key file.");

using Ed25519Key identity = Ed25519Key.Generate(RandomSource.System);
NodeOptions options = new()
{
    Agent = "vault-test-host/0.1",
    Networks = psk is null ? [] : [psk],
    Mdns = args.Contains("--mdns") ? new MdnsOptions { CommonName = args.Contains("--common-name") } : null,
    Streams = new MuxLimits { KeepAlive = TimeSpan.FromSeconds(int.Parse(Option("--keep-alive", "30"), CultureInfo.InvariantCulture)) },
};
await using Node node = new(options, identity, TimeProvider.System, RandomSource.System, new TcpTransport(TimeProvider.System));
if (args.Contains("--verbose"))
{
    node.InboundRefused += (address, reason) => Console.Error.WriteLine($"refused {address}: {reason}");
    node.PeerDisconnected += peer => Console.Error.WriteLine($"lost {peer}: {node.Peers.First(one => one.Peer == peer).LastFailure}");
}
node.Handle(BulkProtocols.Echo, BulkProtocols.EchoAsync);
node.Handle(BulkProtocols.Perf, BulkProtocols.PerfAsync);
// js-libp2p's ids, so that gossip repair works with it.
Parameters parameters = new() { IdOf = MessageId.FromKeyAndSeqno };
await using Gossip gossip = new(node, identity, parameters, TimeProvider.System, RandomSource.System);
await using RelayClient relayClient = new(node, TimeProvider.System);
if (args.Contains("--relay")) _ = new RelayService(node, identity, new RelayLimits(), TimeProvider.System);
await node.ListenAsync(Multiaddr.Parse(Option("--listen", "/ip4/127.0.0.1/tcp/0")) ?? throw new ConfigException("--listen is not a multiaddr."));

using LineProtocol lines = new(node, gossip, Console.In, Console.Out);
await lines.RunAsync();
