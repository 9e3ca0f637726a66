using System.Diagnostics;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Interop.Tests;

/// <summary>One run of check.mjs, shared by the tests that look at its lines.</summary>
public sealed class CheckRun : IAsyncLifetime
{
    /// <summary>A run takes a few seconds; only one that hangs meets this.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>All that was said, on both streams.</summary>
    public string Output { get; private set; } = "";

    public int ExitCode { get; private set; }

    /// <summary>A line per check.</summary>
    public IEnumerable<string> Results => Output.Split('\n').Where(line => line.StartsWith("pass  ", StringComparison.Ordinal) || line.StartsWith("FAIL  ", StringComparison.Ordinal));

    public async Task InitializeAsync()
    {
        if (JsLibp2p.Missing is not null) return;
        string host = Path.Combine(AppContext.BaseDirectory, "Vault.Libp2p.TestHost.dll");
        using Process process = Process.Start(new ProcessStartInfo("node", ["check.mjs", $"dotnet \"{host}\""])
        {
            WorkingDirectory = JsLibp2p.Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> said = process.StandardOutput.ReadToEndAsync(), complained = process.StandardError.ReadToEndAsync();
        using CancellationTokenSource patience = new(Patience, TimeProvider.System);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }
        ExitCode = process.ExitCode;
        Output = $"{await said}\n{await complained}";
    }

    public Task DisposeAsync() => Task.CompletedTask;
}
