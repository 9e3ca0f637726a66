using System.CommandLine;

namespace Vault.Host;

/// <summary>vault verify [VAULT]: reads every block and compares it with its name, and every catalog with its rebuild.</summary>
static class VerifyCommand
{
    const int MostShown = 20;

    public static Command Create(Terminal terminal)
    {
        Argument<string?> vault = Words.VaultOrAll(terminal);
        Option<bool> json = Words.Json();
        TaughtCommand command = new("verify", "read every stored block and record, and say what is damaged or missing", "vault verify", "vault verify photos --json") { vault, json };
        command.SetAction(async (line, stop) =>
        {
            await using ICommands commands = Session.Open(line, terminal);
            using ProgressLine? progress = ProgressLine.For(terminal, "reading");
            StoreHealth health = await commands.VerifyAsync(line.GetValue(vault), progress, stop);
            progress?.Dispose();
            if (line.GetValue(json)) Listing.Json(terminal, health, HostJson.Lines.StoreHealth);
            else Tell(health, terminal);
            return health.IsWell ? ExitCode.Done : ExitCode.Failed;
        });
        return command;
    }

    public static void Tell(StoreHealth health, Terminal terminal)
    {
        TextWriter output = terminal.Output;
        output.WriteLine($"{Amounts.Count(health.Blocks, "block")}, {health.Bytes} bytes read; {health.Bad.Count} damaged, {health.Missing.Count} missing");
        foreach (string id in health.Bad.Take(MostShown)) output.WriteLine($"  damaged {id}");
        foreach (string id in health.Missing.Take(MostShown)) output.WriteLine($"  missing {id}");
        if (health.Bad.Count > MostShown || health.Missing.Count > MostShown) output.WriteLine("  … vault verify --json lists all");
        foreach (CatalogHealth vault in health.Vaults)
        {
            string found = vault.IsWell ? "as its rebuild" : "NOT as its rebuild";
            output.WriteLine($"{terminal.Name(vault.Name)}: {Amounts.Count(vault.Records, "record")}, root {found}");
            foreach (string problem in vault.Problems) output.WriteLine($"  {problem}");
        }
    }
}
