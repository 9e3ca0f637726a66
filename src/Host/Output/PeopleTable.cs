using Spectre.Console;

namespace Vault.Host;

/// <summary>Rows in columns on a terminal, wrapped to its width. Only this file loads the library that draws them.</summary>
static class PeopleTable
{
    public static void Write(Terminal terminal, IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string>> rows)
    {
        Table table = new Table().Border(TableBorder.None).Collapse();
        foreach (string heading in headings) table.AddColumn(new TableColumn(new Text(heading, new Style(decoration: Decoration.Bold))) { Padding = new Padding(0, 0, 2, 0) });
        foreach (IReadOnlyList<string> row in rows) table.AddRow(row.Select(cell => new Text(Harmless.Text(cell), StyleOf(cell))));
        ConsoleFor(terminal).Write(table);
        terminal.Output.Flush();
    }

    /// <summary>The three states a vault can be in, and nothing else, have a colour.</summary>
    static Style StyleOf(string cell) => cell switch
    {
        "red" => new Style(Color.Red, decoration: Decoration.Bold),
        "amber" => new Style(Color.Yellow),
        "good" => new Style(Color.Green),
        _ => Style.Plain,
    };

    static IAnsiConsole ConsoleFor(Terminal terminal)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = terminal.HasColour ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = terminal.HasColour ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new Screen(terminal),
        });
        console.Profile.Width = terminal.Width;
        return console;
    }

    /// <summary>The library's own one asks the console for its size, which sends the terminal a sequence.</summary>
    sealed class Screen(Terminal terminal) : IAnsiConsoleOutput
    {
        const int Tall = 24; // nothing here is laid out by height

        public TextWriter Writer => terminal.Output;
        public bool IsTerminal => true;
        public int Width => terminal.Width;
        public int Height => Tall;
        public void SetEncoding(System.Text.Encoding encoding) { }
    }
}
