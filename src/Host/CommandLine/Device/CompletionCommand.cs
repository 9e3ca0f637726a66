using System.CommandLine;

namespace Vault.Host;

/// <summary>vault completion SHELL: the script that makes a shell complete commands, options and names of vaults.</summary>
static class CompletionCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> shell = new("shell") { Description = "bash, zsh or fish", HelpName = "SHELL" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        TaughtCommand command = new("completion", "print a script that completes commands and names in a shell",
            "source <(vault completion bash)", "vault completion zsh > ~/.zfunc/_vault", "vault completion fish > ~/.config/fish/completions/vault.fish")
        { shell };
        command.SetAction(line => terminal.Output.WriteLine(line.GetRequiredValue(shell) switch { "bash" => Bash, "zsh" => Zsh, _ => Fish }));
        return command;
    }

    // The program knows its own grammar: asked with the line and the place of the cursor in it, it prints what could stand there.
    // Where it knows nothing, the shell goes on with file names. What it prints is data: a vault's name may have been chosen by
    // somebody else, so no shell may be given the chance to run it. (bash counts the cursor's place in bytes, and compgen -W expands
    // what it is given: hence the length of the text before the cursor, and the loop.)
    const string Bash = """
        _vault() {
            local before word IFS=$'\n'
            LC_ALL=C; before=${COMP_LINE:0:COMP_POINT}; unset LC_ALL
            COMPREPLY=()
            while IFS= read -r word; do
                [[ $word == "${COMP_WORDS[COMP_CWORD]}"* ]] && COMPREPLY+=("$(printf %q "$word")")
            done < <("${COMP_WORDS[0]}" "[suggest:${#before}]" "$COMP_LINE" 2>/dev/null)
        }
        complete -o default -F _vault vault
        """;

    // The same text serves as a file that zsh loads when the first completion is asked for, and as one to source.
    const string Zsh = """
        #compdef vault
        _vault() {
            local -a found
            found=("${(@f)$("${words[1]}" "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
            if [[ -n "${found[1]}" ]]; then compadd -- "${found[@]}"; else _files; fi
        }
        if [[ "${funcstack[1]}" == _vault ]]; then _vault "$@"; else compdef _vault vault; fi
        """;

    const string Fish = """
        function __vault_complete
            set -l before (commandline --current-process --cut-at-cursor | string collect)
            vault "[suggest:"(string length -- $before)"]" $before 2>/dev/null
        end
        complete --command vault --arguments '(__vault_complete)'
        """;
}
