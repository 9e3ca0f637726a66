using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Vault.Host;

/// <summary>The three forms a result is printed in: JSON for scripts, a table for people, lines with tabs for pipes.</summary>
static class Listing
{
    public static void Json<T>(Terminal terminal, T value, JsonTypeInfo<T> type) => terminal.Output.WriteLine(JsonSerializer.Serialize(value, type));

    public static async Task JsonAsync<T>(Terminal terminal, IAsyncEnumerable<T> values, JsonTypeInfo<T> type)
    {
        await foreach (T value in values) Json(terminal, value, type);
    }

    /// <summary>Few enough rows to be laid out together; a long listing prints line by line instead.</summary>
    public static void Table(Terminal terminal, IReadOnlyList<string> headings, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        if (terminal.PeopleRead && rows.Count > 0) PeopleTable.Write(terminal, headings, rows);
        else
            foreach (IReadOnlyList<string> row in rows) terminal.Output.WriteLine(string.Join('\t', row));
    }

    /// <summary>What went wrong with single files, on standard error; the first of many.</summary>
    public static void Problems(Terminal terminal, string what, IReadOnlyList<PathProblem> problems, long all)
    {
        const int mostShown = 20;
        foreach (PathProblem problem in problems.Take(mostShown)) terminal.WriteNote($"{what} {problem.Path}: {problem.Why}");
        if (all > mostShown) terminal.WriteNote($"{what} {all - Math.Min(mostShown, problems.Count)} more");
    }
}
