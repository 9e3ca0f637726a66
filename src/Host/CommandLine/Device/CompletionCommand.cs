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
    // Where it knows nothing, the shell goes on with file names.
    const string Bash = """
        _vault() {
            local IFS=$'\n'
            COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _vault vault
        """;

    const string Zsh = """
        #compdef vault
        _vault() {
            local -a found
            found=("${(@f)$("${words[1]}" "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
            if [[ -n "${found[1]}" ]]; then compadd -- "${found[@]}"; else _files; fi
        }
        compdef _vault vault
        """;

    const string Fish = """
        function __vault_complete
            vault "[suggest:"(commandline --cursor)"]" (commandline) 2>/dev/null
        end
        complete --command vault --arguments '(__vault_complete)'
        """;
}
