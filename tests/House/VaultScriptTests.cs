using Vault.Tests.Support;
using Xunit;

namespace Vault.House.Tests;

public sealed class VaultScriptTests : IDisposable
{
    readonly Copy copy = new();

    public void Dispose() => copy.Dispose();

    [Fact]
    public async Task The_first_start_builds_and_says_so_on_stderr_only()
    {
        Ran ran = await copy.VaultAsync([]);
        Assert.StartsWith("answer one\n", ran.Output);
        Assert.StartsWith("vault: building", ran.Error);
        Assert.Single(ran.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task A_later_start_builds_nothing_and_is_silent()
    {
        await copy.VaultAsync([]);
        Ran ran = await copy.VaultAsync([]);
        Assert.Equal("", ran.Error);
        Assert.Equal(1, copy.Builds);
    }

    [Fact]
    public async Task Arguments_arrive_as_they_were_given()
    {
        Ran ran = await copy.VaultAsync(["add", "two words", "", "*", "--flag=$HOME"]);
        Assert.Contains("argument <add>\nargument <two words>\nargument <>\nargument <*>\nargument <--flag=$HOME>\n", ran.Output);
    }

    [Fact]
    public async Task The_exit_code_is_the_programs_own() => Assert.Equal(42, (await copy.VaultAsync([], ("EXIT_CODE", "42"))).ExitCode);

    [Fact]
    public async Task The_program_takes_the_scripts_place_so_that_signals_reach_it()
    {
        Ran ran = await copy.VaultAsync([]);
        Assert.Contains($"pid {ran.ProcessId} ", ran.Output);
    }

    [Fact]
    public async Task It_works_through_a_link_and_from_another_folder()
    {
        Ran ran = await copy.RunAsync(copy.Link, ["--version"], "/");
        Assert.Contains("argument <--version>", ran.Output);
        Assert.Equal("", (await copy.RunAsync("/bin/bash", ["../vault"], copy.At("elsewhere"))).Error);
        Assert.Equal("", (await copy.RunAsync("/bin/bash", ["vault"], copy.Root)).Error);
        Assert.Equal(1, copy.Builds);
    }

    public static TheoryData<string, Action<Copy>> Changes => new()
    {
        { "edited", copy => copy.Write("src/Host/answer.txt", "two") },
        { "edited to the same length", copy => copy.Write("src/Host/answer.txt", "six") },
        { "added", copy => copy.Write("src/Store/New.cs", "") },
        { "deleted", copy => File.Delete(copy.At("src/Store/other.txt")) },
        { "renamed", copy => File.Move(copy.At("src/Store/other.txt"), copy.At("src/Store/another.txt")) },
        { "replaced by an older one", copy => File.SetLastWriteTimeUtc(copy.At("src/Host/answer.txt"), new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc)) },
        { "build rules changed", copy => copy.Write("Directory.Build.props", "<Project />") },
        { "other compiler asked for", copy => copy.Write("global.json", "{}") },
        { "protocol added", copy => copy.Write("protos/new.proto", "") },
        { "script changed", copy => File.AppendAllText(copy.At("build/setup.sh"), "# new\n") },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task A_changed_source_is_noticed(string what, Action<Copy> change)
    {
        await copy.VaultAsync([]);
        change(copy);
        Ran ran = await copy.VaultAsync([]);
        Assert.True(copy.Builds == 2, $"A source was {what}, and nothing was built.");
        Assert.Contains($"answer {await File.ReadAllTextAsync(copy.At("src/Host/answer.txt"))}\n", ran.Output);
    }

    [Fact]
    public async Task What_compilers_leave_in_bin_and_obj_is_no_source()
    {
        await copy.VaultAsync([]);
        copy.Write("src/Host/obj/project.assets.json", "{}");
        copy.Write("src/Host/bin/Release/vault.dll", "");
        copy.Write("tests/Host/Test.cs", "");
        await copy.VaultAsync([]);
        Assert.Equal(1, copy.Builds);
    }

    [Fact]
    public async Task A_source_that_changes_while_the_compiler_runs_is_built_at_the_next_start()
    {
        await copy.VaultAsync([], ("BUILD_DOES", "echo late >src/Store/late.cs"));
        Assert.Equal(1, copy.Builds);
        await copy.VaultAsync([]);
        Assert.Equal(2, copy.Builds);
    }

    [Fact]
    public async Task A_failed_build_shows_the_compilers_errors_once_and_is_tried_again()
    {
        const string Failure = "echo 'A.cs(1,2): error CS0103: no such name [/x/A.csproj]'; echo '  A.cs(1,2): error CS0103: no such name [/x/A.csproj]'; exit 1";
        Ran failed = await copy.VaultAsync([], ("BUILD_DOES", Failure));
        Assert.Equal(1, failed.ExitCode);
        Assert.Equal("", failed.Output);
        Assert.Equal(["A.cs(1,2): error CS0103: no such name", "vault: error: the build failed; all of its output is in " + copy.At(".build/log")], failed.Error.TrimEnd().Split('\n')[1..]);
        Assert.Equal(0, (await copy.VaultAsync([])).ExitCode);
    }

    [Fact]
    public async Task After_a_failed_build_the_program_of_old_sources_does_not_run()
    {
        await copy.VaultAsync([]);
        copy.Write("src/Host/answer.txt", "two");
        Ran failed = await copy.VaultAsync([], ("BUILD_DOES", "exit 1"));
        Assert.Equal(1, failed.ExitCode);
        Assert.Equal("", failed.Output);
    }

    [Fact]
    public async Task An_interrupted_build_is_done_again_from_the_start()
    {
        // Kills the script that started the compiler: half of the program is there, and what was compiled so far.
        Ran killed = await copy.VaultAsync([], ("BUILD_DOES", "mkdir -p \"$2\" .build/artifacts; touch .build/artifacts/half \"$2/vault.dll\"; kill -KILL $PPID; exit 1"));
        Assert.NotEqual(0, killed.ExitCode);
        Ran ran = await copy.VaultAsync([]);
        Assert.StartsWith("answer one\n", ran.Output);
        Assert.False(File.Exists(copy.At(".build/artifacts/half")));
    }

    [Fact]
    public async Task Of_many_first_starts_at_once_one_builds_and_all_run()
    {
        Ran[] all = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => copy.VaultAsync([])));
        Assert.All(all, ran => Assert.StartsWith("answer one\n", ran.Output));
        Assert.Equal(1, copy.Builds);
    }

    [Fact]
    public async Task A_program_that_runs_keeps_its_files_when_the_next_is_built()
    {
        await copy.VaultAsync([]);
        string running = Path.GetDirectoryName(File.ResolveLinkTarget(copy.At(".build/current"), true)!.FullName + "/vault")!;
        copy.Write("src/Host/answer.txt", "two");
        await copy.VaultAsync([]);
        Assert.True(File.Exists(Path.Combine(running, "vault")));
        copy.Write("src/Host/answer.txt", "three");
        await copy.VaultAsync([]);
        Assert.False(Directory.Exists(running), "Only the last two builds are kept.");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("/nonexistent")]
    public async Task Without_a_usable_home_the_compiler_gets_one_and_the_program_does_not(string? home)
    {
        Ran ran = await copy.VaultAsync([], ("HOME", home));
        Assert.Contains($"HOME={copy.At(".build/home")}", copy.Calls);
        Assert.EndsWith($" home <{home ?? "none"}>\n", ran.Output);
    }

    [Fact]
    public async Task Without_the_SDK_one_line_says_what_to_install()
    {
        File.Delete(copy.At("stand-ins/dotnet"));
        Ran ran = await copy.VaultAsync([], ("PATH", copy.At("stand-ins") + ":" + copy.PathWithout("dotnet")));
        Assert.Equal(1, ran.ExitCode);
        Assert.StartsWith("vault: error: the .NET 10 SDK is missing", ran.Error);
    }

    [LongFact]
    public async Task A_real_clone_builds_and_tells_its_version()
    {
        string clone = copy.At("clone");
        Assert.Equal(0, (await Script.RunAsync("git", ["clone", "-q", Repository.Root, clone], copy.Root)).ExitCode);
        Ran first = await Script.RunAsync(Path.Combine(clone, "vault"), ["--version"], "/");
        Assert.True(first.ExitCode == 0, first.Error);
        Assert.StartsWith("vault ", first.Output);
        Assert.Equal(new Ran(0, first.Output, "", 0), await Script.RunAsync(Path.Combine(clone, "vault"), ["--version"], "/") with { ProcessId = 0 });
    }
}
