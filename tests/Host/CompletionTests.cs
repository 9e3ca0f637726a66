using System.Diagnostics;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Host.Tests;

/// <summary>What the shells themselves make of the scripts that vault completion prints.</summary>
public sealed class CompletionTests : IDisposable
{
    /// <summary>Far more than a shell takes.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    readonly TestFolder home = new();

    public void Dispose() => home.Dispose();

    [FactWithShell("bash")]
    public Task In_bash_commands_options_and_vaults_are_completed_and_no_name_is_run() => CompletesAsync(line => ("bash", $$"""
        eval "$(vault completion bash)"
        COMP_LINE={{Quoted(line)}} COMP_POINT={{System.Text.Encoding.UTF8.GetByteCount(line)}}
        read -ra COMP_WORDS <<<"$COMP_LINE."
        COMP_WORDS[-1]=${COMP_WORDS[-1]%.} COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _vault
        printf '%s\n' "${COMPREPLY[@]}"
        """));

    [FactWithShell("zsh")]
    public Task In_zsh_commands_options_and_vaults_are_completed_and_no_name_is_run() => CompletesAsync(line => ("zsh", $$"""
        mkdir -p functions && vault completion zsh >functions/_vault
        zmodload zsh/zpty
        zpty shell zsh -f -i
        zpty -w shell "PROMPT= ; fpath=($PWD/functions \$fpath); autoload -Uz compinit; compinit -u -D"
        zpty -w shell "LISTMAX=1000; setopt no_list_ambiguous; stty -echo cols 200; bindkey '^I' complete-word; bindkey '^X' list-choices; zstyle ':completion:*' list-separator ''; echo r''eady"
        zpty -r -m shell heard '*ready*'
        zpty -w -n shell {{Quoted(line)}}$'\t'
        zpty -w -n shell $'\x18\x01echo \x05 d\'\'one\n'
        zpty -r -m shell heard '*done*'
        print -r -- "$heard"
        """));

    [FactWithShell("fish")]
    public Task In_fish_commands_options_and_vaults_are_completed_and_no_name_is_run() => CompletesAsync(line => ("fish", $"vault completion fish | source; complete --do-complete {Quoted(line)}"));

    async Task CompletesAsync(Func<string, (string Shell, string Script)> ask)
    {
        await Transcript.ShowsAsync("""
            $ for name in photos 'Ärger im Büro' '$(touch ran)' '`touch ran`'; do vault create "$name" >/dev/null 2>&1 || echo "$name"; done
            """, home.Path);
        foreach ((string line, string expected) in new[] { ("vault cre", "create"), ("vault create x --min", "--min-copies"), ("vault ls pho", "photos"), ("vault rename Är", "rger"), ("vault ls photos -l --js", "--json"), ("vault ls ", "touch") })
        {
            (string shell, string script) = ask(line);
            string answer = await RunAsync(shell, script);
            Assert.True(answer.Contains(expected, StringComparison.Ordinal), $"{shell} completes '{line}' to: {answer}");
            Assert.False(File.Exists(home["ran"]), $"{shell} runs what it completes '{line}' to");
        }
    }

    static string Quoted(string text) => $"'{text}'";

    async Task<string> RunAsync(string shell, string script)
    {
        ProcessStartInfo start = new($"/usr/bin/{shell}", shell == "bash" ? ["-c", script] : shell == "zsh" ? ["-f", "-c", script] : ["--no-config", "-c", script])
        {
            WorkingDirectory = home.Path,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = Path.GetDirectoryName(Transcript.Program) + ":/usr/bin:/bin";
        start.Environment["HOME"] = home.Path;
        start.Environment["LC_ALL"] = "C.UTF-8";
        start.Environment["TERM"] = "xterm";
        start.Environment["DOTNET_ROOT"] = Transcript.RuntimeRoot;
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        using CancellationTokenSource patience = new(Patience);
        Task<string> output = process.StandardOutput.ReadToEndAsync(patience.Token), error = process.StandardError.ReadToEndAsync(patience.Token);
        await process.WaitForExitAsync(patience.Token);
        return await output + await error;
    }
}

/// <summary>A test that needs a shell; skipped, with the reason, where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class FactWithShellAttribute : FactAttribute
{
    public FactWithShellAttribute(string shell) => Skip = File.Exists($"/usr/bin/{shell}") ? null : $"there is no {shell} on this machine";
}
