using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Vault.Host;

/// <summary>
/// What happens, a line each on the console, for whoever asked for it: <c>2026-11-27T03:13:36.120Z member vault=photos peer=12D3… text="new
/// device joined: anna"</c>. A pipe that nobody reads stops the log and nothing else: events are then left out, and that is said.
/// </summary>
sealed class DaemonLog : IAsyncDisposable
{
    readonly DaemonEvents.Listener listener;
    readonly CancellationTokenSource ending = new();
    readonly Task writing;

    DaemonLog(DaemonEvents.Listener listener, Terminal terminal)
    {
        this.listener = listener;
        writing = WriteAsync(terminal);
    }

    /// <summary>Null when too many listen already.</summary>
    public static DaemonLog? Begin(DaemonEvents events, Terminal terminal) => events.Listen() is { } listener ? new DaemonLog(listener, terminal) : null;

    async Task WriteAsync(Terminal terminal)
    {
        await Task.Yield();
        try
        {
            await foreach (DaemonEvent happened in listener.Waiting.ReadAllAsync(ending.Token)) await terminal.Error.WriteLineAsync(Line(happened));
        }
        catch (Exception end) when (end is OperationCanceledException or IOException)
        {
            // The daemon stops, or nobody reads any more.
        }
    }

    internal static string Line(DaemonEvent happened)
    {
        StringBuilder line = new(happened.Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        line.Append(' ').Append(happened.Kind);
        Add("vault", happened.Name);
        Add("root", happened.Root);
        Add("peer", happened.Peer);
        Add("text", happened.Text);
        return line.ToString();

        // What others say is nothing that a terminal or a program that reads lines could take for more than a word.
        void Add(string name, string? value)
        {
            if (value is null) return;
            string harmless = Harmless.Text(value.ReplaceLineEndings(" "));
            bool plain = harmless.Length > 0 && harmless.All(c => c is not (' ' or '"' or '=' or '\\'));
            line.Append(' ').Append(name).Append('=').Append(plain ? harmless : $"\"{JsonEncodedText.Encode(harmless, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await writing;
        listener.Dispose();
        ending.Dispose();
    }
}
