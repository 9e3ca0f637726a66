using System.Text.Json.Nodes;
using Vault.Libp2p.Psk;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Libp2p.Tests.Namespaces;

/// <summary>Whole nodes, each in a network of its own with real interfaces between them.</summary>
public sealed class NamespaceTests : IDisposable
{
    static readonly string Host = Path.Combine(AppContext.BaseDirectory, "Vault.Libp2p.TestHost.dll");

    readonly TestFolder folder = new();
    readonly string psk;

    public NamespaceTests()
    {
        psk = folder["swarm.key"];
        using PreSharedKey key = PreSharedKey.Generate(RandomSource.System);
        File.WriteAllText(psk, key.ToFile());
    }

    public void Dispose() => folder.Dispose();

    string[] Node(params string[] arguments) => ["dotnet", Host, "--psk", psk, .. arguments];

    [NamespaceFact]
    public async Task Two_hosts_find_each_other_and_a_pulled_cable_heals()
    {
        await using NetworkNamespaces world = new();
        string one = world.Add("one"), two = world.Add("two");
        world.Connect(one, "10.77.0.1/24", two, "10.77.0.2/24", "cable");
        string[] options = ["--mdns", "--keep-alive", "1", "--listen", "/ip4/0.0.0.0/tcp/0"];
        HostProcess a = await world.StartAsync(one, Node(options)), b = await world.StartAsync(two, Node(options));
        await a.UntilConnectedAsync(b.Id);
        await b.UntilConnectedAsync(a.Id);
        Assert.True((bool)(await a.AskAsync("ping", ("peer", b.Id)))["ok"]!);

        NetworkNamespaces.In(one, "ip", "link", "set", "cable", "down");
        await a.UntilConnectedAsync(b.Id, connected: false);
        await b.UntilConnectedAsync(a.Id, connected: false);
        NetworkNamespaces.In(one, "ip", "link", "set", "cable", "up");
        await a.UntilConnectedAsync(b.Id);
        await b.UntilConnectedAsync(a.Id);
        Assert.True((bool)(await b.AskAsync("ping", ("peer", a.Id)))["ok"]!);
    }

    [NamespaceFact]
    public async Task A_relay_joins_two_networks_that_cannot_reach_each_other()
    {
        await using NetworkNamespaces world = new();
        string left = world.Add("left"), middle = world.Add("middle"), right = world.Add("right");
        world.Connect(left, "10.77.1.1/24", middle, "10.77.1.2/24", "west");
        world.Connect(right, "10.77.2.1/24", middle, "10.77.2.2/24", "east");
        HostProcess relay = await world.StartAsync(middle, Node("--relay", "--listen", "/ip4/0.0.0.0/tcp/4001"));
        HostProcess a = await world.StartAsync(left, Node("--listen", "/ip4/10.77.1.1/tcp/0")), b = await world.StartAsync(right, Node("--listen", "/ip4/10.77.2.1/tcp/0"));
        JsonObject reserved = await a.AskAsync("listen", ("addr", $"/ip4/10.77.1.2/tcp/4001/p2p/{relay.Id}/p2p-circuit"));
        Assert.True((bool)reserved["ok"]!, reserved.ToJsonString());
        Assert.False((bool)(await b.AskAsync("dial", ("addr", a.Address), ("timeout", 3000)))["ok"]!);

        JsonObject dialed = await b.AskAsync("dial", ("addr", $"/ip4/10.77.2.2/tcp/4001/p2p/{relay.Id}/p2p-circuit/p2p/{a.Id}"));
        Assert.True((bool)dialed["ok"]!, dialed.ToJsonString());
        JsonObject carried = await b.AskAsync("perf", ("peer", a.Id), ("upload", 20_000), ("download", 30_000));
        Assert.Equal(30_000, (int?)carried["received"]);
    }

    [NamespaceFact(JsPeer = true)]
    public async Task Js_libp2p_and_we_find_each_other()
    {
        await using NetworkNamespaces world = new();
        string only = world.Add("only");
        NetworkNamespaces.In(only, "ip", "link", "set", "lo", "multicast", "on");
        NetworkNamespaces.In(only, "ip", "route", "add", "224.0.0.0/4", "dev", "lo");
        HostProcess js = await world.StartAsync(only, "node", Path.Combine(JsLibp2p.Folder, "discovery.mjs"), psk);
        HostProcess ours = await world.StartAsync(only, Node("--mdns", "--common-name"));
        await ours.UntilConnectedAsync(js.Id);
        await js.UntilConnectedAsync(ours.Id);
        await HostProcess.UntilAsync(() => Task.FromResult(js.Discovered.Contains(ours.Id)));
    }
}

/// <summary>A fact about whole networks: skipped, with the reason, where this machine can't make them.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class NamespaceFactAttribute : FactAttribute
{
    public bool JsPeer { get; set; }

    public override string? Skip
    {
        get => NetworkNamespaces.Unavailable ?? (JsPeer ? JsLibp2p.Missing : null);
        set => throw new InvalidOperationException("The machine decides.");
    }
}
