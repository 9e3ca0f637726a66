using System.CommandLine;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Host;

/// <summary>The arguments and options that several commands share.</summary>
static class Words
{
    const string VaultDescription = "A vault's name, its id, or the beginning of either";

    public static Argument<string> Vault(Terminal terminal) => Completed(new Argument<string>("vault") { Description = VaultDescription, HelpName = "VAULT" }, terminal);

    public static Argument<string?> VaultOrAll(Terminal terminal) => OptionalVault(VaultDescription + "; all vaults when left out", terminal);

    public static Argument<string?> VaultOrNone(Terminal terminal) => OptionalVault(VaultDescription, terminal);

    static Argument<string?> OptionalVault(string description, Terminal terminal) =>
        Completed(new Argument<string?>("vault") { Description = description, HelpName = "VAULT", Arity = ArgumentArity.ZeroOrOne }, terminal);

    static Argument<T> Completed<T>(Argument<T> vault, Terminal terminal)
    {
        vault.CompletionSources.Add(context => NamesHere(CommandLine.FolderOf(context.ParseResult, terminal)));
        return vault;
    }

    public static Argument<string> Path(string description = "A file or folder in the vault") => new("path") { Description = description, HelpName = "PATH" };

    public static Option<bool> Json(string description = "Print one JSON object") => new("--json") { Description = description };

    public static Option<string?> PassphraseFile() => new("--passphrase-file") { Description = "Read the passphrase from FILE (else VAULT_PASSPHRASE, else it is asked for)", HelpName = "FILE" };

    /// <summary>An option that takes a number within bounds. The parser's own conversion throws where a validator asks for the value.</summary>
    public static Option<int> Number(string name, string? alias, string description, int least, int most, int usual)
    {
        Option<int> option = new(name, alias is null ? [] : [alias]) { Description = description, HelpName = "N", DefaultValueFactory = _ => usual };
        string range = most == int.MaxValue ? $"{least} or more" : $"{least} to {most}";
        option.CustomParser = result =>
        {
            if (int.TryParse(result.Tokens[0].Value, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out int number) && number >= least && number <= most) return number;
            result.AddError($"{name} takes {range}");
            return usual;
        };
        return option;
    }

    public static Option<DateTimeOffset?> At(Terminal terminal, string name = "--at", string description = "As it was at TIME: 2026-05-01, '2026-05-01 14:30', or 3d, 12h, 30m ago")
    {
        Option<DateTimeOffset?> at = new(name)
        {
            Description = description,
            HelpName = "TIME",
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                if (TimeText.TryParse(text, terminal.Time, out DateTimeOffset time)) return time;
                result.AddError($"'{text}' is not a time: write 2026-05-01, '2026-05-01 14:30', or 3d, 12h, 30m for so long ago");
                return null;
            },
        };
        return at;
    }

    // While someone types nothing may be asked, locked or made: no names come where the keys are sealed.
    static IEnumerable<string> NamesHere(string folder)
    {
        try
        {
            string keys = System.IO.Path.Combine(folder, Home.KeysFolder);
            if (KeyFolder.IsSealed(keys)) return [];
            using KeyRing ring = KeyRing.Load(new KeyFolder(keys, RandomSource.System));
            return [.. ring.Entries.Select(entry => entry.Name)];
        }
        catch (VaultException)
        {
            return [];
        }
    }
}
