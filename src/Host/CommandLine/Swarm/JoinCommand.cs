using System.CommandLine;

namespace Vault.Host;

/// <summary>vault join TICKET: this machine becomes one of a vault's.</summary>
static class JoinCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> ticket = new("ticket") { Description = "The string that vault invite printed on the other machine", HelpName = "TICKET" };
        Option<string?> name = new("--name") { Description = "What this device calls the vault; else as the others do", HelpName = "NAME" };
        (Option<long?> capacity, Option<string?> kind, Option<string?> site) = (OfferCommand.Capacity(), OfferCommand.Class(), OfferCommand.Site());
        Option<bool> onDemand = new("--on-demand") { Description = "Bring a file's content here when it is asked for, not all of it at once (vault policy changes it)" };
        Option<bool> json = Words.Json();
        TaughtCommand command = new("join", "take part in a vault with a ticket from one of its machines", "vault join vault1…", "vault join vault1… --on-demand", "vault join vault1… --capacity 500GB --class server --site attic") { ticket, name, onDemand, capacity, kind, site, json };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            VaultJoined joined = await commands.JoinAsync(new JoinVault(line.GetRequiredValue(ticket), line.GetValue(name), line.GetValue(capacity), line.GetValue(kind), line.GetValue(site), line.GetValue(onDemand)), stop);
            if (line.GetValue(json)) Listing.Json(terminal, joined, ApiJson.Default.VaultJoined);
            else terminal.Output.WriteLine($"joined {terminal.Name(joined.Name)}, vault {joined.Vault}; {(line.GetValue(onDemand) ? "vault ls shows its files, vault get and cat bring them here" : "vault status shows its files arrive")}");
            return ExitCode.Done;
        });
        return command;
    }
}
