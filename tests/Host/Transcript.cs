using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using Xunit;

namespace Vault.Host.Tests;

// A transcript is a session at a terminal, written down: what is typed and what must come back.
//
//   # a comment
//   $ VAULT_HOME=/x vault --version      a line for the shell, with vault among its programs
//   vault *                              a line on stdout; * stands for anything within a line
//   ...                                  any number of lines
//   2> vault: error: …                   a line on stderr
//   ? 2                                  the exit code, where it isn't 0
//
// A blank line in front of the next command or comment is layout. Each transcript has an empty folder of its own as home and
// working directory, which it can name as {home}.

/// <summary>One command of a transcript, and what must come back.</summary>
public sealed record Exchange(string Line, IReadOnlyList<string> Output, IReadOnlyList<string> Error, int ExitCode);

public static class Transcript
{
    /// <summary>Far more than any command takes: only one that hangs meets it.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static IReadOnlyList<Exchange> Parse(string text)
    {
        List<Exchange> exchanges = [];
        string? command = null;
        List<string> output = [], error = [];
        int exitCode = 0;
        void Close()
        {
            if (command == null) return;
            while (output.Count > 0 && output[^1].Length == 0) output.RemoveAt(output.Count - 1);
            exchanges.Add(new Exchange(command, output, error, exitCode));
            (command, output, error, exitCode) = (null, [], [], 0);
        }
        foreach (string line in text.TrimEnd().Split('\n'))
        {
            if (line.StartsWith('#')) Close();
            else if (line.StartsWith("$ ", StringComparison.Ordinal)) { Close(); command = line[2..]; }
            else if (command == null && line.Length > 0) throw new FormatException($"No command in front of: {line}");
            else if (line.StartsWith("2> ", StringComparison.Ordinal)) error.Add(line[3..]);
            else if (line.StartsWith("? ", StringComparison.Ordinal)) exitCode = int.Parse(line.AsSpan(2), null);
            else output.Add(line);
        }
        Close();
        return exchanges;
    }

    /// <summary>The program: as ./test had it compiled for shipping, else as this build made it, which is copied next to the tests because they reference its project.</summary>
    public static string Program { get; } = Environment.GetEnvironmentVariable("VAULT_PROGRAM") is { Length: > 0 } shipped ? shipped : Path.Combine(AppContext.BaseDirectory, "vault");

    /// <summary>The runtime that runs the test: &lt;root&gt;/shared/Microsoft.NETCore.App/&lt;version&gt;/.</summary>
    public static string RuntimeRoot { get; } = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../.."));

    /// <summary>Plays a transcript in <paramref name="home"/>, and fails where something else comes back.</summary>
    public static async Task ShowsAsync(string transcript, string home)
    {
        foreach (Exchange exchange in Parse(transcript))
            if (await DifferenceAsync(exchange, Program, home) is { } difference) Assert.Fail(difference);
    }

    /// <summary>Runs the command in <paramref name="home"/>; null when what came back is what was expected, else both.</summary>
    public static async Task<string?> DifferenceAsync(Exchange expected, string program, string home)
    {
        using Process process = Process.Start(StartInfo(expected.Line, program, home))!;
        process.StandardInput.Close();
        using CancellationTokenSource patience = new(Patience);
        Task<string> output = process.StandardOutput.ReadToEndAsync(patience.Token), error = process.StandardError.ReadToEndAsync(patience.Token);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return $"$ {expected.Line}\n(didn't end)";
        }
        string gotOutput = (await output).TrimEnd('\n'), gotError = (await error).TrimEnd('\n');
        bool same = Matches(expected.Output, gotOutput, home) && Matches(expected.Error, gotError, home) && process.ExitCode == expected.ExitCode;
        return same ? null : $"$ {expected.Line}\n--- expected\n{Show(string.Join('\n', expected.Output), string.Join('\n', expected.Error), expected.ExitCode)}\n--- came back\n{Show(gotOutput, gotError, process.ExitCode)}";
    }

    /// <summary>Whether the text is what the lines with wildcards say.</summary>
    public static bool Matches(IReadOnlyList<string> lines, string text, string home)
    {
        StringBuilder pattern = new("\\A");
        foreach (string line in lines)
            pattern.Append(line == "..." ? "(.*\n)*" : Regex.Escape(line.Replace("{home}", home, StringComparison.Ordinal)).Replace("\\*", ".*", StringComparison.Ordinal) + "\n");
        return Regex.IsMatch(text.Length == 0 ? "" : text + "\n", pattern.Append("\\z").ToString());
    }

    static ProcessStartInfo StartInfo(string line, string program, string home)
    {
        ProcessStartInfo start = new("/bin/bash")
        {
            WorkingDirectory = home,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Only what a program can't start without comes from outside: a developer's own settings don't reach the test.
        start.Environment.Clear();
        start.Environment["PATH"] = Path.GetDirectoryName(program) + ":/usr/bin:/bin";
        start.Environment["HOME"] = home;
        start.Environment["DOTNET_ROOT"] = RuntimeRoot;

        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(line.Replace("{home}", home, StringComparison.Ordinal));
        return start;
    }

    static string Show(string output, string error, int exitCode) =>
        string.Join('\n', new[] { output, error.Length > 0 ? "2> " + error.Replace("\n", "\n2> ", StringComparison.Ordinal) : "", exitCode != 0 ? $"? {exitCode}" : "" }.Where(part => part.Length > 0));
}
