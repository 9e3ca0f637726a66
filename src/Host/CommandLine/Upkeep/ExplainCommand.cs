using System.CommandLine;
using Vault.Blocks;
using Vault.Primitives;

namespace Vault.Host;

/// <summary>vault explain BLOCK: why a block is kept, or why it isn't.</summary>
static class ExplainCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> block = new("block") { Description = "A block's name: bafkrei…, or 64 hex digits", HelpName = "BLOCK" };
        Option<bool> json = Words.Json("Print one JSON object a line, one for each vault that knows the block");
        TaughtCommand command = new("explain", "say why a block is kept", "vault explain bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy") { block, json };
        command.SetAction(async (line, stop) =>
        {
            string text = line.GetRequiredValue(block);
            if (!BlockId.TryParse(text, out _))
            {
                terminal.WriteError($"'{text}' isn't the name of a block", "a block is named by 59 characters that begin with bafkrei, or by 64 hex digits");
                return ExitCode.Usage;
            }
            await using ICommands commands = Session.Open(line, terminal);
            IReadOnlyList<BlockExplained> explained = await commands.ExplainAsync(text, stop);
            if (explained.Count == 0) throw new StoreException($"no vault on this machine has or needs the block {text}");
            foreach (BlockExplained one in explained)
            {
                if (line.GetValue(json)) Listing.Json(terminal, one, HostJson.Lines.BlockExplained);
                else Tell(one, terminal);
            }
            return ExitCode.Done;
        });
        return command;
    }

    static void Tell(BlockExplained block, Terminal terminal)
    {
        TextWriter output = terminal.Output;
        string what = block.Bytes is { } bytes ? $"{bytes} bytes, {(block.Level == 0 ? "a leaf" : $"an inner block of level {block.Level}")}" : "not here";
        output.WriteLine($"{block.Block} in vault {terminal.Name(block.Name ?? block.Vault)}: {what}");
        if (block.Damage is { } damage) output.WriteLine($"  found damaged {damage.Noticed:u}: {damage.What}");
        foreach (BlockReason reason in block.Reasons) output.WriteLine($"  {reason.Reason} {(reason.Path is { } path ? terminal.Name(path) : reason.Root)}{(reason.Until is { } until ? $" until {until:u}" : "")}");
        if (block.MorePins) output.WriteLine("  … and perhaps more");
        if (block.Importing) output.WriteLine("  an unfinished import counts on it");
        if (block.Condemned is { } since) output.WriteLine($"  nothing has needed it since {since:u}; it goes when the hold time has passed");
        else if (block is { Reasons.Count: 0, Importing: false }) output.WriteLine("  nothing needs it; the next vault gc will note that");
    }
}
