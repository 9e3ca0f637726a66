using System.CommandLine;
using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Host;

/// <summary>vault explain BLOCK: why a block is kept, or why it isn't.</summary>
static class ExplainCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> block = new("block") { Description = "A block's name: bafkrei…, or 64 hex digits", HelpName = "BLOCK" };
        Command command = new("explain", "say why a block is kept") { block };
        command.SetAction(line =>
        {
            string text = line.GetValue(block)!;
            if (!BlockId.TryParse(text, out BlockId id))
            {
                terminal.WriteError($"'{text}' isn't the name of a block", "a block is named by 59 characters that begin with bafkrei, or by 64 hex digits");
                return ExitCode.Usage;
            }
            using OpenedHere here = new(line, terminal);
            bool known = false;
            foreach (VaultTag vault in here.Store.Vaults().ToList())
            {
                Explanation explanation = Explanation.Of(here.Store, vault, id);
                if (explanation is { Info: null, Damage: null, Pins.Count: 0, Importing: false }) continue;
                known = true;
                Tell(explanation, vault, terminal.Output);
            }
            if (!known) throw new StoreException($"no vault on this machine has or needs the block {id}");
            return ExitCode.Done;
        });
        return command;
    }

    static void Tell(Explanation block, VaultTag vault, TextWriter output)
    {
        string what = block.Info is { } info ? $"{info.Length} bytes, {(info.Level == 0 ? "a leaf" : $"an inner block of level {info.Level}")}" : "not here";
        output.WriteLine($"{block.Id} in vault {vault}: {what}");
        if (block.Damage is { } damage) output.WriteLine($"  found damaged {damage.Noticed:u}: {damage.Damage}");
        foreach (Pin pin in block.Pins)
            output.WriteLine($"  {pin.Reason.ToString().ToLowerInvariant()} {pin.Root}{(pin.Until is { } until ? $" until {until:u}" : "")}");
        if (block.Pins.Count == Explanation.MostPins) output.WriteLine("  … and perhaps more");
        if (block.Importing) output.WriteLine("  an unfinished import counts on it");
        if (block.Condemned is { } since) output.WriteLine($"  nothing has needed it since {since:u}; it goes when the hold time has passed");
        else if (block is { Pins.Count: 0, Importing: false }) output.WriteLine("  nothing needs it; the next vault gc will note that");
    }
}
