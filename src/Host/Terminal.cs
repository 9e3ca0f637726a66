namespace Vault.Host;

/// <summary>All that a command may touch of the process around it: where it prints, and the environment.</summary>
sealed record Terminal(TextWriter Output, TextWriter Error, Func<string, string?> Variable)
{
    public static Terminal OfProcess => new(Console.Out, Console.Error, Environment.GetEnvironmentVariable);

    /// <summary>An error as every part of vault prints it: one line, and a hint where one helps.</summary>
    public void WriteError(string message, string? hint)
    {
        Error.WriteLine($"vault: error: {OneLine(message)}");
        if (hint != null) Error.WriteLine($"hint: {OneLine(hint)}");
    }

    static string OneLine(string text) => text.ReplaceLineEndings(" ").Trim();
}
