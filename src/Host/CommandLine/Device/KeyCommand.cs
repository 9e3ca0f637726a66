using System.CommandLine;
using Vault.Primitives;

namespace Vault.Host;

/// <summary>vault key …: the recovery file, and the passphrase under which this device keeps its keys.</summary>
static class KeyCommand
{
    public static Command Create(Terminal terminal)
    {
        TaughtCommand command = new("key", "save, restore and seal the keys of this device and its vaults", "vault key export ~/vault-recovery.txt", "vault key import ~/vault-recovery.txt --data /mnt/new", "vault key seal");
        command.Subcommands.Add(Export(terminal));
        command.Subcommands.Add(Import(terminal));
        command.Subcommands.Add(Seal(terminal));
        command.Subcommands.Add(Unseal(terminal));
        return command;
    }

    static TaughtCommand Export(Terminal terminal)
    {
        Argument<string> file = new("file") { Description = "A file that doesn't exist yet", HelpName = "FILE" };
        Option<string?> from = Words.PassphraseFile();
        TaughtCommand command = new("export", "write all keys into a recovery file, sealed under a passphrase", "vault key export ~/vault-recovery.txt", "vault key export recovery.txt --passphrase-file secret.txt") { file, from };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            using SecretBytes passphrase = await new Passphrases(terminal, line.GetValue(from)).AskAsync(new PassphraseQuestion("new passphrase for the recovery file: ", Twice: true), stop);
            KeysExported exported = await commands.ExportKeysAsync(MachinePath.From(line.GetRequiredValue(file)), passphrase, stop);
            terminal.Output.WriteLine($"the keys of this device and of {Amounts.Count(exported.Vaults, "vault")} are in {terminal.Name(exported.File)}; keep it and its passphrase apart from this device");
            return ExitCode.Done;
        });
        return command;
    }

    static TaughtCommand Import(Terminal terminal)
    {
        Argument<string> file = new("file") { Description = "A recovery file that vault key export has written", HelpName = "FILE" };
        Option<string?> from = Words.PassphraseFile();
        TaughtCommand command = new("import", "become the device of a recovery file again, with all its vaults", "vault key import ~/vault-recovery.txt", "vault key import recovery.txt --data /mnt/backup") { file, from };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            using SecretBytes passphrase = await new Passphrases(terminal, line.GetValue(from)).AskAsync(new PassphraseQuestion("passphrase of the recovery file: ", Twice: false), stop);
            KeysImported imported = await commands.ImportKeysAsync(MachinePath.From(line.GetRequiredValue(file)), passphrase, stop);
            terminal.Output.WriteLine($"this device is {imported.Peer}, with {Amounts.Count(imported.Vaults.Count, "vault")}");
            return ExitCode.Done;
        });
        return command;
    }

    static TaughtCommand Seal(Terminal terminal)
    {
        Option<string?> from = Words.PassphraseFile();
        TaughtCommand command = new("seal", "keep the keys of this device under a passphrase, which every command then asks for", "vault key seal", "vault key seal --passphrase-file new.txt") { from };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            using SecretBytes passphrase = await new Passphrases(terminal, line.GetValue(from)).AskAsync(new PassphraseQuestion("new passphrase for the keys: ", Twice: true), stop);
            await commands.SealKeysAsync(passphrase, stop);
            terminal.Output.WriteLine("the keys are sealed; commands ask for the passphrase, or take it from VAULT_PASSPHRASE");
            return ExitCode.Done;
        });
        return command;
    }

    static TaughtCommand Unseal(Terminal terminal)
    {
        TaughtCommand command = new("unseal", "keep the keys of this device without a passphrase again", "vault key unseal");
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            await commands.SealKeysAsync(null, stop);
            terminal.Output.WriteLine("the keys lie in the data folder without a passphrase, readable by this user only");
            return ExitCode.Done;
        });
        return command;
    }
}
