using System.Runtime.Versioning;
using System.Text.Json;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Host.Tests;

/// <summary>Two machines, each with a folder that is kept in step with one vault: the real program, real folders, and what happens to them.</summary>
[SupportedOSPlatform("linux")]
public sealed class WatchTests : IDisposable
{
    readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task What_is_done_in_one_folder_happens_in_the_other()
    {
        await using RunningDaemon first = await RunningDaemon.StartAsync(folder["first"]), second = await RunningDaemon.StartAsync(folder["second"]);
        (string here, string there) = await WatchAsync(first, second);
        Directory.CreateDirectory(Path.Combine(here, "2026/empty"));
        Write(here, "2026/day.txt", "a sunny day");
        File.CreateSymbolicLink(Path.Combine(here, "best.txt"), "2026/day.txt");
        File.SetUnixFileMode(Path.Combine(here, "2026/day.txt"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.SetLastWriteTimeUtc(Path.Combine(here, "2026/day.txt"), new DateTime(2020, 2, 3, 4, 5, 6, DateTimeKind.Utc));
        await UntilAsync(() => Read(there, "2026/day.txt") == "a sunny day" && Directory.Exists(Path.Combine(there, "2026/empty")) && new FileInfo(Path.Combine(there, "best.txt")).LinkTarget == "2026/day.txt");
        await UntilAsync(() => File.GetUnixFileMode(Path.Combine(there, "2026/day.txt")).HasFlag(UnixFileMode.UserExecute));

        Write(there, "2026/day.txt", "a rainy day"); // as most programs do: over what is there
        await UntilAsync(() => Read(here, "2026/day.txt") == "a rainy day");
        Write(here, "2026/.day.txt.new", "a windy day"); // as careful ones do
        File.Move(Path.Combine(here, "2026/.day.txt.new"), Path.Combine(here, "2026/day.txt"), overwrite: true);
        await UntilAsync(() => Read(there, "2026/day.txt") == "a windy day");
        Directory.Move(Path.Combine(there, "2026"), Path.Combine(there, "last year"));
        await UntilAsync(() => Read(here, "last year/day.txt") == "a windy day" && !Directory.Exists(Path.Combine(here, "2026")));
        Write(here, "last year/more.txt", "in a folder that was moved");
        await UntilAsync(() => Read(there, "last year/more.txt") == "in a folder that was moved");
        Directory.Delete(Path.Combine(here, "last year"), recursive: true);
        await UntilAsync(() => !Directory.Exists(Path.Combine(there, "last year")));
        await first.RunAsync("by the command line"u8.ToArray(), "add", "photos", "-", "--as", "sent.txt");
        await UntilAsync(() => Read(here, "sent.txt") == "by the command line" && Read(there, "sent.txt") == "by the command line");

        JsonElement listed = await first.JsonAsync("watch", "--list");
        Assert.Equal((here, "photos"), (listed.GetProperty("folder").GetString(), listed.GetProperty("name").GetString()));
        Assert.Equal(".vault-watch", Assert.Single(Directory.EnumerateFiles(here, ".vault-*").Select(Path.GetFileName)));
        Assert.Empty(NamesInTheClear(folder["first"], "best.txt"));
        await first.RunAsync(null, "watch", "--stop", here);
        Assert.False(File.Exists(Path.Combine(here, ".vault-watch")));
        Assert.Equal("by the command line", Read(here, "sent.txt"));
    }

    [Fact]
    public async Task Edits_made_apart_are_both_kept_and_settled_by_what_the_user_does_with_the_files()
    {
        await using RunningDaemon first = await RunningDaemon.StartAsync(folder["first"]);
        RunningDaemon second = await RunningDaemon.StartAsync(folder["second"]);
        (string here, string there) = await WatchAsync(first, second);
        Write(here, "plan.txt", "at first");
        Write(here, "old.txt", "unloved");
        await UntilAsync(() => Read(there, "plan.txt") == "at first" && Read(there, "old.txt") == "unloved");
        await second.KillAsync();
        Write(there, "plan.txt", "noon"); // while nobody looks
        Write(there, "old.txt", "loved after all");
        Write(here, "plan.txt", "evening");
        File.Delete(Path.Combine(here, "old.txt"));
        await RunningDaemon.UntilAsync(async () => !(await first.TextAsync("ls", "photos")).Contains("old.txt", StringComparison.Ordinal));
        await second.DisposeAsync();
        await using RunningDaemon again = await RunningDaemon.StartAsync(folder["second"]);

        await UntilAsync(() => Plans(here).SequenceEqual(Plans(there)) && Plans(here).All(name => Read(here, name) == Read(there, name))
            && Plans(here).Select(name => Read(here, name)).Order().SequenceEqual(["evening", "noon"]));
        await UntilAsync(() => Read(here, "old.txt") == "loved after all");

        string copy = Plans(there).First(name => name.Contains("conflict", StringComparison.Ordinal)), chosen = Read(there, copy)!;
        File.Move(Path.Combine(there, copy), Path.Combine(there, "plan.txt"), overwrite: true);
        await UntilAsync(() => Plans(here).Count() == 1 && Plans(there).Count() == 1 && Read(here, "plan.txt") == chosen);
        Assert.Equal("", await first.TextAsync("conflicts", "photos"));
    }

    [Fact]
    public async Task A_folder_whose_disk_went_is_not_taken_for_an_empty_one()
    {
        await using RunningDaemon first = await RunningDaemon.StartAsync(folder["first"]);
        await first.RunAsync(null, "create", "photos");
        string here = folder["here"];
        Write(here, "day.txt", "a sunny day");
        await first.RunAsync(null, "watch", "photos", here);
        await InVaultAsync(first, "day.txt");
        string root = await first.TextAsync("root", "photos");

        Directory.Move(here, folder["elsewhere"]);
        Directory.CreateDirectory(here); // what is left when a disk is unmounted
        await StateAsync(first, "paused");
        Assert.Equal(root, await first.TextAsync("root", "photos"));
        Assert.Contains("is gone: is its disk mounted?", await first.TextAsync("watch", "--list"));
        Assert.Contains("waits", await first.TextAsync("status", "photos"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(here));

        Directory.Delete(here);
        Directory.Move(folder["elsewhere"], here);
        Write(here, "later.txt", "the disk is back");
        await InVaultAsync(first, "later.txt");
        Assert.Contains("day.txt", await first.TextAsync("ls", "photos"));
    }

    [Fact]
    public async Task Many_deletions_at_once_wait_for_approval_on_either_side()
    {
        await using RunningDaemon first = await RunningDaemon.StartAsync(folder["first"]), second = await RunningDaemon.StartAsync(folder["second"]);
        (string here, string there) = await WatchAsync(first, second);
        const int files = 60;
        for (int i = 0; i < files; i++) Write(here, $"d/{i}.txt", $"file {i}");
        await UntilAsync(() => Count(there) == files);

        Directory.Delete(Path.Combine(here, "d"), recursive: true);
        await StateAsync(first, "held");
        Assert.Equal(files, (await first.TextAsync("ls", "photos", "d")).Split('\n').Count(line => line.EndsWith(".txt", StringComparison.Ordinal)));
        Assert.Contains("vault watch --approve", await first.TextAsync("status", "photos"));
        await first.KillAsync();
        await using RunningDaemon again = await RunningDaemon.StartAsync(folder["first"], first.Port);
        await StateAsync(again, "held"); // also after a restart
        await again.RunAsync(null, "watch", "--approve", here);
        await RunningDaemon.UntilAsync(async () => (await again.TextAsync("ls", "photos")).Length == 0);

        // The other side has a brake of its own: what comes from another device is held as well.
        await StateAsync(second, "held");
        Assert.Equal(files, Count(there));
        Write(there, "new.txt", "what isn't held goes on");
        await UntilAsync(() => Read(here, "new.txt") == "what isn't held goes on");
        await second.RunAsync(null, "watch", "--approve", there);
        await UntilAsync(() => Count(there) == 1);
        await StateAsync(second, "in-step");
    }

    [Fact]
    public async Task A_killed_daemon_goes_on_where_it_was_and_loses_nothing()
    {
        RunningDaemon first = await RunningDaemon.StartAsync(folder["first"]), second = await RunningDaemon.StartAsync(folder["second"]);
        (string here, string there) = await WatchAsync(first, second, "--brake", "0");
        for (int round = 0; round < LongRun.Cases(2, 20); round++)
        {
            for (int i = 0; i < 40; i++) Write(i % 2 == 0 ? here : there, $"{i % 7}/{i}.txt", $"round {round}, file {i}");
            await (round % 2 == 0 ? second : first).KillAsync();
            (int at, string back) = round % 2 == 0 ? (second.Port, "second") : (first.Port, "first");
            Write(there, $"away {round}.txt", "written while one was away");
            RunningDaemon returned = await RunningDaemon.StartAsync(folder[back], at);
            if (round % 2 == 0)
            {
                await second.DisposeAsync();
                second = returned;
            }
            else
            {
                await first.DisposeAsync();
                first = returned;
            }
            await UntilAsync(() => All(here).SequenceEqual(All(there)) && Read(here, $"away {round}.txt") != null && Read(here, "4/39.txt") == $"round {round}, file 39");
        }
        for (int i = 0; i < 40; i++) Assert.StartsWith("round", Read(here, $"{i % 7}/{i}.txt"));
        Assert.Empty(Directory.EnumerateFiles(here, ".vault-new*", SearchOption.AllDirectories));
        await first.DisposeAsync();
        await second.DisposeAsync();
    }

    [Fact]
    public async Task Without_a_daemon_it_runs_in_the_foreground_and_a_daemon_takes_it_over()
    {
        string here = folder["here"];
        await RunningDaemon.TryAsync(folder["first"], null, "create", "photos");
        (int code, _, string error) = await RunningDaemon.TryAsync(folder["first"], null, "watch", "photos");
        Assert.Equal((2, true), (code, error.Contains("name the folder too", StringComparison.Ordinal)));
        using (System.Diagnostics.Process run = RunningDaemon.Begin(folder["first"], "watch", "photos", here))
        {
            Assert.Contains("until this is interrupted", await run.StandardOutput.ReadLineAsync());
            Write(here, "day.txt", "a sunny day");
            await UntilAsync(() => File.Exists(Path.Combine(here, ".vault-watch")));
            run.Kill();
            await run.WaitForExitAsync();
        }
        Assert.Contains("stopped", System.Text.Encoding.UTF8.GetString((await RunningDaemon.TryAsync(folder["first"], null, "watch", "--list")).Output));
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(folder["first"]);
        await InVaultAsync(daemon, "day.txt");
        (code, _, error) = await daemon.TryAsync(null, "watch", "photos", Path.Combine(here, "inner"));
        Assert.Equal((1, true), (code, error.Contains("lie in one another", StringComparison.Ordinal)));
        (code, _, error) = await daemon.TryAsync(null, "watch", "photos", folder["first"]);
        Assert.Equal((1, true), (code, error.Contains("vault keeps its own data", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_folder_and_a_vault_that_isnt_here_as_a_whole_exclude_each_other_and_it_is_said_what_to_do()
    {
        string there = folder["there"];
        Write(there, "mine.txt", "of its user");
        await using RunningDaemon first = await RunningDaemon.StartAsync(folder["first"]), second = await RunningDaemon.StartAsync(folder["second"]);
        await first.RunAsync(null, "create", "photos");
        await first.RunAsync("a sunny day"u8.ToArray(), "add", "photos", "-", "--as", "day.txt");
        await second.RunAsync(null, "join", (await first.JsonAsync("invite", "photos")).GetProperty("ticket").GetString()!, "--on-demand");
        (int code, _, string error) = await second.TryAsync(null, "watch", "photos", there);
        Assert.Equal((1, "vault: error: photos is kept on demand on this device, and a folder in step shows everything that it holds\n"
            + "hint: vault policy photos mirror brings all of it here; vault get photos PATH brings a part\n"), (code, error));
        Assert.Equal(["mine.txt: of its user"], All(there));
        Assert.False(File.Exists(Path.Combine(there, ".vault-watch")));

        await second.RunAsync(null, "policy", "photos", "mirror"); // as the hint says
        await second.RunAsync(null, "watch", "photos", there);
        await UntilAsync(() => Read(there, "day.txt") == "a sunny day");
        (code, _, error) = await second.TryAsync(null, "policy", "photos", "on-demand");
        Assert.Equal((1, $"vault: error: {there} is kept in step with photos, and shows everything that it holds\nhint: end that first: vault watch --stop {there}\n"), (code, error));
        await second.StopAsync();
        (code, _, error) = await RunningDaemon.TryAsync(folder["second"], null, "policy", "photos", "on-demand"); // nor without a daemon
        Assert.Equal((1, true), (code, error.Contains($"hint: end that first: vault watch --stop {there}\n", StringComparison.Ordinal)));
        await using RunningDaemon again = await RunningDaemon.StartAsync(folder["second"]);
        (code, _, error) = await again.TryAsync(null, "offer", "photos", "--capacity", "1GB"); // nor does a share go with it
        Assert.Equal((1, $"vault: error: {there} is kept in step with photos, and shows everything that it holds\nhint: end that first: vault watch --stop {there}\n"), (code, error));
        await again.RunAsync(null, "watch", "--stop", there);
        await again.RunAsync(null, "offer", "photos", "--capacity", "1GB");
        (code, _, error) = await again.TryAsync(null, "watch", "photos", there);
        Assert.Equal((1, "vault: error: this device holds a share of photos, and a folder in step shows everything that it holds\n"
            + "hint: vault offer photos --capacity 0 brings all of it here; vault get photos PATH brings a part\n"), (code, error));
        await again.RunAsync(null, "offer", "photos", "--capacity", "0");
        Assert.Equal("on-demand", await again.TextAsync("policy", "photos", "on-demand"));
        Assert.Equal(["day.txt: a sunny day", "mine.txt: of its user"], All(there));
    }

    async Task<(string Here, string There)> WatchAsync(RunningDaemon first, RunningDaemon second, params string[] options)
    {
        await first.RunAsync(null, "create", "photos");
        string ticket = (await first.JsonAsync("invite", "photos", "--role", "write")).GetProperty("ticket").GetString()!;
        await second.RunAsync(null, "join", ticket);
        await first.RunAsync(null, ["watch", "photos", folder["here"], .. options]);
        await second.RunAsync(null, ["watch", "photos", folder["there"], .. options]);
        return (folder["here"], folder["there"]);
    }

    static Task UntilAsync(Func<bool> holds) => RunningDaemon.UntilAsync(() => Task.FromResult(holds()));

    static Task StateAsync(RunningDaemon daemon, string state) => RunningDaemon.UntilAsync(async () => (await daemon.JsonAsync("watch", "--list")).GetProperty("state").GetString() == state);

    static Task InVaultAsync(RunningDaemon daemon, string path) => RunningDaemon.UntilAsync(async () => (await daemon.TextAsync("ls", "photos")).Contains(path, StringComparison.Ordinal));

    static void Write(string folder, string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, name))!);
        File.WriteAllText(Path.Combine(folder, name), text);
    }

    static string? Read(string folder, string name)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, name));
        }
        catch (IOException)
        {
            return null;
        }
    }

    static int Count(string folder) => All(folder).Count();

    static IEnumerable<string> Plans(string folder) => Directory.EnumerateFiles(folder, "plan*").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    static IEnumerable<string> All(string folder) => Directory.EnumerateFiles(folder, "*.txt", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(folder, path)).Order(StringComparer.Ordinal).Select(name => $"{name}: {Read(folder, name)}");

    static IEnumerable<string> NamesInTheClear(string data, string name) => Directory.EnumerateFiles(data, "*", SearchOption.AllDirectories)
        .Where(path => !path.EndsWith(".sock", StringComparison.Ordinal) && new FileInfo(path).Length > 0)
        .Where(path =>
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using MemoryStream all = new();
            file.CopyTo(all);
            return all.GetBuffer().AsSpan(0, (int)all.Length).IndexOf(System.Text.Encoding.UTF8.GetBytes(name)) >= 0;
        });
}
