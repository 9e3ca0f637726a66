using System.CommandLine;

namespace Vault.Host;

/// <summary>vault policy VAULT [mirror|on-demand]: what this device keeps of a vault's content.</summary>
static class PolicyCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> vault = Words.Vault(terminal);
        Argument<string?> policy = new("policy") { Description = "mirror: all of it is kept here; on-demand: content comes when it is asked for; shown when left out", HelpName = "POLICY", Arity = ArgumentArity.ZeroOrOne };
        policy.AcceptOnlyFromAmong(Policies.Mirror, Policies.OnDemand);
        Option<bool> json = Words.Json();
        TaughtCommand command = new("policy", "choose what this device keeps of a vault: all, or what is asked for", "vault policy photos", "vault policy photos on-demand") { vault, policy, json };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            PolicyChosen chosen = await commands.PolicyAsync(new ChoosePolicy(line.GetRequiredValue(vault), line.GetValue(policy)), stop);
            if (line.GetValue(json)) Listing.Json(terminal, chosen, ApiJson.Default.PolicyChosen);
            else terminal.Output.WriteLine(chosen.Policy);
            return ExitCode.Done;
        });
        return command;
    }
}
