using Vault.Tests.Faults;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Host.Tests;

/// <summary>A machine whose clock is wrong by an hour. Processes of the real program, one of which is deceived about the time.</summary>
public sealed class WrongClockTests
{
    const int Hour = 3600;

    static readonly byte[] content = "content"u8.ToArray();

    /// <summary>What one device says is the matter with another.</summary>
    static Task SaysAsync(RunningDaemon at, RunningDaemon of, string says) => RunningDaemon.UntilAsync(async () => (await at.TroublesAsync(of.Peer)).Any(trouble => trouble.Contains(says, StringComparison.Ordinal)));

    static async Task<string> PathsAsync(RunningDaemon at) => string.Join(", ", (await at.AskAsync("entries", new { vault = "photos" })).EnumerateArray().Select(entry => entry.GetProperty("path").GetString()));

    static async Task IsRefusedAsync(RunningDaemon at, string says, params string[] command)
    {
        (int code, _, string error) = await at.TryAsync(content, command);
        Assert.True(code == 1 && error.Contains("this machine's clock says", StringComparison.Ordinal) && error.Contains(says, StringComparison.Ordinal) && error.Contains("hint: set the clock right", StringComparison.Ordinal), error);
    }

    [FactWithPowerCut]
    public async Task Who_is_behind_or_ahead_by_an_hour_is_told_and_writes_nothing_and_has_everything_when_its_clock_is_right()
    {
        using TestFolder folder = new();
        string wrong = folder["wrong"];
        string[] write = ["add", "photos", "-", "--as", "by wrong"];
        await using RunningDaemon right = await RunningDaemon.StartAsync(folder["right"]);
        await right.AskAsync("create", new { name = "photos" });
        string ticket = await right.InviteAsync();

        // All that would make it a member lies in the future for it.
        await using (RunningDaemon behind = await RunningDaemon.StartAsync(wrong, skew: -Hour))
        {
            await IsRefusedAsync(behind, "the vault has something of", "join", "--name", "photos", ticket);
            Assert.Equal(0, (await behind.AskAsync("vaults")).GetArrayLength());
        }
        await using (RunningDaemon set = await RunningDaemon.StartAsync(wrong))
        {
            await set.JoinAsync(ticket); // which still holds
            await set.PutAsync("before", content);
            await RunningDaemon.InStepAsync(right, set);
        }
        await right.PutAsync("by right", content);

        await using (RunningDaemon behind = await RunningDaemon.StartAsync(wrong, skew: -Hour))
        {
            await SaysAsync(behind, right, "its clock is 60 minutes ahead of this machine's");
            await SaysAsync(right, behind, "its clock is 60 minutes behind this machine's");
            await IsRefusedAsync(behind, "there are changes of", write);
            Assert.Equal("before", await PathsAsync(behind));
        }
        await using (RunningDaemon ahead = await RunningDaemon.StartAsync(wrong, skew: Hour))
        {
            // What it has seen of the others' clocks counts from when the two are in step.
            await RunningDaemon.UntilAsync(async () => (await ahead.VaultAsync()).GetProperty("inStepWith").GetArrayLength() == 1);
            Assert.Equal("before, by right", await PathsAsync(ahead));
            await SaysAsync(right, ahead, "its clock is 60 minutes ahead of this machine's");
            await IsRefusedAsync(ahead, "ahead of the other machines by", write);
        }
        await using RunningDaemon mended = await RunningDaemon.StartAsync(wrong);
        // What came last was noted by the wrong clock: which of the two times is right, only its owner knows.
        await IsRefusedAsync(mended, "vault doctor --accept", write);
        await mended.AskAsync("doctor", new { accept = true });
        await mended.PutAsync("by wrong", content);
        await RunningDaemon.InStepAsync(right, mended);
        foreach (RunningDaemon device in (RunningDaemon[])[right, mended]) Assert.Equal("before, by right, by wrong", await PathsAsync(device));
    }
}
