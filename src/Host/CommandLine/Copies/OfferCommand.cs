using System.CommandLine;
using System.Globalization;

namespace Vault.Host;

/// <summary>vault offer VAULT: what this device does for a vault, told to its other devices.</summary>
static class OfferCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> vault = Words.Vault(terminal);
        (Option<long?> capacity, Option<string?> kind, Option<string?> site) = (Capacity(), Class(), Site());
        Option<bool> json = Words.Json();
        TaughtCommand command = new("offer", "say what this device does for a vault: the space it offers, what it is, and where it stands", "vault offer photos --capacity 500GB --class server", "vault offer photos --site 'my flat'", "vault offer photos --capacity 0") { vault, capacity, kind, site, json };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            SpaceOffered offered = await commands.OfferAsync(new OfferSpace(line.GetRequiredValue(vault), line.GetValue(capacity), line.GetValue(kind), line.GetValue(site)), stop);
            if (line.GetValue(json)) Listing.Json(terminal, offered, ApiJson.Default.SpaceOffered);
            else Listing.Table(terminal, ["", ""],
            [
                ["holds", offered.Capacity == 0 ? "everything" : $"a share, up to {Amounts.Size(offered.Capacity)}"],
                ["class", offered.Class],
                ["site", offered.Site ?? "none given"],
            ]);
            return ExitCode.Done;
        });
        return command;
    }

    public static Option<long?> Capacity() => Size("--capacity", "Hold a share of the vault's blocks, up to SIZE, as copies are missing; 0: hold everything");

    public static Option<string?> Class() => new("--class") { Description = "server, desktop or mobile: how long it may be away before it counts as lost (15 minutes, else 3 days)", HelpName = "CLASS" };

    public static Option<string?> Site() => new("--site") { Description = "Where it stands: copies at one site count once. Others see which devices share a site, and not its name", HelpName = "NAME" };

    public static Option<long?> Size(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "SIZE",
        CustomParser = result =>
        {
            if (SizeText.TryParse(result.Tokens[0].Value, out long bytes)) return bytes;
            result.AddError(string.Create(CultureInfo.InvariantCulture, $"'{result.Tokens[0].Value}' is not a size: write 500GB, 1.5TiB or a number of bytes"));
            return null;
        },
    };
}
