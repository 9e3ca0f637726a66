namespace Vault.Host;

/// <summary>All that a command may touch of the process around it: where it reads and prints, who looks on, and the environment.</summary>
sealed record Terminal(TextWriter Output, TextWriter Error, Func<string, string?> Variable)
{
    /// <summary>A terminal this narrow still gets tables; what is narrower is taken for a mistake.</summary>
    const int LeastWidth = 20;
    const int UsualWidth = 80;

    public static Terminal OfProcess
    {
        get
        {
            StandardOutput content = new();
            return new Terminal(new OutputText(content, flushLines: !Console.IsOutputRedirected), TextWriter.Synchronized(new OutputText(new StandardOutput(StandardOutput.OfErrors), flushLines: true) { AutoFlush = true }), Environment.GetEnvironmentVariable)
            {
                Content = content,
                OpenInput = () => new TypedInput(Console.OpenStandardInput()),
                PeopleRead = !Console.IsOutputRedirected,
                PeopleWatch = !Console.IsErrorRedirected,
                PeopleType = !Console.IsInputRedirected,
                AskedWidth = StandardOutput.TerminalWidth,
                HideTyping = () => _ = Console.KeyAvailable,
                ReadKey = () => Console.ReadKey(intercept: true),
            };
        }
    }

    /// <summary>Where the content of files goes: the bytes beneath <see cref="Output"/>, which is flushed before.</summary>
    public Stream Content { get; init; } = Stream.Null;

    public Func<Stream> OpenInput { get; init; } = () => Stream.Null;

    /// <summary>Whether the output goes to a person's screen and not into a pipe or a file.</summary>
    public bool PeopleRead { get; init; }

    /// <summary>The same of errors and progress.</summary>
    public bool PeopleWatch { get; init; }

    /// <summary>Whether there is somebody at the keyboard who can be asked.</summary>
    public bool PeopleType { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public Func<int> AskedWidth { private get; init; } = () => UsualWidth;
    /// <summary>From here on nothing typed is shown: asked for before the prompt, or a fast typist would be seen.</summary>
    public Action HideTyping { get; init; } = () => { };

    public Func<ConsoleKeyInfo> ReadKey { get; init; } = () => throw new InvalidOperationException("Nobody types here.");

    public int Width => AskedWidth() is var width and >= LeastWidth ? width : UsualWidth;

    /// <summary>A terminal that only knows lines: no cursor that could be moved back.</summary>
    public bool IsDumb => Variable("TERM") is null or "" or "dumb";

    public bool HasColour => PeopleRead && !IsDumb && string.IsNullOrEmpty(Variable("NO_COLOR"));

    /// <summary>An error as every part of vault prints it: one line, and a hint where one helps.</summary>
    public void WriteError(string message, string? hint)
    {
        Output.Flush(); // what was printed before happened before
        Error.WriteLine($"vault: error: {OneLine(message)}");
        if (hint != null) Error.WriteLine($"hint: {OneLine(hint)}");
    }

    /// <summary>Something a person should know and that is no failure.</summary>
    public void WriteNote(string message)
    {
        Output.Flush();
        Error.WriteLine($"vault: {OneLine(message)}");
    }

    /// <summary>A name as it may be printed: exactly what it is for a program that reads it, harmless on a screen.</summary>
    public string Name(string name) => PeopleRead ? Harmless.Text(name) : name;

    static string OneLine(string text) => Harmless.Text(text.ReplaceLineEndings(" ").Trim());
}
