using System.Diagnostics;
using Vault.Tests.Player;

namespace Vault.Survival.Tests;

/// <summary>The player without anyone watching its calls, for runs that write more than one would like to record.</summary>
static class ChildProcess
{
    public static async Task<(int Code, IReadOnlyList<string> Lines, string Errors)> RunAsync(params string[] arguments)
    {
        ProcessStartInfo start = new(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [typeof(World).Assembly.Location, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output.Split('\n', StringSplitOptions.RemoveEmptyEntries), await errors);
    }
}
