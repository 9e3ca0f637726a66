// Tests of Host: the real program is started and must say what the files in transcripts/ say; the few decisions it makes by
// itself (where data lies, what a fault looks like) are tested without a process. Read next: Transcript.cs, then a transcript.

using System.Diagnostics;
using Xunit;

namespace Vault.Host.Tests;

public sealed class TranscriptTests
{
    static IEnumerable<string> All => Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "transcripts"), "*.txt").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal);

    /// <summary>Those in which there is no daemon or no store yet, or keys are changed, which takes that nobody uses them, or no store is asked at all.</summary>
    static readonly string[] alone = ["alone", "completion", "device", "folder", "help", "passphrase", "upkeep", "usage", "version"];

    public static TheoryData<string> Names => [.. All];

    public static TheoryData<string> NamesOfShared => [.. All.Except(alone)];

    [Theory]
    [MemberData(nameof(Names))]
    public Task The_program_answers_as_the_transcript_says(string name) => InHomeAsync(home => ShowsAsync(name, home));

    [Theory]
    [MemberData(nameof(NamesOfShared))]
    public Task A_daemon_lets_the_program_answer_the_same(string name) => InHomeAsync(async home =>
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(Path.Combine(home, ".local", "share", "vault"));
        await ShowsAsync(name, home);
        // It was asked, and nobody opened the store beside it.
        Assert.Equal(0, await daemon.StopAsync());
    });

    static async Task ShowsAsync(string name, string home) =>
        await Transcript.ShowsAsync(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "transcripts", name + ".txt")), home);

    static async Task InHomeAsync(Func<string, Task> test)
    {
        DirectoryInfo home = Directory.CreateTempSubdirectory("vault-transcript-");
        try
        {
            await test(home.FullName);
        }
        finally
        {
            // Not by .NET: a transcript may have made names that aren't UTF-8.
            using Process remove = Process.Start("/bin/rm", ["-rf", home.FullName]);
            await remove.WaitForExitAsync();
        }
    }

    [Fact]
    public void A_transcript_is_read_as_commands_with_what_comes_back()
    {
        IReadOnlyList<Exchange> exchanges = Transcript.Parse("# first\n$ vault a 'b c'\nout\n\nmore\n2> err\n? 2\n\n$ vault\n");
        Assert.Equal(2, exchanges.Count);
        Assert.Equal("vault a 'b c'", exchanges[0].Line);
        Assert.Equal(["out", "", "more"], exchanges[0].Output);
        Assert.Equal(["err"], exchanges[0].Error);
        Assert.Equal(2, exchanges[0].ExitCode);
        Assert.Empty(exchanges[1].Output);
        Assert.Equal(0, exchanges[1].ExitCode);
    }

    [Theory]
    [InlineData("one\ntwo", "one\ntwo", true)]
    [InlineData("o*e", "one", true)]
    [InlineData("o*e", "one\nmore", false)]
    [InlineData("one\n...", "one\ntwo\nthree", true)]
    [InlineData("...\nthree", "one\ntwo\nthree", true)]
    [InlineData("...", "", true)]
    [InlineData("one", "", false)]
    [InlineData("a.c", "abc", false)]
    [InlineData("in {home}/x", "in /h/x", true)]
    public void Wildcards_stand_for_part_of_a_line_or_for_lines(string expected, string text, bool matches) =>
        Assert.Equal(matches, Transcript.Matches(expected.Split('\n'), text, "/h"));
}
