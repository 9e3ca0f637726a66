using System.Collections;
using Xunit;

namespace Vault.Host.Tests;

/// <summary>The QR code of a ticket, read back from the characters it is drawn with.</summary>
public sealed class TicketPictureTests
{
    const string Ticket = "vault1abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrstuvwxyz234567";

    /// <summary>Dark modules, as a camera sees white on black.</summary>
    static BitArray[] Seen(IReadOnlyList<string> lines) => [.. lines.SelectMany(line => (BitArray[])
        [new([.. line.Select(c => c is not ('█' or '▀'))]), new([.. line.Select(c => c is not ('█' or '▄'))])])];

    [Fact]
    public void Every_module_is_where_the_code_has_it_with_a_light_margin_around()
    {
        IReadOnlyList<string> lines = TicketPicture.Lines(Ticket);
        int size = lines[0].Length;
        Assert.All(lines, line => Assert.Equal(size, line.Length));
        Assert.Equal((size + 1) / 2, lines.Count);
        BitArray[] seen = Seen(lines);
        const int margin = 4;
        for (int y = 0; y < size; y++)
            for (int x = 0; x < size; x++)
                if (Math.Min(Math.Min(x, y), Math.Min(size - 1 - x, size - 1 - y)) < margin) Assert.False(seen[y][x]);
        // The three marks by which a reader finds it: a dark ring, a light one, a dark square.
        foreach ((int left, int top) in ((int, int)[])[(margin, margin), (size - margin - 7, margin), (margin, size - margin - 7)])
            for (int y = 0; y < 7; y++)
                for (int x = 0; x < 7; x++)
                    Assert.Equal(Math.Max(Math.Abs(x - 3), Math.Abs(y - 3)) != 2, seen[top + y][left + x]);
        // Dark and light alternate between the marks.
        for (int x = margin + 8; x < size - margin - 8; x++) Assert.Equal((x - margin) % 2 == 0, seen[margin + 6][x]);
        Assert.NotEqual(lines, TicketPicture.Lines(Ticket + "a"));
    }

    [Theory]
    [InlineData(40, false)]
    [InlineData(200, true)]
    public void A_terminal_that_is_too_narrow_says_so(int width, bool drawn)
    {
        StringWriter output = new(), error = new();
        Terminal terminal = new(output, error, _ => null) { PeopleRead = true, AskedWidth = () => width };
        TicketPicture.Write(terminal, new string('a', 700));
        Assert.Equal(drawn, output.ToString().Contains('█', StringComparison.Ordinal));
        Assert.Equal(!drawn, error.ToString().Contains("the terminal has 40", StringComparison.Ordinal));
    }
}
