// Tests of the scripts around the program: ./vault and what it shares with ./test. They run the real scripts in a copy of
// the parts they read, where `dotnet`, `apt-get`, `id` and so on are a few lines of shell that write down how they were
// called. Read next: Copy.cs (that copy), VaultScriptTests.cs, MissingLibraryTests.cs, ResultTests.cs.

using System.Diagnostics;

namespace Vault.House.Tests;

public sealed record Ran(int ExitCode, string Output, string Error, int ProcessId);

static class Script
{
    /// <summary>Far more than any script takes: only one that hangs meets it.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>Runs a program with no stdin; a null in <paramref name="environment"/> removes the variable.</summary>
    public static async Task<Ran> RunAsync(string program, string[] arguments, string folder, params (string Name, string? Value)[] environment)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string? value) in environment) start.Environment[name] = value;
        using Process process = Process.Start(start)!;
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
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} didn't end.");
        }
        return new Ran(process.ExitCode, await output, await error, process.Id);
    }
}
