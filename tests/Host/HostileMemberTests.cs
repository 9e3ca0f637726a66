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
    static async Task<bool> HasSaidAsync(RunningDaemon at, HostileMember of, string reason) => (await at.TroublesAsync(of.Peer)).Any(trouble => trouble.Contains(reason, StringComparison.Ordinal));

    static async Task<IEnumerable<JsonElement>> OfVaultAsync(RunningDaemon at, string call) => (await at.AskAsync(call, new { vault = "photos" })).EnumerateArray();

    static byte[] Give(uint number, byte[] block) => [1, .. HostileMember.Number(number), .. HostileMember.Number((uint)block.Length), .. block];

    [Fact]
    public async Task Who_sends_other_blocks_than_it_was_asked_for_is_parted_with_and_the_honest_bring_everything()
    {
        using TestFolder folder = new();
        await using RunningDaemon owner = await RunningDaemon.StartAsync(folder["owner"]), taker = await RunningDaemon.StartAsync(folder["taker"]);
        await owner.AskAsync("create", new { name = "photos" });
        await taker.JoinAsync(await owner.InviteAsync());
        await RunningDaemon.InStepAsync(owner, taker);

        await using HostileMember bends = await HostileMember.JoinAsync(await owner.InviteAsync(), taker), swaps = await HostileMember.JoinAsync(await owner.InviteAsync(), taker), invents = await HostileMember.JoinAsync(await owner.InviteAsync(), taker);
        byte[] own = await bends.BlockAsync(3000);
        bends.Answer = (number, _) => Give(number, [.. own.AsSpan(0, own.Length - 1), (byte)(own[^1] ^ 1)]);
        swaps.Answer = (number, _) => Give(number, own);
        invents.Answer = (number, _) => Give(number + 1_000_000, own);
        await RunningDaemon.InStepAsync(owner, taker);

        // The honest one is slow, so that the others are asked; whichever wasn't, as its stream wasn't there yet, is with the next film.
        await owner.AskAsync("limits", new { upload = "1 MB" });
        const string Wrong = "bytes that are not the block it was asked for", Unasked = "answers a question that nobody asked";
        HashSet<HostileMember> found = [];
        int films = 0;
        await RunningDaemon.UntilAsync(async () =>
        {
            if ((await taker.VaultAsync()).GetProperty("missingBlocks").GetInt64() == 0) await owner.PutAsync($"film{films}", Film(films++));
            foreach ((HostileMember one, string reason) in ((HostileMember, string)[])[(bends, Wrong), (swaps, Wrong), (invents, Unasked)])
                if (await HasSaidAsync(taker, one, reason)) found.Add(one);
            return found.Count == 3;
        });
        await owner.AskAsync("limits", new { upload = "none" });
        await RunningDaemon.InStepAsync(owner, taker);
        for (int i = 0; i < films; i++) Assert.Equal(Film(i), await taker.RunAsync(null, "cat", "photos", $"film{i}"));
        Assert.True(await taker.IsWellAsync());
        await taker.KillAsync();
        await owner.KillAsync();
        Assert.Subset(await StoredBlocks.OfAsync(owner.Folder, "photos"), await StoredBlocks.OfAsync(taker.Folder, "photos"));

        static byte[] Film(int number) => RandomSource.Seeded((ulong)number).Bytes(5_000_000);
    }

    [Fact]
    public async Task What_a_member_says_against_the_rules_is_refused_with_a_reason_or_has_no_effect()
    {
        using TestFolder folder = new();
        await using RunningDaemon owner = await RunningDaemon.StartAsync(folder["owner"]), other = await RunningDaemon.StartAsync(folder["other"]);
        await owner.AskAsync("create", new { name = "photos" });
        await other.JoinAsync(await owner.InviteAsync("admin"));
        await owner.PutAsync("deleted.txt", "deleted later"u8.ToArray());
        await using HostileMember liar = await HostileMember.JoinAsync(await owner.InviteAsync(), owner, other), rival = await HostileMember.JoinAsync(await owner.InviteAsync("admin"), owner, other);
        await using HostileMember renegade = await HostileMember.JoinAsync(await owner.InviteAsync(), owner, other);
        HybridTime early = renegade.Clock.Next();
        foreach (HostileMember one in (HostileMember[])[liar, rival, renegade]) await one.LearnAsync(owner);
        await owner.AskAsync("remove", new { vault = "photos", paths = new[] { "deleted.txt" } });
        await owner.AskAsync("revoke", new { vault = "photos", device = renegade.Peer });
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
        await other.PutAsync("on.txt", "and on"u8.ToArray());
        await RunningDaemon.InStepAsync(owner, other);
        Assert.Equal("and on"u8.ToArray(), await owner.RunAsync(null, "cat", "photos", "on.txt"));

        async Task IsClosedAsync(string reason, IEnumerable<SyncMessage> said)
        {
            await using (HostileMember.Talk talk = await liar.TalkAsync(other)) await talk.SayUntilClosedAsync(said);
            await RunningDaemon.UntilAsync(() => HasSaidAsync(other, liar, reason));
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
