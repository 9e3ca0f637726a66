using System.Text.Json;
using Vault.Identity;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Host.Tests;

/// <summary>Who is in and who isn't any more, between processes of the real program.</summary>
public sealed class MembershipTests
{
    static async Task<string> TicketAsync(RunningDaemon from, string role = "write") => (await from.JsonAsync("invite", "photos", "--role", role)).GetProperty("ticket").GetString()!;

    static async Task<string> RootAsync(RunningDaemon at) => await at.TextAsync("root", "photos");

    static Task SameRootAsync(RunningDaemon one, params RunningDaemon[] others) => RunningDaemon.UntilAsync(async () =>
    {
        string root = await RootAsync(one);
        foreach (RunningDaemon other in others)
            if (await RootAsync(other) != root) return false;
        return true;
    });

    static async Task<bool> CanReadAsync(RunningDaemon at, string path, string content) => await at.TryAsync(null, "cat", "photos", path) is (0, var output, _) && output.AsSpan().SequenceEqual(System.Text.Encoding.UTF8.GetBytes(content));

    /// <summary>Each device's state, by its peer id.</summary>
    static async Task<Dictionary<string, string>> StatesAsync(RunningDaemon at) => (await at.TextAsync("members", "photos", "--json")).Split('\n').Select(line => JsonDocument.Parse(line).RootElement)
        .ToDictionary(line => line.GetProperty("peer").GetString()!, line => line.GetProperty("state").GetString()!);

    /// <summary>One line that says what is the matter, and perhaps one that says what to do.</summary>
    static void IsOneSentence((int Code, byte[] Output, string Error) of, string says)
    {
        string[] lines = of.Error.TrimEnd().Split('\n');
        Assert.True(of.Code == 1 && lines.Length is 1 or 2 && lines[0].StartsWith("vault: error: ", StringComparison.Ordinal) && lines[0].Contains(says, StringComparison.Ordinal), of.Error);
        Assert.True(lines.Length == 1 || lines[1].StartsWith("hint: ", StringComparison.Ordinal), of.Error);
        Assert.Empty(of.Output);
    }

    [Fact]
    public async Task Who_was_away_while_new_secrets_were_made_gets_them_from_anybody_and_keeps_them_though_it_was_killed_before_it_had()
    {
        using TestFolder folder = new();
        await using RunningDaemon owner = await RunningDaemon.StartAsync(folder["owner"]);
        await using RunningDaemon writer = await RunningDaemon.StartAsync(folder["writer"]), reader = await RunningDaemon.StartAsync(folder["reader"]);
        await owner.RunAsync(null, "create", "photos");
        await writer.MeetAsync(owner);
        await reader.MeetAsync(owner);
        await writer.RunAsync(null, "join", await TicketAsync(owner));
        await reader.RunAsync(null, "join", await TicketAsync(owner, "read"));
        await SameRootAsync(owner, writer, reader);
        Assert.Equal(0, await reader.StopAsync());
        string ring = Path.Combine(reader.Folder, "keys", "vaults.key");
        byte[] before = await File.ReadAllBytesAsync(ring);

        for (int guest = 0; guest < 2; guest++)
        {
            await using RunningDaemon put = await RunningDaemon.StartAsync(folder[$"guest{guest}"]);
            await put.RunAsync(null, "join", await TicketAsync(owner, "read"));
            Assert.True((await owner.JsonAsync("revoke", "photos", put.Peer)).GetProperty("newEpoch").GetBoolean());
            await owner.RunAsync(System.Text.Encoding.UTF8.GetBytes($"sealed anew {guest}"), "add", "photos", "-", "--as", $"new{guest}");
        }
        await SameRootAsync(owner, writer);
        await RunningDaemon.UntilAsync(() => CanReadAsync(writer, "new1", "sealed anew 1"));
        Assert.Equal(0, await owner.StopAsync()); // who made the secrets is gone

        await using (RunningDaemon back = await RunningDaemon.StartAsync(reader.Folder))
        {
            await back.RunAsync(null, "dial", writer.Address);
            await RunningDaemon.UntilAsync(() => CanReadAsync(back, "new1", "sealed anew 1"));
            Assert.True(await CanReadAsync(back, "new0", "sealed anew 0"));
            await back.KillAsync();
        }
        Assert.NotEqual(before, await File.ReadAllBytesAsync(ring));
        // As if it had been killed after the records were durable and before the ring was written.
        await File.WriteAllBytesAsync(ring, before);
        (int code, byte[] content, string error) = await RunningDaemon.TryAsync(reader.Folder, null, "cat", "photos", "new1");
        Assert.True(code == 0, error);
        Assert.Equal("sealed anew 1"u8.ToArray(), content);
        Assert.NotEqual(before.Length, (await File.ReadAllBytesAsync(ring)).Length); // and is on the ring again
    }

    [Fact]
    public async Task One_ticket_used_at_two_members_lets_one_device_in_and_tells_the_other_to_ask_again()
    {
        using TestFolder folder = new();
        await using RunningDaemon owner = await RunningDaemon.StartAsync(folder["owner"]), writer = await RunningDaemon.StartAsync(folder["writer"]);
        await using RunningDaemon first = await RunningDaemon.StartAsync(folder["first"]), second = await RunningDaemon.StartAsync(folder["second"]);
        await owner.RunAsync(null, "create", "photos");
        await writer.MeetAsync(owner);
        await writer.RunAsync(null, "join", await TicketAsync(owner));
        string ticket = await TicketAsync(owner);
        await SameRootAsync(owner, writer);
        Assert.Equal(0, await writer.StopAsync());
        await first.RunAsync(null, "create", "mine"); // a device that is in another swarm already
        Assert.Equal("photos", (await first.JsonAsync("join", ticket)).GetProperty("name").GetString());
        Assert.Equal(0, await owner.StopAsync());
        Assert.Contains("photos: new device joined:", await owner.LastWordsAsync());

        // The writer hasn't heard of the first.
        await using RunningDaemon instead = await RunningDaemon.StartAsync(writer.Folder);
        await second.MeetAsync(instead);
        await second.RunAsync(null, "join", ticket);
        await second.RunAsync("by the second"u8.ToArray(), "add", "photos", "-", "--as", "second.txt");
        await using RunningDaemon back = await RunningDaemon.StartAsync(owner.Folder);
        await back.RunAsync(null, "dial", instead.Address);
        await SameRootAsync(back, instead);
        string told = "another device used its ticket first";
        await RunningDaemon.UntilAsync(async () => System.Text.Encoding.UTF8.GetString((await second.TryAsync(null, "status", "photos", "--json")).Output).Contains(told, StringComparison.Ordinal));
        foreach (RunningDaemon member in (RunningDaemon[])[back, instead])
        {
            string members = await member.TextAsync("members", "photos", "--json");
            Assert.Contains(first.Peer, members);
            Assert.DoesNotContain(second.Peer, members);
        }
        // With another ticket it is in, and what it had written comes to count.
        Assert.Equal("photos", (await second.JsonAsync("join", await TicketAsync(back))).GetProperty("name").GetString());
        await SameRootAsync(back, instead, second);
        await RunningDaemon.UntilAsync(() => CanReadAsync(back, "second.txt", "by the second"));
        Assert.DoesNotContain(told, await second.TextAsync("status", "photos", "--json"));
        await instead.KillAsync();
        string heard = await instead.LastWordsAsync();
        Assert.Contains("photos: new device joined:", heard);
        await second.KillAsync();
        Assert.Contains($"photos: this device isn't let in any more: {told}", await second.LastWordsAsync());
    }

    [Fact]
    public async Task A_ticket_that_lets_nobody_in_says_why_in_one_sentence()
    {
        using TestFolder folder = new();
        await using RunningDaemon owner = await RunningDaemon.StartAsync(folder["owner"]);
        await using RunningDaemon writer = await RunningDaemon.StartAsync(folder["writer"]), joiner = await RunningDaemon.StartAsync(folder["joiner"]);
        await owner.RunAsync(null, "create", "photos");
        await writer.RunAsync(null, "join", await TicketAsync(owner));
        string ticket = await TicketAsync(owner), soon = (await owner.JsonAsync("invite", "photos", "--expires", "30m")).GetProperty("ticket").GetString()!;
        await SameRootAsync(owner, writer);

        IsOneSentence(await writer.TryAsync(null, "invite", "photos"), "this device may not invite others");
        IsOneSentence(await joiner.TryAsync(null, "join", "not a ticket"), "this is no ticket");
        IsOneSentence(await joiner.TryAsync(null, "join", ticket[..^9]), "this ticket is cut short or mistyped");
        char other = ticket[40] == 'a' ? 'b' : 'a';
        IsOneSentence(await joiner.TryAsync(null, "join", $"{ticket[..40]}{other}{ticket[41..]}"), "this ticket is cut short or mistyped");
        int port = owner.Port;
        Assert.Equal(0, await owner.StopAsync());
        await using (RunningDaemon foreign = await RunningDaemon.StartAsync(folder["foreign"], port)) // of another swarm, where the ticket leads to
        {
            IsOneSentence(await joiner.TryAsync(null, "join", ticket), "no device of the vault could be reached");
            IsOneSentence(await joiner.TryAsync(null, "dial", foreign.Address), ""); // the other closes, by one word of the socket or another
        }
        await using (RunningDaemon late = await RunningDaemon.StartAsync(owner.Folder, port, skew: 3600)) // by whose clock it has run out
            IsOneSentence(await joiner.TryAsync(null, "join", soon), "this ticket has run out");
        await using RunningDaemon back = await RunningDaemon.StartAsync(owner.Folder, port);
        await joiner.RunAsync(null, "join", ticket);
        await using RunningDaemon third = await RunningDaemon.StartAsync(folder["third"]);
        IsOneSentence(await third.TryAsync(null, "join", ticket), "this ticket was used by another device");
        IsOneSentence(await joiner.TryAsync(null, "join", ticket), "this device is in that vault already");
    }

    [Fact]
    public async Task An_admin_puts_out_who_is_below_it_and_neither_who_is_beside_it_nor_who_is_above()
    {
        using TestFolder folder = new();
        await using RunningDaemon owner = await RunningDaemon.StartAsync(folder["owner"]), one = await RunningDaemon.StartAsync(folder["one"]), two = await RunningDaemon.StartAsync(folder["two"]), below = await RunningDaemon.StartAsync(folder["below"]);
        RunningDaemon[] all = [owner, one, two, below];
        await owner.RunAsync(null, "create", "photos");
        foreach (RunningDaemon device in all[1..]) await device.MeetAsync(owner);
        await one.RunAsync(null, "join", await TicketAsync(owner, "admin"));
        await two.RunAsync(null, "join", await TicketAsync(owner, "admin"));
        await SameRootAsync(owner, one, two);
        await below.RunAsync(null, "join", await TicketAsync(one, "admin"));
        await SameRootAsync(owner, one, two, below);

        IsOneSentence(await one.TryAsync(null, "revoke", "photos", two.Peer), "this device isn't above that one");
        IsOneSentence(await two.TryAsync(null, "revoke", "photos", one.Peer), "this device isn't above that one");
        IsOneSentence(await below.TryAsync(null, "revoke", "photos", one.Peer), "this device isn't above that one");
        await one.RunAsync(null, "revoke", "photos", below.Peer);
        await SameRootAsync(owner, one, two);
        // What it would have said against the other comes from a member that is none any more.
        (int code, _, _) = await below.TryAsync("backdated"u8.ToArray(), "add", "photos", "-", "--as", "backdated");
        Assert.True(code is 0 or 1);
        await two.RunAsync("for those who are in"u8.ToArray(), "add", "photos", "-", "--as", "later");
        await SameRootAsync(owner, one, two);
        foreach (RunningDaemon member in all[..3])
        {
            Dictionary<string, string> states = await StatesAsync(member);
            Assert.Equal(["active", "active", "active", "revoked"], all.Select(device => states[device.Peer]));
            Assert.DoesNotContain("backdated", await member.TextAsync("ls", "photos"));
        }
        Assert.DoesNotContain("later", await below.TextAsync("ls", "photos"));
    }

    [Fact]
    public async Task Who_is_retired_is_waited_for_by_nobody_and_what_it_wrote_stays()
    {
        using TestFolder folder = new();
        await using RunningDaemon owner = await RunningDaemon.StartAsync(folder["owner"]), stays = await RunningDaemon.StartAsync(folder["stays"]), laptop = await RunningDaemon.StartAsync(folder["laptop"]);
        await owner.RunAsync(null, "create", "photos", "--copies", "3");
        await stays.RunAsync(null, "join", await TicketAsync(owner));
        await laptop.RunAsync(null, "join", await TicketAsync(owner));
        await laptop.RunAsync("by the laptop"u8.ToArray(), "add", "photos", "-", "--as", "note");
        await RunningDaemon.UntilAsync(() => CanReadAsync(stays, "note", "by the laptop"));
        await SameRootAsync(owner, stays, laptop);
        Assert.Equal(0, await laptop.StopAsync());

        IsOneSentence(await stays.TryAsync(null, "retire", "photos", laptop.Peer), "this device isn't above that one");
        Assert.Equal(laptop.Peer, (await owner.JsonAsync("retire", "photos", laptop.Peer[..20])).GetProperty("peer").GetString());
        await SameRootAsync(owner, stays);
        foreach (RunningDaemon member in (RunningDaemon[])[owner, stays])
        {
            Assert.Equal(["active", "active", "retired"], (await StatesAsync(member)).OrderBy(device => device.Value).Select(device => device.Value));
            Assert.True(await CanReadAsync(member, "note", "by the laptop"));
        }
        IsOneSentence(await owner.TryAsync(null, "retire", "photos", laptop.Peer), "is out already");
        await using RunningDaemon back = await RunningDaemon.StartAsync(laptop.Folder);
        await RunningDaemon.UntilAsync(async () => System.Text.Encoding.UTF8.GetString((await back.TryAsync(null, "status", "photos", "--json")).Output).Contains("it was retired", StringComparison.Ordinal));
        await back.RunAsync(null, "join", await TicketAsync(owner));
        await SameRootAsync(owner, stays, back);
        Assert.All((await StatesAsync(owner)).Values, state => Assert.Equal("active", state));
        await stays.KillAsync();
        Assert.Contains("photos: a device was retired:", await stays.LastWordsAsync());
    }

    [Fact]
    public async Task Two_admins_who_each_put_somebody_out_while_apart_end_with_secrets_that_neither_of_those_has()
    {
        using TestFolder folder = new();
        RunningDaemon owner = await RunningDaemon.StartAsync(folder["owner"]), other = await RunningDaemon.StartAsync(folder["other"]);
        RunningDaemon ones = await RunningDaemon.StartAsync(folder["ones"]), others = await RunningDaemon.StartAsync(folder["others"]); // whom the one puts out, and whom the other
        await using (owner) await using (other) await using (ones) await using (others)
        {
            await owner.RunAsync(null, "create", "photos");
            await other.MeetAsync(owner);
            await other.RunAsync(null, "join", await TicketAsync(owner, "admin"));
            await SameRootAsync(owner, other);
            await ones.RunAsync(null, "join", await TicketAsync(owner, "read"));
            await others.RunAsync(null, "join", await TicketAsync(other, "read")); // an admin puts out whom it let in
            await others.RunAsync(null, "dial", owner.Address);
            await SameRootAsync(owner, other, ones, others);
            Dictionary<string, long> before = new[] { owner, other }.ToDictionary(admin => admin.Folder, RingOf);

            Assert.Equal(0, await other.StopAsync());
            Assert.True((await owner.JsonAsync("revoke", "photos", ones.Peer)).GetProperty("newEpoch").GetBoolean());
            await owner.RunAsync("by the one"u8.ToArray(), "add", "photos", "-", "--as", "one");
            await RunningDaemon.UntilAsync(() => CanReadAsync(others, "one", "by the one"));
            long epoch = RingOf(owner) - before[owner.Folder];
            Assert.Equal(0, await others.StopAsync()); // it would bring the one's word to the other
            Assert.Equal(0, await owner.StopAsync());

            await using RunningDaemon otherBack = await RunningDaemon.StartAsync(other.Folder);
            await ones.RunAsync(null, "dial", otherBack.Address);
            Assert.True((await otherBack.JsonAsync("revoke", "photos", others.Peer)).GetProperty("newEpoch").GetBoolean());
            await otherBack.RunAsync("by the other"u8.ToArray(), "add", "photos", "-", "--as", "other");
            await RunningDaemon.UntilAsync(() => CanReadAsync(ones, "other", "by the other"));

            await using RunningDaemon ownerBack = await RunningDaemon.StartAsync(owner.Folder);
            await ownerBack.RunAsync(null, "dial", otherBack.Address);
            foreach (RunningDaemon admin in (RunningDaemon[])[ownerBack, otherBack]) await RunningDaemon.UntilAsync(() => Task.FromResult(RingOf(admin) == before[admin.Folder] + 3 * epoch));
            await SameRootAsync(ownerBack, otherBack);
            foreach (RunningDaemon admin in (RunningDaemon[])[ownerBack, otherBack])
            {
                Assert.True(await CanReadAsync(admin, "one", "by the one") && await CanReadAsync(admin, "other", "by the other"));
                Assert.Equal(0, await admin.StopAsync());
            }
        }
        using Home first = await RunningDaemon.OpenAsync(folder["owner"]), second = await RunningDaemon.OpenAsync(folder["other"]);
        SecretEpoch now = EpochsOf(first)[^1];
        Assert.Equal(now.Number, EpochsOf(second)[^1].Number);
        Assert.True(now.SyncSecret.Span.SequenceEqual(EpochsOf(second)[^1].SyncSecret.Span));
        foreach (string name in (string[])["ones", "others"])
        {
            using Home put = await RunningDaemon.OpenAsync(folder[name]);
            Assert.Equal(2, EpochsOf(put).Count); // the first, and what the admin made who didn't know of it
            Assert.DoesNotContain(EpochsOf(put), epoch => epoch.SyncSecret.Span.SequenceEqual(now.SyncSecret.Span));
        }
    }

    static IReadOnlyList<SecretEpoch> EpochsOf(Home home) => home.Ring.Entries.Single().Keys.AllEpochs;

    /// <summary>The size of what a device keeps its secrets in: it grows with each epoch.</summary>
    static long RingOf(RunningDaemon device) => new FileInfo(Path.Combine(device.Folder, "keys", "vaults.key")).Length;
}
