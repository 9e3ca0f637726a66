using System.Globalization;
using Vault.Blocks;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Host.Tests;

/// <summary>
/// A large vault on its way from one daemon to another, of which either is killed at a moment of chance. How much was fetched is what the
/// daemons count, and what was durable is what lies on the disk of the one that was killed.
/// </summary>
sealed class KilledTransfer(TestFolder folder, ulong seed) : IAsyncDisposable
{
    /// <summary>A second or two of transfer, so that a strike finds something on its way.</summary>
    const int LargeFiles = 5, LargeSize = 1_500_000, SmallFiles = 200;
    const string Upload = "6 MB";

    const string Connected = "vault_peers{state=\"connected\"}";

    readonly RandomSource random = RandomSource.Seeded(seed);
    HashSet<BlockId> all = [], here = []; // what there is to fetch, and what was there when the taker began
    RunningDaemon? giver, taker;
    string labels = "";
    int durable; // blocks that the taker had when the younger of the two began
    double served; // what the giver had sent by then

    public async Task BeginAsync()
    {
        string data = folder["giver"], source = folder["source"];
        Directory.CreateDirectory(data);
        Directory.CreateDirectory(source);
        await File.WriteAllTextAsync(Path.Combine(data, "config.yaml"), $"upload: {Upload}\n");
        for (int i = 0; i < LargeFiles; i++) await File.WriteAllBytesAsync(Path.Combine(source, $"large{i}"), random.Bytes(LargeSize));
        for (int i = 0; i < SmallFiles; i++) await File.WriteAllBytesAsync(Path.Combine(source, $"small{i}"), random.Bytes(random.Below(4000)));
        foreach (string[] command in (string[][])[["create", "photos"], ["add", "photos", source, "--as", "files"]])
            Assert.Equal((0, ""), await RunningDaemon.TryAsync(data, null, command) is var (code, _, error) ? (code, code == 0 ? "" : error) : default);
        all = await StoredBlocks.OfAsync(data, "photos");
        giver = await RunningDaemon.StartAsync(data);
        taker = await RunningDaemon.StartAsync(folder["taker"]);
        labels = $"{{vault=\"{(await giver.VaultAsync()).GetProperty("vault").GetString()}\",name=\"photos\"}}";
        await taker.JoinAsync(await giver.InviteAsync());
    }

    public async Task StrikeAsync(bool atGiver)
    {
        // Of what is left at most a half comes before: there is something for the next strike too.
        string received = $"vault_peer_received_bytes_total{{peer=\"{giver!.Peer}\"}}";
        double enough = random.Below(1000) / 2000.0 * LargeFiles * LargeSize * (all.Count - durable) / all.Count;
        await RunningDaemon.UntilAsync(async () => (await taker!.MetricsAsync()).GetValueOrDefault(received) >= enough);
        await (atGiver ? KillGiverAsync() : KillTakerAsync());
    }

    async Task KillGiverAsync()
    {
        int port = giver!.Port;
        string data = giver.Folder;
        await giver.DisposeAsync();
        durable = here.Count + (int)await FetchedAsync(); // and perhaps some more, which have come and aren't durable yet
        giver = await RunningDaemon.StartAsync(data, port);
        served = 0;
    }

    async Task KillTakerAsync()
    {
        int port = taker!.Port;
        string data = taker.Folder;
        await taker.DisposeAsync();
        HashSet<BlockId> now = await StoredBlocks.OfAsync(data, "photos");
        Assert.True(here.IsSubsetOf(now), $"something durable went: {Replay}");
        Assert.True(now.IsSubsetOf(all), $"something is there that nobody has: {Replay}");
        // The last answers may still be on their way into a connection that nobody reads.
        double sent = -1;
        await RunningDaemon.UntilAsync(async () =>
        {
            Dictionary<string, double> metrics = await giver!.MetricsAsync();
            (double before, sent) = (sent, metrics["vault_served_blocks_total" + labels]);
            return metrics[Connected] == 0 && sent == before;
        });
        Assert.True(sent - served <= all.Count - durable, $"{sent - served} blocks were sent where {all.Count - durable} were missing: {Replay}");
        (here, durable, served) = (now, now.Count, sent);
        taker = await RunningDaemon.StartAsync(data, port);
    }

    public async Task CompleteAsync()
    {
        await RunningDaemon.UntilAsync(async () => await taker!.MetricsAsync() is var now && here.Count + now["vault_fetched_blocks_total" + labels] >= all.Count
            && now["vault_missing_blocks" + labels] == 0 && now["vault_peers_in_step" + labels] == 1);
        Assert.True(await FetchedAsync() == all.Count - here.Count, $"{await FetchedAsync()} blocks came where {all.Count - here.Count} were missing: {Replay}");
        double sent = (await giver!.MetricsAsync())["vault_served_blocks_total" + labels] - served;
        Assert.True(sent <= all.Count - durable, $"{sent} blocks were sent where {all.Count - durable} were missing: {Replay}");
        await RunningDaemon.InStepAsync(giver, taker!);
        foreach (RunningDaemon device in (RunningDaemon[])[giver, taker!]) Assert.True(await device.IsWellAsync(), Replay);
    }

    async Task<double> FetchedAsync() => (await taker!.MetricsAsync())["vault_fetched_blocks_total" + labels];

    string Replay => string.Create(CultureInfo.InvariantCulture, $"replay with VAULT_SEED={seed}");

    public async ValueTask DisposeAsync()
    {
        if (giver != null) await giver.DisposeAsync();
        if (taker != null) await taker.DisposeAsync();
    }
}
