using System.Diagnostics;
using System.Runtime.InteropServices;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Interop.Tests;

/// <summary>check.mjs against a host around one node.</summary>
public sealed class NodeRun() : CheckRun("check.mjs", $"dotnet \"{Path.Combine(AppContext.BaseDirectory, "Vault.Libp2p.TestHost.dll")}\"");

/// <summary>daemon.mjs against the program itself.</summary>
public sealed class DaemonRun() : CheckRun("daemon.mjs", Path.Combine(AppContext.BaseDirectory, "vault"));

/// <summary>One run of a script, shared by the tests that look at its lines.</summary>
public abstract class CheckRun(string script, string argument) : IAsyncLifetime
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
        ProcessStartInfo start = new("node", [script, argument])
        {
            WorkingDirectory = JsLibp2p.Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../.."));
        using Process process = Process.Start(start)!;
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
