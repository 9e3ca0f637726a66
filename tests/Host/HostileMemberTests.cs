using System.Text.Json;
using Vault.Catalog;
using Vault.Identity;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Host.Tests;

/// <summary>A member that keeps to no rule, among daemons of the real program: it is parted with, with a reason, or not listened to, and the others go on.</summary>
public sealed class HostileMemberTests
{
    static async Task<string> TicketAsync(RunningDaemon from, string role = "write") => (await from.JsonAsync("invite", "photos", "--role", role)).GetProperty("ticket").GetString()!;

    /// <summary>What one device says is the matter with another.</summary>
    static Task SaysAsync(RunningDaemon at, HostileMember of, string reason) => RunningDaemon.UntilAsync(async () => (await at.AskAsync("peers")).EnumerateArray().Where(peer => peer.GetProperty("peer").GetString() == of.Peer)
        .SelectMany(peer => peer.GetProperty("vaults").EnumerateArray()).Any(vault => vault.TryGetProperty("trouble", out JsonElement trouble) && trouble.GetString()?.Contains(reason, StringComparison.Ordinal) == true));

    static async Task<IEnumerable<JsonElement>> OfVaultAsync(RunningDaemon at, string call) => (await at.AskAsync(call, "{\"vault\":\"photos\"}")).EnumerateArray();

    static byte[] Give(uint number, byte[] block) => [1, .. HostileMember.Number(number), .. HostileMember.Number((uint)block.Length), .. block];

    [Fact]
    public async Task Who_sends_other_blocks_than_it_was_asked_for_is_parted_with_and_the_honest_bring_everything()
    {
        using TestFolder folder = new();
        byte[] film = RandomSource.Seeded(3).Bytes(8_000_000);
        await using RunningDaemon owner = await RunningDaemon.StartAsync(folder["owner"]), taker = await RunningDaemon.StartAsync(folder["taker"]);
        await owner.RunAsync(null, "create", "photos");
        await taker.RunAsync(null, "join", "--name", "photos", await TicketAsync(owner));
        await RunningDaemon.InStepAsync(owner, taker);

        await using HostileMember bends = await HostileMember.JoinAsync(await TicketAsync(owner), taker), swaps = await HostileMember.JoinAsync(await TicketAsync(owner), taker), invents = await HostileMember.JoinAsync(await TicketAsync(owner), taker);
        byte[] own = await bends.BlockAsync(3000);
        bends.Answer = (number, _) => Give(number, [.. own.AsSpan(0, own.Length - 1), (byte)(own[^1] ^ 1)]);
        swaps.Answer = (number, _) => Give(number, own);
        invents.Answer = (number, _) => Give(number + 1_000_000, own);
        await RunningDaemon.InStepAsync(owner, taker);

        // The honest one is slow, so that all are asked.
        await owner.RunAsync(null, "limits", "--upload", "1 MB");
        await owner.RunAsync(film, "add", "photos", "-", "--as", "film.mkv");
        foreach ((HostileMember one, string reason) in ((HostileMember, string)[])
            [(bends, "bytes that are not the block it was asked for"), (swaps, "bytes that are not the block it was asked for"), (invents, "answers a question that nobody asked")])
            await SaysAsync(taker, one, reason);
        await owner.RunAsync(null, "limits", "--upload", "none");
        await RunningDaemon.InStepAsync(owner, taker);
        Assert.Equal(film, await taker.RunAsync(null, "cat", "photos", "film.mkv"));
        Assert.Equal(0, (await taker.TryAsync(null, "verify")).Code);
        Assert.Equal(0, await taker.StopAsync());
        Assert.Equal(0, await owner.StopAsync());
        Assert.Subset(await StoredBlocks.OfAsync(owner.Folder, "photos"), await StoredBlocks.OfAsync(taker.Folder, "photos"));
    }

    [Fact]
    public async Task What_a_member_says_against_the_rules_is_refused_with_a_reason_or_has_no_effect()
    {
        using TestFolder folder = new();
        await using RunningDaemon owner = await RunningDaemon.StartAsync(folder["owner"]), other = await RunningDaemon.StartAsync(folder["other"]);
        await owner.RunAsync(null, "create", "photos");
        await other.RunAsync(null, "join", "--name", "photos", await TicketAsync(owner, "admin"));
        await owner.RunAsync("deleted later"u8.ToArray(), "add", "photos", "-", "--as", "deleted.txt");
        await using HostileMember liar = await HostileMember.JoinAsync(await TicketAsync(owner), owner, other), rival = await HostileMember.JoinAsync(await TicketAsync(owner, "admin"), owner, other);
        await using HostileMember renegade = await HostileMember.JoinAsync(await TicketAsync(owner), owner, other);
        HybridTime early = renegade.Clock.Next();
        foreach (HostileMember one in (HostileMember[])[liar, rival, renegade]) await one.LearnAsync(owner);
        await owner.RunAsync(null, "rm", "photos", "deleted.txt");
        await owner.RunAsync(null, "revoke", "photos", renegade.Peer);
        await RunningDaemon.InStepAsync(owner, other);
        string before = await States(owner);
        Assert.Contains($"{renegade.Peer} revoked", before);

        // Against the rules of the talk.
        await IsClosedAsync("the peer's cells don't follow on one another", Cells());
        await IsClosedAsync("the peer begins too many comparisons", Enumerable.Repeat(Greeting(0), 100));
        byte[] forged = liar.Folder("forged", liar.Key, liar.Clock.Next()).ToArray();
        forged[^1] ^= 1;
        await IsClosedAsync("the peer sent 1 records that are malformed or forged", [Greeting(0), News(forged)]);
        await IsClosedAsync("more news than can be checked", [Greeting(0), .. Enumerable.Repeat(News([.. Enumerable.Repeat<ReadOnlyMemory<byte>>(liar.Folder("again", liar.Key, liar.Clock.Next()), 400)]), 100)]);

        // By the rules of the talk, and of no effect: what was deleted, a stranger's and a revoked writer's, with their certificates by who may give none.
        using Ed25519Key stranger = Ed25519Key.Generate(RandomSource.System);
        await IsHeardAsync(liar, "mark1", [.. liar.Heard, liar.Says(new Certificate(stranger.Public, Role.Writer, HybridTime.Never)), liar.Folder("by a stranger", stranger, liar.Clock.Next()),
            renegade.Folder("backdated", renegade.Key, early), liar.Says(new Revocation(PeerId.Parse(other.Peer)!.Value.Key!.Value, 0, default))]);
        // Of two admins beside each other, or one below the other, neither puts out who isn't below it.
        await IsHeardAsync(rival, "mark2", [.. ((RunningDaemon[])[owner, other]).Select(device => rival.Says(new Revocation(PeerId.Parse(device.Peer)!.Value.Key!.Value, 0, default)))]);
        Assert.False(await renegade.IsLetInAsync(other));

        await RunningDaemon.InStepAsync(owner, other);
        foreach (RunningDaemon device in (RunningDaemon[])[owner, other])
        {
            Assert.Equal(before, await States(device));
            Assert.Equal(["again", "mark1", "mark2"], (await OfVaultAsync(device, "entries")).Select(entry => entry.GetProperty("path").GetString()));
        }
        await other.RunAsync("and on"u8.ToArray(), "add", "photos", "-", "--as", "on.txt");
        await RunningDaemon.InStepAsync(owner, other);
        Assert.Equal("and on"u8.ToArray(), await owner.RunAsync(null, "cat", "photos", "on.txt"));

        async Task IsClosedAsync(string reason, IEnumerable<SyncMessage> said)
        {
            await using (HostileMember.Talk talk = await liar.TalkAsync(other)) await talk.SayUntilClosedAsync(said);
            await SaysAsync(other, liar, reason);
        }

        // What follows on the same stream is taken in: so all before it was looked at.
        async Task IsHeardAsync(HostileMember one, string mark, ReadOnlyMemory<byte>[] records)
        {
            await using HostileMember.Talk talk = await one.TalkAsync(other);
            foreach (SyncMessage message in (SyncMessage[])[Greeting(0), .. records.Select(record => News(record)), News(one.Folder(mark, one.Key, one.Clock.Next()))]) Assert.True(await talk.SayAsync(message));
            await RunningDaemon.UntilAsync(async () => (await OfVaultAsync(other, "entries")).Any(entry => entry.GetProperty("path").GetString() == mark));
        }

        static async Task<string> States(RunningDaemon at) => string.Join('\n', (await OfVaultAsync(at, "members")).Select(member => $"{member.GetProperty("peer").GetString()} {member.GetProperty("state").GetString()}").Order(StringComparer.Ordinal));
    }

    static SyncMessage.Hello Greeting(int cells) => new(false, 1000, 0, 1, 1, 0, 0, Hash32.Of("nobody's"u8), Garbage(cells));

    static SyncMessage.Records News(params ReadOnlyMemory<byte>[] records) => new(false, true, records);

    static Cell[] Garbage(int count) => [.. Enumerable.Range(0, count).Select(_ => new Cell(RandomSource.System.NextUInt64(), RandomSource.System.NextUInt64()))];

    /// <summary>Cells without end, as if there were always more to come.</summary>
    static IEnumerable<SyncMessage> Cells()
    {
        yield return Greeting(SyncLimits.FirstCells);
        for (int from = SyncLimits.FirstCells; from < 100 * SyncLimits.CellsPerRun; from += SyncLimits.CellsPerMessage)
            yield return new SyncMessage.MoreCells(from % (SyncLimits.CellsPerRun - SyncLimits.CellsPerMessage), SyncLimits.CellsPerRun, Garbage(SyncLimits.CellsPerMessage));
    }
}
