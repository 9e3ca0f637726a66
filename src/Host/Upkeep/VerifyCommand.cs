using System.CommandLine;
using System.Text.Json;
using Vault.Blocks;
using Vault.Identity;

namespace Vault.Host;

/// <summary>vault verify: reads every block and compares it with its name, and looks for blocks that should be here.</summary>
static class VerifyCommand
{
    public static Command Create(Terminal terminal)
    {
        Option<bool> json = new("--json") { Description = "Print one JSON object" };
        Command command = new("verify", "read every stored block, and say which are damaged or missing") { json };
        command.SetAction(async (line, stop) =>
        {
            using OpenedHere here = new(line, terminal);
            StoreHealth health = await StoreHealth.CheckAsync(here.Store, stop);
            if (line.GetValue(json)) terminal.Output.WriteLine(JsonSerializer.Serialize(health, HostJson.Default.StoreHealth));
            else health.Tell(terminal.Output);
            return health.IsWell ? ExitCode.Done : ExitCode.Failed;
        });
        return command;
    }
}

/// <summary>What a look at every block of every vault found.</summary>
sealed record StoreHealth(long Blocks, long Bytes, IReadOnlyList<string> Bad, IReadOnlyList<string> Missing)
{
    const int MostShown = 20;

    [System.Text.Json.Serialization.JsonIgnore] public bool IsWell => Bad.Count == 0 && Missing.Count == 0;

    public static async Task<StoreHealth> CheckAsync(BlockStore store, CancellationToken stop)
    {
        long blocks = 0, bytes = 0;
        SortedSet<string> bad = new(StringComparer.Ordinal), missing = new(StringComparer.Ordinal);
        foreach (VaultTag vault in store.Vaults().ToList())
        {
            ScrubReport scrub = await new Scrub(store).RunAsync(vault, stop: stop);
            blocks += scrub.Blocks;
            bytes += scrub.Bytes;
            bad.UnionWith(store.Damaged(vault).Select(damaged => damaged.Id.ToString()));
            missing.UnionWith(store.Missing(vault).Select(id => id.ToString()));
        }
        missing.ExceptWith(bad);
        return new StoreHealth(blocks, bytes, [.. bad], [.. missing]);
    }

    public void Tell(TextWriter output)
    {
        output.WriteLine($"{Blocks} blocks, {Bytes} bytes read; {Bad.Count} damaged, {Missing.Count} missing");
        foreach (string id in Bad.Take(MostShown)) output.WriteLine($"  damaged {id}");
        foreach (string id in Missing.Take(MostShown)) output.WriteLine($"  missing {id}");
        if (Bad.Count > MostShown || Missing.Count > MostShown) output.WriteLine($"  … vault verify --json lists all");
    }
}
