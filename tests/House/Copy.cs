using Vault.Tests.Support;

namespace Vault.House.Tests;

/// <summary>
/// A folder with the real ./vault and build/, a source file, and stand-ins for the programs they call, first on the PATH.
/// The stand-in for dotnet "compiles" src/Host/answer.txt: the program it makes prints that text and its arguments.
/// </summary>
public sealed class Copy : IDisposable
{
    readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("vault-house-");

    public Copy()
    {
        Directory.CreateDirectory(At("build"));
        File.Copy(Path.Combine(Repository.Root, "vault"), At("vault"));
        foreach (string script in Directory.GetFiles(Path.Combine(Repository.Root, "build"))) File.Copy(script, At($"build/{Path.GetFileName(script)}"));
        Write("src/Host/answer.txt", "one");
        Write("src/Store/other.txt", "");
        Write("Directory.Build.props", "");
        Write("global.json", "");
        StandIn("dotnet", """
            echo "dotnet $*" >>"$CALLS"
            echo "HOME=$HOME" >>"$CALLS"
            if [ "$1" = --list-runtimes ]; then echo "Microsoft.NETCore.App 10.0.0 [/usr/shared/Microsoft.NETCore.App]"; exit; fi
            while [ "$1" != -o ]; do shift; done
            eval "${BUILD_DOES:-}"
            mkdir -p "$2" .build/artifacts
            {
                echo '#!/bin/bash'
                echo "echo answer $(cat src/Host/answer.txt)"
                echo 'for argument; do echo "argument <$argument>"; done'
                echo 'echo "pid $$ home <${HOME-none}>"'
                echo 'exit ${EXIT_CODE:-0}'
            } >"$2/vault"
            chmod +x "$2/vault"
            """);
        // The machine that runs the tests may lack the libraries; their absence is a test of its own.
        File.AppendAllText(At("build/setup.sh"), "has_library() { return 0; }\n");
        Link = At("elsewhere/link-to-vault");
        Directory.CreateDirectory(At("elsewhere"));
        File.CreateSymbolicLink(Link, At("vault"));
    }

    public string Root => folder.FullName;

    /// <summary>A symbolic link to ./vault in another folder.</summary>
    public string Link { get; }

    public string At(string path) => Path.Combine(Root, path);

    public void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(path))!);
        File.WriteAllText(At(path), text);
    }

    /// <summary>Puts a program of our own in front of the system's.</summary>
    public void StandIn(string name, string script)
    {
        Write($"stand-ins/{name}", $"#!/bin/bash\n{script}\n");
        File.SetUnixFileMode(At($"stand-ins/{name}"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public Task<Ran> VaultAsync(string[] arguments, params (string Name, string? Value)[] environment) => RunAsync(At("vault"), arguments, Root, environment);

    public Task<Ran> RunAsync(string program, string[] arguments, string from, params (string Name, string? Value)[] environment) =>
        Script.RunAsync(program, arguments, from, [("PATH", At("stand-ins") + ":/usr/bin:/bin"), ("CALLS", At("calls")), ("DOTNET_ROOT", null), .. environment]);

    /// <summary>How the stand-ins were called so far.</summary>
    public string[] Calls => File.Exists(At("calls")) ? File.ReadAllLines(At("calls")) : [];

    public int Builds => Calls.Count(call => call.StartsWith("dotnet publish", StringComparison.Ordinal));

    /// <summary>A PATH with all the system's programs but one.</summary>
    public string PathWithout(string name)
    {
        Directory.CreateDirectory(At("programs"));
        foreach (string program in new[] { "/bin", "/usr/bin" }.SelectMany(Directory.GetFiles).DistinctBy(Path.GetFileName))
            if (Path.GetFileName(program) != name) File.CreateSymbolicLink(At($"programs/{Path.GetFileName(program)}"), program);
        return At("programs");
    }

    public void Dispose() => folder.Delete(recursive: true);
}
