using System.Text;
using System.Text.Json;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Host.Tests;

/// <summary>vault chat as a person has it: the real program at a terminal, its daemon beside it, and what the screen shows.</summary>
public sealed class ChatScreenTests
{
    static readonly Dictionary<string, string> xterm = new() { ["TERM"] = "xterm-256color" };

    static PseudoTerminal Open(string folder, int columns = 60, int rows = 12, Dictionary<string, string>? variables = null, params string[] more) =>
        PseudoTerminal.Start(folder, columns, rows, variables ?? xterm, ["chat", "photos", .. more]);

    static async Task JoinAsync(RunningDaemon first, RunningDaemon second)
    {
        await first.RunAsync(null, "create", "photos");
        await second.RunAsync(null, "join", "--name", "photos", (await first.JsonAsync("invite", "photos", "--role", "write")).GetProperty("ticket").GetString()!);
    }

    [Fact]
    public async Task What_one_types_the_other_sees_and_how_it_was_delivered()
    {
        using TestFolder folder = new();
        await using RunningDaemon first = await RunningDaemon.StartAsync(folder["first"]), second = await RunningDaemon.StartAsync(folder["second"]);
        await JoinAsync(first, second);
        await using PseudoTerminal anna = Open(first.Folder), ben = Open(second.Folder);
        await anna.SeesAsync("-- photos · general");
        await ben.SeesAsync("-- photos · general");
        anna.Type("hello, *Ben*\r");
        await ben.SeesAsync(": hello, *Ben*");
        await anna.SeesAsync("hello, *Ben*  ✓1");
        ben.Type("two\e\rlines\r");
        await anna.UntilAsync(screen => screen.Contains(": two\n      lines", StringComparison.Ordinal), "a message of two lines");
        ben.Type("\e[200~pasted\rtoo\e[201~\r");
        await anna.UntilAsync(screen => screen.Contains(": pasted\n      too", StringComparison.Ordinal), "what was pasted");

        // Edits and marks change what stands there.
        string id = JsonDocument.Parse((await second.TextAsync("chat", "log", "photos", "--json")).Split('\n')[0]).RootElement.GetProperty("id").GetString()!;
        await first.RunAsync(null, "chat", "send", "photos", "--edit", id, "hello, everyone");
        await second.RunAsync(null, "chat", "send", "photos", "--react", id, "👍");
        await ben.SeesAsync(": hello, everyone  (edited)  [👍");
        Assert.DoesNotContain("*Ben*", ben.Screen, StringComparison.Ordinal);
        anna.Type("/who\r");
        await anna.SeesAsync("admin, this device");
        await anna.SeesAsync("write, connected");
        anna.Type("/verify\r");
        await anna.SeesAsync("every chain and signature checked");
        anna.Type("/quit\r");
        Assert.Equal(0, await anna.EndAsync());
        Assert.False(anna.IsOnOwnScreen);
        ben.Type("\x04");
        Assert.Equal(0, await ben.EndAsync());
    }

    [Fact]
    public async Task A_daemon_that_goes_and_comes_back_is_told_and_nothing_is_lost()
    {
        using TestFolder folder = new();
        RunningDaemon daemon = await RunningDaemon.StartAsync(folder["data"]);
        try
        {
            await daemon.RunAsync(null, "create", "photos");
            await using PseudoTerminal anna = Open(daemon.Folder, columns: 70);
            await anna.SeesAsync("-- photos · general");
            anna.Type("before\r");
            await anna.SeesAsync(": before");
            await daemon.KillAsync();
            await anna.SeesAsync("the daemon has gone");
            anna.Type("too early\r");
            await anna.SeesAsync("not sent: the daemon has gone");
            await anna.SeesAsync("> too early"); // it is still there to be sent
            RunningDaemon again = await RunningDaemon.StartAsync(daemon.Folder);
            await daemon.DisposeAsync();
            daemon = again;
            await anna.SeesAsync("the daemon is back");
            anna.Type("\r");
            await anna.SeesAsync(": too early");
            await daemon.RunAsync(null, "chat", "send", "photos", "from elsewhere");
            await anna.SeesAsync(": from elsewhere");
            anna.Type("\x03");
            Assert.Equal(0, await anna.EndAsync());
        }
        finally
        {
            await daemon.DisposeAsync();
        }
    }

    [Fact]
    public async Task Without_a_daemon_it_says_what_works_and_takes_the_daemon_when_one_comes()
    {
        using TestFolder folder = new();
        Assert.Equal(0, (await RunningDaemon.TryAsync(folder["data"], null, "create", "photos")).Code);
        await using PseudoTerminal anna = Open(folder["data"], columns: 90);
        await anna.SeesAsync("no daemon: what you write is kept here, and goes out when one runs");
        anna.Type("kept\r");
        await anna.SeesAsync(": kept  …");
        // The store is everybody's meanwhile.
        (int code, _, string error) = await RunningDaemon.TryAsync(folder["data"], null, "chat", "send", "photos", "--room", "trips", "elsewhere");
        Assert.True(code == 0, error);
        anna.Type("/rooms\r");
        await anna.SeesAsync("- trips");
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(folder["data"]);
        await anna.UntilAsync(screen => !screen.Contains("no daemon:", StringComparison.Ordinal), "that there is a daemon");
        await daemon.RunAsync(null, "chat", "send", "photos", "through it");
        await anna.SeesAsync(": through it");
        anna.Type("/room trips\r");
        await anna.SeesAsync("-- photos · trips");
        await anna.SeesAsync(": elsewhere");
        Assert.DoesNotContain("through it", anna.Screen, StringComparison.Ordinal);
        anna.Type("/quit\r");
        Assert.Equal(0, await anna.EndAsync());
    }

    [Fact]
    public async Task On_a_narrow_screen_that_changes_its_size_everything_stays_in_its_place()
    {
        using TestFolder folder = new();
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(folder["data"]);
        await daemon.RunAsync(null, "create", "photos");
        await using PseudoTerminal anna = Open(daemon.Folder, columns: 24, rows: 8, new() { ["TERM"] = "xterm", ["NO_COLOR"] = "1" });
        await anna.SeesAsync("-- photos · general");
        anna.Type("漢字 and more words than fit on one row\r");
        await anna.SeesAsync("words than");
        await anna.UntilAsync(screen => screen.Split('\n')[^1] == ">", "an empty line to write on");
        Assert.Equal((7, 2), anna.Cursor);
        anna.Resize(100, 20);
        await anna.SeesAsync(": 漢字 and more words than fit on one row");
        Assert.StartsWith("-- photos", anna.Screen.Split('\n')[18], StringComparison.Ordinal);
        anna.Type("e\u0301漢");
        await anna.UntilAsync(_ => anna.Cursor == (19, 5), "the cursor behind what was typed");
        anna.Resize(12, 4);
        await anna.UntilAsync(screen => screen.Split('\n') is [_, _, _, "> e\u0301漢"] rows && rows[2].StartsWith("-- photos", StringComparison.Ordinal), "a very small screen");
        Assert.Equal(0, anna.Dressings);
        anna.Type("\x03\x03");
        Assert.Equal(0, await anna.EndAsync());
    }

    [Fact]
    public async Task What_others_write_is_no_command_to_the_terminal()
    {
        using TestFolder folder = new();
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(folder["data"]);
        await daemon.RunAsync(null, "create", "photos");
        await daemon.RunAsync(Encoding.UTF8.GetBytes("\e[2Jclean\a \e]0;title\a \u202eexe.txt \u009b31m \u2028 end"), "chat", "send", "photos", "-");
        await using PseudoTerminal anna = Open(daemon.Folder, columns: 120);
        await anna.SeesAsync("\\u{1b}[2Jclean\\u{7} \\u{1b}]0;title\\u{7} \\u{202e}exe.txt \\u{9b}31m");
        anna.Type("/quit\r");
        Assert.Equal(0, await anna.EndAsync());
    }

    [Fact]
    public async Task What_came_while_nobody_looked_is_marked_as_new()
    {
        using TestFolder folder = new();
        await using RunningDaemon first = await RunningDaemon.StartAsync(folder["first"]), second = await RunningDaemon.StartAsync(folder["second"]);
        await JoinAsync(first, second);
        await second.RunAsync(null, "chat", "send", "photos", "seen");
        await using (PseudoTerminal anna = Open(first.Folder))
        {
            await anna.SeesAsync(": seen");
            anna.Type("/quit\r");
            Assert.Equal(0, await anna.EndAsync());
        }
        await second.RunAsync(null, "chat", "send", "photos", "unseen");
        await RunningDaemon.UntilAsync(async () => (await first.TextAsync("chat", "log", "photos")).Contains("unseen", StringComparison.Ordinal));
        await using PseudoTerminal back = Open(first.Folder);
        await back.UntilAsync(screen => screen.Split('\n').Select(row => row.Split(": ")[^1]).ToArray() is var rows && Array.IndexOf(rows, "seen") is >= 0 and var seen && rows[seen + 1] == "-- new --" && rows[seen + 2] == "unseen", "a mark between what was read and what wasn't");
        back.Type("seen now\r");
        await back.UntilAsync(screen => screen.Contains(": seen now", StringComparison.Ordinal) && !screen.Contains("-- new --", StringComparison.Ordinal), "no mark after an answer");
    }

    [Fact]
    public async Task A_terminal_that_only_knows_lines_gets_lines()
    {
        using TestFolder folder = new();
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(folder["data"]);
        await daemon.RunAsync(null, "create", "photos");
        await daemon.RunAsync(null, "chat", "send", "photos", "before");
        await using PseudoTerminal anna = Open(daemon.Folder, 60, 12, new() { ["TERM"] = "dumb" });
        await anna.SeesAsync(": before");
        anna.Type("typed\n");
        await anna.SeesAsync(": typed");
        await daemon.RunAsync(null, "chat", "send", "photos", "meanwhile");
        await anna.SeesAsync(": meanwhile");
        anna.Type("/quit\n");
        Assert.Equal(0, await anna.EndAsync());

        // And in a pipe: a script says its lines, and it is over.
        (int code, byte[] output, string error) = await daemon.TryAsync("a line\nand \\\nanother\n/nonsense\n"u8.ToArray(), "chat", "photos");
        Assert.True(code == 0, error);
        Assert.Contains("there is no /nonsense", error, StringComparison.Ordinal);
        Assert.EndsWith(": and \n    another\n", Encoding.UTF8.GetString(output), StringComparison.Ordinal);
        Assert.Contains("and \nanother", (await daemon.TextAsync("chat", "log", "photos", "--json")).Replace("\\n", "\n", StringComparison.Ordinal), StringComparison.Ordinal);
    }
}
