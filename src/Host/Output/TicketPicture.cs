using System.Collections;
using QRCoder;

namespace Vault.Host;

/// <summary>A ticket as a QR code in half-block characters: each is two modules, one above the other, light ones drawn.</summary>
static class TicketPicture
{
    /// <summary>Lines of one width, with the light margin that readers need. Capitals, of which a code holds half as many again; a ticket is the same in them.</summary>
    public static IReadOnlyList<string> Lines(string ticket)
    {
        using QRCodeGenerator generator = new();
        using QRCodeData code = generator.CreateQrCode(ticket.ToUpperInvariant(), QRCodeGenerator.ECCLevel.L);
        List<BitArray> modules = code.ModuleMatrix;
        return [.. modules.Chunk(2).Select(pair => string.Concat(Enumerable.Range(0, modules.Count).Select(x => Character(!pair[0][x], pair.Length > 1 && !pair[1][x]))))];
    }

    static char Character(bool upper, bool lower) => (upper, lower) switch
    {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        _ => ' ',
    };

    /// <summary>On a screen that is too narrow it says so: a code that wraps can't be read by anything.</summary>
    public static void Write(Terminal terminal, string ticket)
    {
        IReadOnlyList<string> lines = Lines(ticket);
        if (terminal.PeopleRead && terminal.Width < lines[0].Length)
        {
            terminal.WriteNote($"the QR code needs {lines[0].Length} columns and the terminal has {terminal.Width}: make it wider, or its letters smaller");
            return;
        }
        // White on black whatever the terminal's own colours are: readers want the modules dark and the ground light.
        foreach (string line in lines) terminal.Output.WriteLine(terminal.HasColour ? $"\e[97;40m{line}\e[0m" : line);
    }
}
