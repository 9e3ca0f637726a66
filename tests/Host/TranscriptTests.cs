// Tests of Host: the real program is started and must say what the files in transcripts/ say; the few decisions it makes by
// itself (where data lies, what a fault looks like) are tested without a process. Read next: Transcript.cs, then a transcript.

using System.Diagnostics;
using Xunit;

namespace Vault.Host.Tests;

public sealed class TranscriptTests
{
    public static TheoryData<string> Names =>
        [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "transcripts"), "*.txt").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_program_answers_as_the_transcript_says(string name)
    {
        DirectoryInfo home = Directory.CreateTempSubdirectory("vault-transcript-");
        try
        {
            await Transcript.ShowsAsync(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "transcripts", name + ".txt")), home.FullName);
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
