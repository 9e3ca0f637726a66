using System.Diagnostics;
using Vault.Primitives;

namespace Vault.Libp2p.Tests.Namespaces;

/// <summary>Network namespaces of one test, joined by cables as it asks for; gone with it, and their processes with them.</summary>
sealed class NetworkNamespaces : IAsyncDisposable
{
    static readonly Lazy<string?> Obstacle = new(FindObstacle);

    readonly string prefix = $"vt{RandomSource.System.Below(1 << 24):x}";
    readonly List<string> made = [];
    readonly List<HostProcess> hosts = [];

    /// <summary>Why this machine can't do it; null when it can.</summary>
    public static string? Unavailable => Obstacle.Value;

    static string? FindObstacle()
    {
        if (!OperatingSystem.IsLinux()) return "network namespaces are Linux's";
        string probe = $"vtprobe{Environment.ProcessId}";
        try
        {
            string failure = Run("ip", "netns", "add", probe);
            Run("ip", "netns", "del", probe);
            return failure.Length == 0 ? null : $"ip netns isn't permitted: {failure}";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "iproute2 isn't installed";
        }
    }

    public string Add(string name)
    {
        string full = $"{prefix}-{name}";
        Ip("netns", "add", full);
        made.Add(full);
        In(full, "ip", "link", "set", "lo", "up");
        return full;
    }

    /// <summary>A cable between two namespaces, an interface named after its other end at each.</summary>
    public void Connect(string one, string oneAddress, string other, string otherAddress, string cable)
    {
        Ip("link", "add", cable, "netns", one, "type", "veth", "peer", "name", cable, "netns", other);
        foreach ((string space, string address) in new[] { (one, oneAddress), (other, otherAddress) })
        {
            In(space, "ip", "address", "add", address, "dev", cable);
            In(space, "ip", "link", "set", cable, "up");
        }
    }

    public static void In(string space, params string[] command) => Ip(["netns", "exec", space, .. command]);

    static void Ip(params string[] arguments)
    {
        string failure = Run("ip", arguments);
        if (failure.Length > 0) throw new InvalidOperationException($"ip {string.Join(' ', arguments)}: {failure}");
    }

    static string Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        string said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? "" : said.Trim() + $" (exit status {process.ExitCode})";
    }

    /// <summary>Starts a program in a namespace and waits until it says that it is ready.</summary>
    public async Task<HostProcess> StartAsync(string space, params string[] command)
    {
        HostProcess host = new(["ip", "netns", "exec", space, .. command]);
        hosts.Add(host);
        await host.ReadyAsync();
        return host;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (HostProcess host in hosts) await host.DisposeAsync();
        foreach (string space in made) Run("ip", "netns", "del", space);
    }
}
