using System.Text.Json;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Host.Tests;

/// <summary>Two machines that worked apart from each other. Processes of the real program.</summary>
public sealed class ApartTests
{
    static async Task<string> TicketAsync(RunningDaemon from, string role = "write") => (await from.JsonAsync("invite", "photos", "--role", role)).GetProperty("ticket").GetString()!;

    static async Task<JsonElement> TransferAsync(RunningDaemon at) => (await at.JsonAsync("daemon", "status")).GetProperty("vaults")[0];

    static async Task<bool> HasAllAsync(RunningDaemon at) =>
        await TransferAsync(at) is var vault && vault.GetProperty("missingBlocks").GetInt64() == 0 && !vault.GetProperty("searching").GetBoolean();

    static Task InStepAsync(RunningDaemon one, RunningDaemon other) => RunningDaemon.UntilAsync(async () =>
        await one.TextAsync("root", "photos") == await other.TextAsync("root", "photos") && await HasAllAsync(other) && await HasAllAsync(one));

    [Fact]
    public async Task Both_edit_the_same_hundred_files_while_apart_and_nothing_is_lost()
    {
        using TestFolder folder = new();
        await using RunningDaemon one = await RunningDaemon.StartAsync(folder["one"]);
        await one.RunAsync(null, "create", "photos");
        string other = folder["two"];
        await using (RunningDaemon two = await RunningDaemon.StartAsync(other))
        {
            await two.RunAsync(null, "join", await TicketAsync(one));
            await EditAsync(one.Folder, "as it was");
            await InStepAsync(one, two);
            Assert.Equal(0, await two.StopAsync());
        }
        await EditAsync(one.Folder, "by one");
        await EditAsync(other, "by two");
        await using RunningDaemon back = await RunningDaemon.StartAsync(other);
        await InStepAsync(one, back);
        string conflicts = await one.TextAsync("conflicts", "photos", "--json");
        Assert.Equal(conflicts, await back.TextAsync("conflicts", "photos", "--json"));
        JsonElement[] listed = [.. conflicts.Split('\n').Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(100, listed.Length);
        Assert.All(listed, conflict => Assert.Equal(2, conflict.GetProperty("versions").GetArrayLength()));
        // Every version is whole on both sides: settled so that both stay, or so that one does, the same comes of it everywhere.
        Assert.Equal(100, listed.Count(conflict => conflict.GetProperty("versions").EnumerateArray().Select(version => version.GetProperty("by").GetString()).Distinct().Count() == 2));
        string PathOf(int at) => listed[at].GetProperty("path").GetString()!;
        string Loser(int at) => listed[at].GetProperty("versions")[1].GetProperty("keep").GetString()!;
        await one.RunAsync(null, "resolve", "photos", PathOf(7), "--keep", "winner");
        await back.RunAsync(null, "resolve", "photos", PathOf(8), "--keep", Loser(8));
        for (int i = 20; i < 30; i++) await (i % 2 == 0 ? one : back).RunAsync(null, "resolve", "photos", PathOf(i), "--keep", "both");
        await InStepAsync(one, back);
        await InStepAsync(back, one);
        conflicts = await one.TextAsync("conflicts", "photos", "--json");
        Assert.Equal(conflicts, await back.TextAsync("conflicts", "photos", "--json"));
        Assert.Equal(88, conflicts.Split('\n').Length);
        List<string> shown = [];
        foreach (RunningDaemon device in (RunningDaemon[])[one, back])
        {
            string to = folder[$"shown {shown.Count}"];
            await device.RunAsync(null, "get", "photos", "-o", to);
            string[] contents = [.. Directory.EnumerateFiles(to, "*", SearchOption.AllDirectories).Select(File.ReadAllText).Order(StringComparer.Ordinal)];
            Assert.Equal(110, contents.Length);
            for (int i = 0; i < 100; i++) Assert.True(contents.Contains($"{i} by one") || contents.Contains($"{i} by two"));
            for (int i = 20; i < 30; i++)
            {
                string number = Path.GetFileName(PathOf(i))[1..].TrimStart('0');
                Assert.Contains($"{number} by one", contents);
                Assert.Contains($"{number} by two", contents);
            }
            shown.Add(string.Join('\n', contents));
        }
        Assert.Equal(shown[0], shown[1]);

        async Task EditAsync(string data, string how)
        {
            string files = folder["edited"];
            Directory.CreateDirectory(files);
            for (int i = 0; i < 100; i++) await File.WriteAllTextAsync(Path.Combine(files, $"f{i:00}"), $"{i} {how}");
            (int code, _, string error) = await RunningDaemon.TryAsync(data, null, "add", "photos", files, "--as", "plans");
            Assert.True(code == 0, error);
        }
    }

    [Fact]
    public async Task A_data_folder_put_back_from_a_backup_only_takes_until_it_has_caught_up_and_says_so()
    {
        using TestFolder folder = new();
        await using RunningDaemon other = await RunningDaemon.StartAsync(folder["other"]);
        await other.RunAsync(null, "create", "photos");
        string data = folder["data"], backup = folder["backup"];
        await using (RunningDaemon first = await RunningDaemon.StartAsync(data))
        {
            await first.RunAsync(null, "join", await TicketAsync(other));
            await first.RunAsync("kept"u8.ToArray(), "add", "photos", "-", "--as", "kept");
            await InStepAsync(first, other);
            Assert.Equal(0, await first.StopAsync());
        }
        await CopyAsync(data, backup);
        await using (RunningDaemon second = await RunningDaemon.StartAsync(data))
        {
            await second.RunAsync(null, "rm", "photos", "kept");
            await second.RunAsync("written since"u8.ToArray(), "add", "photos", "-", "--as", "since");
            await InStepAsync(second, other);
            Assert.Equal(0, await second.StopAsync());
        }
        string root = await other.TextAsync("root", "photos");
        Directory.Delete(data, recursive: true);
        await CopyAsync(backup, data);
        await using RunningDaemon restored = await RunningDaemon.StartAsync(data);
        await InStepAsync(other, restored);
        Assert.Equal(root, await other.TextAsync("root", "photos")); // the deleted file didn't come back, nothing was lost
        Assert.DoesNotContain("kept", await restored.TextAsync("ls", "photos"));
        Assert.Equal("written since"u8.ToArray(), await restored.RunAsync(null, "cat", "photos", "since"));
        await restored.RunAsync("and on"u8.ToArray(), "add", "photos", "-", "--as", "on");
        await InStepAsync(restored, other);
        await restored.KillAsync();
        string heard = await restored.LastWordsAsync();
        Assert.Contains("photos: this device was put back to an earlier state", heard);
        Assert.Contains("it only takes from others until it has caught up", heard);
        Assert.Contains("photos: this device has caught up with the others", heard);

        static async Task CopyAsync(string from, string to)
        {
            Directory.CreateDirectory(to);
            foreach (string folder in Directory.EnumerateDirectories(from)) await CopyAsync(folder, Path.Combine(to, Path.GetFileName(folder)));
            foreach (string file in Directory.EnumerateFiles(from))
                if (Path.GetExtension(file) != ".sock") File.Copy(file, Path.Combine(to, Path.GetFileName(file)), overwrite: true);
        }
    }
}
