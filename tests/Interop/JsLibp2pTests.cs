// Interop: our node (tests/Libp2p/Host, a process of its own) and the daemon against js-libp2p, once, over loopback. check.mjs and
// daemon.mjs do the work and print a line for each of their checks; here they become tests. Not here: what only namespaces can show (tests/Libp2p/Namespaces).

using Vault.Tests.Support;
using Xunit;

namespace Vault.Interop.Tests;

public sealed class JsLibp2pTests(NodeRun run) : IClassFixture<NodeRun>
{
    static readonly string[] checks =
    [
        "js dials us, identifies and pings",
        "we dial js and ping",
        "another private network, or none, is refused both ways",
        "gossip passes both ways",
        "64 MiB through one stream, up",
        "64 MiB through one stream, down",
    ];

    public static TheoryData<string> Checks => [.. checks];

    [TheoryWithJs, MemberData(nameof(Checks))]
    public void Js_libp2p_and_we_agree(string check) =>
        Assert.True(run.Results.Any(line => line.StartsWith($"pass  {check}  [", StringComparison.Ordinal)), run.Output);

    [FactWithJs]
    public void No_other_check_was_run() => Assert.True(run.Results.Count() == checks.Length && run.ExitCode == 0, run.Output);
}

public sealed class DaemonTests(DaemonRun run) : IClassFixture<DaemonRun>
{
    static readonly string[] checks =
    [
        "js dials the daemon, identifies and pings",
        "another private network, or none, is refused by the daemon",
        "gossip of a topic passes through the daemon",
        "who has no secret of a vault gets no byte behind the gate",
    ];

    public static TheoryData<string> Checks => [.. checks];

    [TheoryWithJs, MemberData(nameof(Checks))]
    public void Js_libp2p_and_the_daemon_agree(string check) =>
        Assert.True(run.Results.Any(line => line.StartsWith($"pass  {check}  [", StringComparison.Ordinal)), run.Output);

    [FactWithJs]
    public void No_other_check_was_run() => Assert.True(run.Results.Count() == checks.Length && run.ExitCode == 0, run.Output);
}

/// <summary>A fact that needs js-libp2p; skipped, with the reason, where it couldn't be installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FactWithJsAttribute : FactAttribute
{
    public FactWithJsAttribute() => Skip = JsLibp2p.Missing;
}

[AttributeUsage(AttributeTargets.Method)]
public sealed class TheoryWithJsAttribute : TheoryAttribute
{
    public TheoryWithJsAttribute() => Skip = JsLibp2p.Missing;
}
