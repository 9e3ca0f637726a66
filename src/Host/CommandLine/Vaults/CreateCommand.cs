using System.CommandLine;
using Vault.Identity;

namespace Vault.Host;

/// <summary>vault create NAME: a new vault with keys of its own.</summary>
static class CreateCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> name = new("name") { Description = "What this device calls the vault", HelpName = "NAME" };
        Option<int?> copies = Number("--copies", "On how many machines each block should lie");
        Option<int?> least = Number("--min-copies", "Below how many copies it becomes urgent");
        Option<bool> json = Words.Json();
        TaughtCommand command = new("create", "make a new vault", "vault create photos", "vault create photos --copies 3 --min-copies 2") { name, copies, least, json };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            VaultCreated made = await commands.CreateAsync(new CreateVault(line.GetRequiredValue(name), line.GetValue(copies), line.GetValue(least)), stop);
            if (line.GetValue(json)) Listing.Json(terminal, made, HostJson.Lines.VaultCreated);
            else terminal.Output.WriteLine($"created {terminal.Name(made.Name)}, vault {made.Vault}");
            if (made.NotExported.Count > 0) terminal.WriteNote(Reminder(made.NotExported));
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>The one thing that nobody else can bring back.</summary>
    static string Reminder(IReadOnlyList<string> names)
    {
        string whose = names.Count == 1 ? names[0] : $"{names[0]} and {Amounts.Count(names.Count - 1, "other vault")}";
        return $"the keys of {whose} are on this device only; vault key export FILE keeps them from being lost with it";
    }

    static Option<int?> Number(string name, string description)
    {
        const int most = ControlLimits.MaxCopies;
        Option<int?> option = new(name) { Description = description, HelpName = "N" };
        option.CustomParser = result =>
        {
            if (int.TryParse(result.Tokens[0].Value, System.Globalization.CultureInfo.InvariantCulture, out int number) && number is >= 1 and <= most) return number;
            result.AddError($"{name} takes 1 to {most}");
            return null;
        };
        return option;
    }
}
