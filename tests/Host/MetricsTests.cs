using System.Net;
using System.Net.Sockets;
using System.Text;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Host.Tests;

/// <summary>What programs that watch are told: numbers in the form of OpenMetrics, and spans over OTLP.</summary>
public sealed class MetricsTests
{
    [Fact]
    public void The_text_keeps_to_the_format_whatever_a_vault_is_called()
    {
        byte[] text = new OpenMetrics().Info("build", "It's \"this\".").Add(1, ("version", "a\\b\"c\nd"))
            .Counter("sent_bytes", "Two\nlines.", "bytes").Add(0).Gauge("size_bytes", "None of it.", "bytes").Gauge("ratio", "").Add(-1.5e-7, ("a", ""), ("b", "é")).ToBytes();
        Dictionary<string, double> read = OpenMetricsText.Parse(text);
        Assert.Equal(["build_info{version=\"a\\\\b\\\"c\\nd\"}", "sent_bytes_total", "ratio{a=\"\",b=\"é\"}"], read.Keys);
        Assert.Equal(-1.5e-7, read["ratio{a=\"\",b=\"é\"}"]);
        Assert.Throws<ArgumentException>(() => new OpenMetrics().Gauge("size", "A unit that the name doesn't tell.", "bytes"));
    }

    [Theory]
    [InlineData("# TYPE a gauge\na 1\n")]
    [InlineData("# TYPE a counter\na 1\n# EOF\n")]
    [InlineData("# TYPE a gauge\na{b=\"c} 1\n# EOF\n")]
    [InlineData("# TYPE a gauge\na 1\na 1\n# EOF\n")]
    [InlineData("# TYPE a gauge\n# TYPE a gauge\n# EOF\n")]
    [InlineData("# TYPE a counter\na_total -1\n# EOF\n")]
    [InlineData("# TYPE a gauge\n\n# EOF\n")]
    public void The_reader_of_these_tests_refuses_what_breaks_the_format(string text) => Assert.Throws<FormatException>(() => OpenMetricsText.Parse(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public async Task Two_daemons_count_what_went_between_them_for_whoever_has_the_token()
    {
        using TestFolder folder = new();
        await using RunningDaemon first = await RunningDaemon.StartAsync(folder["first"]), second = await RunningDaemon.StartAsync(folder["second"]);
        await first.RunAsync(null, "create", "photos");
        await first.RunAsync(RandomSource.Seeded(1).Bytes(3_000_000), "add", "photos", "-", "--as", "sea.jpg");
        string vault = (await first.JsonAsync("list")).GetProperty("vault").GetString()!;
        await second.RunAsync(null, "join", (await first.JsonAsync("invite", "photos")).GetProperty("ticket").GetString()!);
        string labels = $"{{vault=\"{vault}\",name=\"photos\"}}";
        await RunningDaemon.UntilAsync(async () => await second.MetricsAsync() is var now && now["vault_fetched_bytes_total" + labels] >= 3_000_000 && now["vault_missing_blocks" + labels] == 0
            && now["vault_peers_in_step" + labels] == 1);
        Dictionary<string, double> received = await second.MetricsAsync(), sent = await first.MetricsAsync();
        Assert.Equal(received["vault_fetched_bytes_total" + labels], sent["vault_served_bytes_total" + labels]); // each block once
        Assert.Equal(received["vault_fetched_blocks_total" + labels], sent["vault_served_blocks_total" + labels]);
        Assert.Equal((1, 1), (received["vault_files" + labels], received["vault_peers{state=\"connected\"}"]));
        Assert.True(received["vault_sync_rounds_total" + labels] >= 1);
        Assert.True(received[$"vault_peer_received_bytes_total{{peer=\"{first.Peer}\"}}"] > received["vault_fetched_bytes_total" + labels]);
        Assert.True(received["vault_store_bytes{database=\"blocks\"}"] > 3_000_000);

        using HttpClient stranger = new();
        using HttpResponseMessage refused = await stranger.GetAsync(new Uri(second.Ready.GetProperty("api").GetString()! + "/metrics"));
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Contains("\"inPerSecond\":", await second.TextAsync("peers", "--json"));
    }

    [Fact]
    public async Task How_copies_stand_is_counted_and_told_when_they_are_too_few_and_when_they_are_enough()
    {
        using TestFolder folder = new();
        await using RunningDaemon first = await RunningDaemon.StartAsync(folder["first"]), second = await RunningDaemon.StartAsync(folder["second"]);
        await first.RunAsync(null, "create", "photos", "--copies", "2", "--min-copies", "2");
        using StreamReader events = await first.EventsAsync();
        await first.RunAsync(RandomSource.Seeded(1).Bytes(3_000_000), "add", "photos", "-", "--as", "sea.jpg");
        string labels = $"{{vault=\"{(await first.JsonAsync("list")).GetProperty("vault").GetString()!}\",name=\"photos\"}}";
        await ToldAsync("under-minimum", "blocks of which fewer than 2 copies can be counted on");
        Dictionary<string, double> now = await first.MetricsAsync();
        double needed = now["vault_needed_blocks" + labels];
        Assert.True(needed > 1);
        Assert.Equal((needed, needed, 1), (now["vault_under_target_blocks" + labels], now["vault_under_minimum_blocks" + labels], now["vault_fewest_proven_copies" + labels]));
        Assert.Equal((0, false), (now[Proofs("right")], now.ContainsKey("vault_oldest_proof_seconds" + labels)));

        await second.RunAsync(null, "join", (await first.JsonAsync("invite", "photos")).GetProperty("ticket").GetString()!, "--capacity", "1GB");
        await ToldAsync("enough-copies", "everything has 2 proven copies");
        now = await first.MetricsAsync();
        Assert.Equal((0, 0, 2), (now["vault_under_target_blocks" + labels], now["vault_under_minimum_blocks" + labels], now["vault_fewest_proven_copies" + labels]));
        Assert.InRange(now["vault_oldest_proof_seconds" + labels], 0, 120);
        Assert.True(now[Proofs("right")] > 0);
        Assert.Equal((0, 0, 0), (now[Proofs("wrong")], now["vault_liars_total" + labels], now["vault_lost_devices_total" + labels]));
        Dictionary<string, double> healed = await second.MetricsAsync();
        Assert.InRange(healed["vault_healed_blocks_total" + labels], 1, needed);
        Assert.True(healed["vault_healed_bytes_total" + labels] > 2_000_000);
        Assert.True(healed.ContainsKey("vault_healing_blocks" + labels));

        string Proofs(string result) => "vault_proofs_total" + labels.Replace("}", $",result=\"{result}\"}}", StringComparison.Ordinal);

        async Task ToldAsync(string kind, string text)
        {
            using CancellationTokenSource patience = new(TimeSpan.FromMinutes(3));
            while (await events.ReadLineAsync(patience.Token) != "event: " + kind) { }
            Assert.Contains(text, await events.ReadLineAsync(patience.Token), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Spans_go_to_the_collector_that_the_configuration_names()
    {
        using TestFolder folder = new();
        using TcpListener collector = new(IPAddress.Loopback, 0);
        collector.Start();
        Directory.CreateDirectory(folder["first"]);
        await File.WriteAllTextAsync(Path.Combine(folder["first"], "config.yaml"), $"traces: http://{collector.LocalEndpoint}\n");
        Task<string> posted = PostedAsync(collector);
        await using RunningDaemon first = await RunningDaemon.StartAsync(folder["first"]);
        await first.RunAsync(null, "create", "photos");
        Assert.Equal(0, await first.StopAsync()); // what is left is sent at the end
        string post = await posted.WaitAsync(TimeSpan.FromMinutes(2));
        Assert.StartsWith("POST /v1/traces HTTP/1.1\r\n", post, StringComparison.Ordinal);
        Assert.Contains("/api/v1/create", post);
    }

    /// <summary>The first request that comes, head and body, as far as it is text; answered with success.</summary>
    static async Task<string> PostedAsync(TcpListener collector)
    {
        using TcpClient client = await collector.AcceptTcpClientAsync();
        NetworkStream stream = client.GetStream();
        StringBuilder all = new();
        byte[] buffer = new byte[64 << 10];
        while (!all.ToString().Contains("/api/v1/create", StringComparison.Ordinal))
        {
            int read = await stream.ReadAsync(buffer);
            if (read == 0) break;
            all.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }
        await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
        return all.ToString();
    }
}
