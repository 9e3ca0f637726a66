using System.Text.Json;
using Vault.Primitives;
using Vault.Tests.Faults;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Host.Tests;

/// <summary>A machine whose clock is wrong by an hour. Processes of the real program, one of which is deceived about the time.</summary>
public sealed class WrongClockTests
{
    const int Hour = 3600;

    static async Task<string> TicketAsync(RunningDaemon from) => (await from.JsonAsync("invite", "photos")).GetProperty("ticket").GetString()!;

    static Task<(int Code, byte[] Output, string Error)> WriteAsync(RunningDaemon at, string path) => at.TryAsync("new"u8.ToArray(), "add", "photos", "-", "--as", path);

    /// <summary>What one device says is the matter with another.</summary>
    static Task SaysAsync(RunningDaemon at, RunningDaemon of, string says) => RunningDaemon.UntilAsync(async () =>
        (await at.AskAsync("peers")).EnumerateArray().Any(peer => peer.GetProperty("peer").GetString() == of.Peer && peer.GetRawText().Contains(says, StringComparison.Ordinal)));

    [FactWithPowerCut]
    public async Task Who_is_ahead_writes_nothing_until_its_clock_is_right_and_gets_what_others_write()
    {
        using TestFolder folder = new();
        await using RunningDaemon right = await RunningDaemon.StartAsync(folder["right"]);
        await JoinAsync(right, folder["wrong"]);
        await using (RunningDaemon ahead = await RunningDaemon.StartAsync(folder["wrong"], skew: Hour))
        {
            await RunningDaemon.InStepAsync(right, ahead);
            await right.RunAsync("new"u8.ToArray(), "add", "photos", "-", "--as", "by right");
            await RunningDaemon.InStepAsync(right, ahead);
            await SaysAsync(right, ahead, "its clock is 60 minutes ahead");
            (int code, _, string error) = await WriteAsync(ahead, "by wrong");
            Assert.True(code == 1 && error.Contains("ahead of the other machines by", StringComparison.Ordinal) && error.Contains("hint: set the clock right", StringComparison.Ordinal), error);
            Assert.Equal(0, await ahead.StopAsync());
        }
        // What came was dated by the wrong clock, and it can't know which of the two is the right one.
        await using RunningDaemon mended = await RunningDaemon.StartAsync(folder["wrong"]);
        await mended.RunAsync(null, "doctor", "--accept");
        await IsMendedAsync(mended, right);
    }

    [FactWithPowerCut]
    public async Task Who_is_behind_is_told_and_gets_what_others_write_when_its_clock_is_right()
    {
        using TestFolder folder = new();
        await using RunningDaemon right = await RunningDaemon.StartAsync(folder["right"]), other = await RunningDaemon.StartAsync(folder["other"]);
        await JoinAsync(right, folder["wrong"]);
        await other.RunAsync(null, "join", "--name", "photos", await TicketAsync(right));
        await RunningDaemon.InStepAsync(right, other); // of two machines nobody could say whose clock is wrong, and neither would write
        await using (RunningDaemon behind = await RunningDaemon.StartAsync(folder["wrong"], skew: -Hour))
        {
            await right.RunAsync("new"u8.ToArray(), "add", "photos", "-", "--as", "by right");
            await RunningDaemon.InStepAsync(right, other);
            await SaysAsync(behind, right, "its clock is 60 minutes ahead");
            await SaysAsync(right, behind, "its clock is 60 minutes behind");
            (int code, _, string error) = await WriteAsync(behind, "by wrong");
            Assert.True(code == 1 && error.Contains("there are changes of", StringComparison.Ordinal) && error.Contains("hint: set the clock right", StringComparison.Ordinal), error);
            Assert.Equal("before", await behind.TextAsync("ls", "photos"));
            Assert.Equal(0, await behind.StopAsync());
        }
        await using RunningDaemon mended = await RunningDaemon.StartAsync(folder["wrong"]);
        await IsMendedAsync(mended, right, other);
    }

    [FactWithPowerCut]
    public async Task Who_would_join_with_a_clock_that_is_behind_is_told_to_set_it_and_the_ticket_still_holds()
    {
        using TestFolder folder = new();
        await using RunningDaemon right = await RunningDaemon.StartAsync(folder["right"]);
        await right.RunAsync(null, "create", "photos");
        string ticket = await TicketAsync(right);
        await using (RunningDaemon behind = await RunningDaemon.StartAsync(folder["wrong"], skew: -Hour))
        {
            (int code, _, string error) = await behind.TryAsync(null, "join", ticket);
            Assert.True(code == 1 && error.Contains("this machine's clock says", StringComparison.Ordinal) && error.Contains("hint: set the clock right", StringComparison.Ordinal), error);
            Assert.Equal("", await behind.TextAsync("list"));
            Assert.Equal(0, await behind.StopAsync());
        }
        await using RunningDaemon mended = await RunningDaemon.StartAsync(folder["wrong"]);
        await mended.RunAsync(null, "join", "--name", "photos", ticket);
        await RunningDaemon.InStepAsync(right, mended);
    }

    static async Task JoinAsync(RunningDaemon right, string wrong)
    {
        await right.RunAsync(null, "create", "photos");
        await using RunningDaemon joining = await RunningDaemon.StartAsync(wrong);
        await joining.RunAsync(null, "join", "--name", "photos", await TicketAsync(right));
        await joining.RunAsync("new"u8.ToArray(), "add", "photos", "-", "--as", "before");
        await RunningDaemon.InStepAsync(right, joining);
        Assert.Equal(0, await joining.StopAsync());
    }

    static async Task IsMendedAsync(RunningDaemon mended, params RunningDaemon[] others)
    {
        await mended.RunAsync("new"u8.ToArray(), "add", "photos", "-", "--as", "by wrong");
        foreach (RunningDaemon other in others)
        {
            await RunningDaemon.InStepAsync(mended, other);
            Assert.Equal("before\nby right\nby wrong", await other.TextAsync("ls", "photos"));
        }
    }
}
