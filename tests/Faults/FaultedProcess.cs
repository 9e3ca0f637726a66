using System.Diagnostics;
using System.Globalization;

namespace Vault.Tests.Faults;

/// <summary>How a call that was chosen by its number is struck.</summary>
public enum Strike
{
    /// <summary>The process is killed and the call doesn't happen.</summary>
    KillBefore,
    /// <summary>The call happens and the process is killed before it returns.</summary>
    KillAfter,
    /// <summary>Part of a write happens and the process is killed. Any other call: <see cref="KillBefore"/>.</summary>
    KillTorn,
    /// <summary>The call fails with an I/O error and changes nothing. The process lives.</summary>
    Fail,
    /// <summary>The disk is full: this call, if it takes space, and every later one that does fail. The process lives.</summary>
    DiskFull,
}

/// <summary>
/// A program run with every change below <see cref="Root"/> recorded. The record and a copy of what the folder held before
/// lie in <see cref="Records"/>, a folder that must not exist yet.
/// </summary>
public sealed record FaultedProcess(string Program, IReadOnlyList<string> Arguments, string Root, string Records)
{
    const int KilledBySignal = 128 + 9;
    static readonly string[] strikes = ["before", "after", "torn", "eio", "enospc"];

    /// <summary>Added to the environment of this process; null removes.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    /// <summary>The number of the call to strike, from 1 to the <see cref="OperationLog.Calls"/> of an earlier run; null strikes nothing.</summary>
    public int? At { get; init; }

    public Strike How { get; init; }

    /// <summary>A .NET program, by its dll, run by the same runtime as the tests.</summary>
    public static FaultedProcess OfAssembly(string dll, IReadOnlyList<string> arguments, string root, string records) =>
        new(System.Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [dll, .. arguments], root, records);

    /// <summary>
    /// Runs to the end, its own or the strike's, and checks the record against the folder: a change that the shim didn't see
    /// throws here. Cancelling kills the program.
    /// </summary>
    public async Task<FaultedRun> Run(CancellationToken cancellation = default)
    {
        string log = Path.Combine(Records, "log"), before = Path.Combine(Records, "before");
        if (Directory.Exists(Records)) throw new InvalidOperationException($"{Records} holds the record of another run.");
        Directory.CreateDirectory(Root);
        Directory.CreateDirectory(Records);
        Copy(new DirectoryInfo(Root), before);

        using Process process = Process.Start(StartInfo(log))!;
        await using CancellationTokenRegistration kill = cancellation.Register(process.Kill);
        Task<string> errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        string output = await process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        string complaints = await errors;
        await process.WaitForExitAsync(CancellationToken.None);
        cancellation.ThrowIfCancellationRequested();

        OperationLog record = OperationLog.Read(log, before);
        bool struck = record.Killed;
        if (process.ExitCode == KilledBySignal && !struck) throw new InvalidOperationException($"Something else killed {Program}: {complaints}");
        if (PowerCut.Difference(record, Root) is string difference)
            throw new InvalidOperationException($"The record doesn't explain the folder: {difference}. {complaints}");
        return new FaultedRun(struck, process.ExitCode, output.Split('\n', StringSplitOptions.RemoveEmptyEntries), complaints, record);
    }

    ProcessStartInfo StartInfo(string log)
    {
        ProcessStartInfo start = new(Program, Arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string? value) in Environment) start.Environment[name] = value;
        start.Environment["LD_PRELOAD"] = Shim.Path;
        start.Environment["POWERCUT_ROOT"] = Root;
        start.Environment["POWERCUT_LOG"] = log;
        if (At is not int at) return start;
        start.Environment["POWERCUT_AT"] = at.ToString(CultureInfo.InvariantCulture);
        start.Environment["POWERCUT_HOW"] = strikes[(int)How];
        return start;
    }

    static void Copy(DirectoryInfo from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (FileInfo file in from.EnumerateFiles()) file.CopyTo(Path.Combine(to, file.Name));
        foreach (DirectoryInfo folder in from.EnumerateDirectories()) Copy(folder, Path.Combine(to, folder.Name));
    }
}

/// <param name="Struck">The process was killed at the call that was asked for.</param>
/// <param name="Lines">What it printed on standard output.</param>
public sealed record FaultedRun(bool Struck, int ExitCode, IReadOnlyList<string> Lines, string Errors, OperationLog Log);
