// Faults: what tests use to hurt a program. It runs a program under a preloaded library (powercut.c) that records every
// change below one folder and can kill the program at any of them; from the record it builds the folder as a disk would
// hold it after a power cut. Beside that: seeded damage to database files, and small disks that fill up.
// Read next: FaultedProcess.cs (running a program), PowerCut.cs (what survives), powercut.c (what is seen and what isn't).

using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;

namespace Vault.Tests.Faults;

/// <summary>Libraries to preload into a program, each compiled once per version of its source into a folder beside the tests.</summary>
public static class Shim
{
    static readonly Lazy<(string? Path, string? Missing)> powercut = new(() => Compile("powercut")), skew = new(() => Compile("skew"));

    /// <summary>Why there is no shim on this machine; null when there is one.</summary>
    public static string? Missing => powercut.Value.Missing;

    /// <summary>powercut.c</summary>
    public static string Path => powercut.Value.Path ?? throw new InvalidOperationException(Missing);

    /// <summary>skew.c: the program's clock is wrong by as many seconds as CLOCK_SKEW says.</summary>
    public static string Clock => skew.Value.Path ?? throw new InvalidOperationException(skew.Value.Missing);

    static (string? Path, string? Missing) Compile(string name)
    {
        if (!OperatingSystem.IsLinux()) return (null, "programs are deceived like this on Linux only");
        string source = System.IO.Path.Combine(AppContext.BaseDirectory, $"{name}.c");
        string folder = System.IO.Path.Combine(AppContext.BaseDirectory, name);
        string target = System.IO.Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(source)))[..16] + ".so");
        if (File.Exists(target)) return (target, null);

        Directory.CreateDirectory(folder);
        string unfinished = $"{target}.{Environment.ProcessId}";
        string complaint = "no C compiler (cc, gcc or clang) is installed";
        foreach (string compiler in (string[])["cc", "gcc", "clang"])
        {
            if (Run(compiler, "-O2", "-shared", "-fPIC", "-o", unfinished, source, "-ldl") is not string output) continue;
            if (File.Exists(unfinished))
            {
                File.Move(unfinished, target, overwrite: true); // whole or not at all: other test processes compile too
                return (target, null);
            }
            complaint = $"{compiler} can't compile {name}.c: {output}";
        }
        return (null, complaint);
    }

    // Null when there is no such program.
    static string? Run(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            string output = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return output.Trim();
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
