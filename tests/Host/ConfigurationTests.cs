using System.Text.Json;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Host.Tests;

/// <summary>config.yaml: what may stand in it, and what is said of what may not.</summary>
public sealed class ConfigurationTests
{
    [Fact]
    public void Every_setting_is_read_and_what_isn_t_said_is_as_usual()
    {
        Configuration read = Configuration.Parse("""
            # at home
            listen: [/ip4/0.0.0.0/tcp/4001, /ip6/::/tcp/4001]
            api: 127.0.0.1:5000
            bootstrap: /ip4/192.168.1.7/tcp/4171
            mdns: false
            upload: 500 KiB
            download: 2.5 MB/s
            """, "config.yaml");
        Assert.Equal((2, "/ip4/0.0.0.0/tcp/4001", 5000, 1, false, 512_000L, 2_500_000L),
            (read.Listen.Count, read.Listen[0].ToString(), read.Api, read.Bootstrap.Count, read.Mdns, read.Upload, read.Download));
        foreach (string nothing in (string[])["", "# a comment\n", "upload: none\n"])
            Assert.Equal((0, 4172, 0, true, null, null), Values(Configuration.Parse(nothing, "config.yaml")));

        static (int, int, int, bool, long?, long?) Values(Configuration of) => (of.Listen.Count, of.Api, of.Bootstrap.Count, of.Mdns, of.Upload, of.Download);
    }

    [Theory]
    [InlineData("mdns: true\nlisten:\n  - /ip4/0.0.0.0/tcp/1\n  - nowhere\n", "config.yaml, line 3: listen: 'nowhere' is no address")]
    [InlineData("api: 127.0.0.1:1\n\nuplaod: 1 MB\n", "config.yaml, line 3: 'uplaod' is no setting")]
    [InlineData("upload: fast\n", "config.yaml, line 1: upload: 'fast' is no bandwidth")]
    [InlineData("upload: 1 KiB\n", "config.yaml, line 1: upload: '1 KiB' is too little")]
    [InlineData("upload: -5 MB\n", "config.yaml, line 1: upload: '-5 MB' is no bandwidth")]
    [InlineData("mdns: perhaps\n", "config.yaml, line 1: mdns: 'perhaps' is neither true nor false")]
    [InlineData("mdns: [true, false]\n", "config.yaml, line 1: mdns: one value is expected")]
    [InlineData("api: 0.0.0.0:4172\n", "config.yaml, line 1: api: '0.0.0.0:4172' is no place for the API")]
    [InlineData("just words\n", "config.yaml, line 1: this is no setting")]
    [InlineData("mdns: true\n[a, b]: c\n", "config.yaml, line 2: this is no setting")]
    [InlineData("mdns: true\n---\nmdns: false\n", "config.yaml, line 3: a second document begins")]
    public void What_is_wrong_is_said_with_its_line(string text, string says)
    {
        ConfigException fault = Assert.Throws<ConfigException>(() => Configuration.Parse(text, "config.yaml"));
        Assert.StartsWith(says, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Theory]
    [InlineData("mdns: true\nmdns: false\n", 2)]
    [InlineData("mdns: \"true\n", 1)]
    [InlineData("a: b: c\n", 1)]
    public void What_is_no_yaml_is_said_with_its_line_too(string text, int line)
    {
        ConfigException fault = Assert.Throws<ConfigException>(() => Configuration.Parse(text, "config.yaml"));
        Assert.Matches($"^config.yaml, line {line}: .", fault.Message);
    }

    [Fact]
    public async Task The_daemon_starts_as_its_file_says_unless_its_line_says_otherwise_and_changes_its_limits_while_it_runs()
    {
        using TestFolder folder = new();
        Directory.CreateDirectory(folder["first"]);
        string file = Path.Combine(folder["first"], "config.yaml");
        await File.WriteAllTextAsync(file, "mdns: false\nlissen: 1\n");
        (int code, _, string error) = await RunningDaemon.TryAsync(folder["first"], null, "daemon", "run");
        Assert.Equal((1, true, true), (code, error.Contains("line 2: 'lissen' is no setting", StringComparison.Ordinal), error.Contains("hint: settings are listen, api", StringComparison.Ordinal)));

        await File.WriteAllTextAsync(file, "api: 127.0.0.1:1\nupload: 1 MiB\n"); // of the port the command line says otherwise
        await using RunningDaemon first = await RunningDaemon.StartAsync(folder["first"]);
        JsonElement limits = await first.JsonAsync("limits");
        Assert.Equal((1 << 20, false), (limits.GetProperty("upload").GetInt64(), limits.TryGetProperty("download", out _)));
        limits = await first.JsonAsync("limits", "--upload", "none", "--download", "64 KiB");
        Assert.Equal((false, 64 << 10), (limits.TryGetProperty("upload", out _), limits.GetProperty("download").GetInt64()));

        // At 64 KiB a second this would take two minutes; who lifts the limit waits no longer.
        await using RunningDaemon second = await RunningDaemon.StartAsync(folder["second"]);
        await second.RunAsync(null, "create", "photos");
        await second.RunAsync(RandomSource.Seeded(3).Bytes(8_000_000), "add", "photos", "-", "--as", "large");
        await first.RunAsync(null, "join", (await second.JsonAsync("invite", "photos")).GetProperty("ticket").GetString()!);
        await RunningDaemon.UntilAsync(async () => (await first.JsonAsync("status", "photos")).GetProperty("vaults")[0].GetProperty("missingBlocks").GetInt64() > 0);
        await first.RunAsync(null, "limits", "--download", "none");
        await RunningDaemon.UntilAsync(async () => (await first.JsonAsync("daemon", "status")).GetProperty("vaults")[0] is var vault
            && vault.GetProperty("missingBlocks").GetInt64() == 0 && !vault.GetProperty("searching").GetBoolean());
        Assert.Equal(0, (await first.TryAsync(null, "verify")).Code);
        (code, _, error) = await first.TryAsync(null, "limits", "--upload", "1 KiB");
        Assert.Equal((1, true), (code, error.Contains("the least is 64.0 KiB a second", StringComparison.Ordinal)));
    }
}
