using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Host.Tests;

/// <summary>The sessions in README.md, run as they stand in one shell, one after the other: a newcomer copies it line by line.</summary>
public sealed partial class ReadmeTests : IDisposable
{
    const string EndOf = "--end-of-command--";

    readonly TestFolder clone = new();

    public void Dispose() => clone.Dispose();

    [Fact]
    public async Task The_session_of_the_README_goes_as_it_says()
    {
        IReadOnlyList<Exchange> session = Session();
        Assert.NotEmpty(session);
        File.CreateSymbolicLink(clone["vault"], Transcript.Program);
        string[] answers = (await RunAsync(session.Select(exchange => exchange.Line))).Split($"{EndOf}\n");
        for (int at = 0; at < session.Count; at++)
        {
            string answer = answers.ElementAtOrDefault(at)?.TrimEnd('\n') ?? "(nothing)";
            Assert.True(Transcript.Matches(session[at].Output, answer, clone.Path), $"$ {session[at].Line}\n--- README\n{string.Join('\n', session[at].Output)}\n--- came back\n{answer}");
        }
        Assert.Equal(session.Count + 1, answers.Length);
    }

    // Wildcards of a transcript are stars; a README has the sign that people know.
    static IReadOnlyList<Exchange> Session()
    {
        string readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));
        return Transcript.Parse(string.Concat(ConsoleBlock().Matches(readme).Select(block => block.Groups[1].Value)).Replace('…', '*'));
    }

    // Both streams, in the order in which a terminal would show them.
    async Task<string> RunAsync(IEnumerable<string> lines)
    {
        StringBuilder script = new("exec 2>&1\n");
        foreach (string line in lines) script.Append(line).Append($"\necho \"{EndOf}\"\n");
        ProcessStartInfo start = new("/bin/bash", ["-c", script.ToString()]) { WorkingDirectory = clone.Path, RedirectStandardOutput = true };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/bin:/bin";
        start.Environment["HOME"] = clone.Path;
        start.Environment["DOTNET_ROOT"] = Transcript.RuntimeRoot;
        using Process shell = Process.Start(start)!;
        string output = await shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();
        return output;
    }

    [GeneratedRegex("^```console\n(.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex ConsoleBlock();
}
