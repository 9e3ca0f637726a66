using System.Text;
using Vault.Primitives;

namespace Vault.Host;

/// <summary>
/// Where passphrases come from: a file that was named, the variable VAULT_PASSPHRASE, or the person at the keyboard, whose
/// typing isn't shown.
/// </summary>
sealed class Passphrases(Terminal terminal, string? file)
{
    public const string Variable = "VAULT_PASSPHRASE";

    /// <summary>Nobody types more; bounds what is read from a file named by mistake.</summary>
    const int MaxLength = 4096;

    const string Ways = "set VAULT_PASSPHRASE, name a file with --passphrase-file, or run it in a terminal";

    public async Task<SecretBytes> AskAsync(PassphraseQuestion question, CancellationToken stop)
    {
        if (file != null) return Sealed(ReadFile(file));
        if (terminal.Variable(Variable) is { Length: > 0 } known) return Sealed(Encoding.UTF8.GetBytes(known));
        if (!terminal.PeopleType) throw new ConfigException("a passphrase is needed", Ways);
        byte[] typed = await TypedAsync(question.Prompt, stop);
        if (question.Twice && await TypedAsync("the same again: ", stop) is var again && !typed.AsSpan().SequenceEqual(again))
            throw new ConfigException("the two passphrases are not the same", "nothing was changed; try again");
        return Sealed(typed);
    }

    static SecretBytes Sealed(byte[] bytes)
    {
        if (bytes.Length == 0) throw new ConfigException("the passphrase is empty", Ways);
        SecretBytes secret = SecretBytes.Copy(bytes);
        Array.Clear(bytes);
        return secret;
    }

    // A line end after it isn't part of it: every editor adds one.
    static byte[] ReadFile(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            byte[] bytes = new byte[MaxLength + 1];
            int length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (length > MaxLength) throw new ConfigException($"{path} is no passphrase file: it has more than {MaxLength} bytes");
            return bytes.AsSpan(0, length).TrimEnd("\r\n"u8).ToArray();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new ConfigException($"the passphrase file {path} can't be read: {fault.Message}", inner: fault);
        }
    }

    // The wait for a key can't be broken off; whoever interrupts ends the program, and the wait with it.
    async Task<byte[]> TypedAsync(string prompt, CancellationToken stop)
    {
        terminal.Output.Flush();
        terminal.HideTyping();
        await terminal.Error.WriteAsync(prompt);
        await terminal.Error.FlushAsync(stop);
        try
        {
            return await Task.Run(ReadLine, stop).WaitAsync(stop);
        }
        finally
        {
            await terminal.Error.WriteLineAsync();
        }
    }

    byte[] ReadLine()
    {
        StringBuilder typed = new();
        while (true)
        {
            ConsoleKeyInfo key = terminal.ReadKey();
            if (key.Key == ConsoleKey.Enter || key.KeyChar is '\n' or '\r') return Encoding.UTF8.GetBytes(typed.ToString());
            if (key.Key == ConsoleKey.Backspace) typed.Length = Math.Max(0, typed.Length - 1);
            else if (!char.IsControl(key.KeyChar) && typed.Length < MaxLength) typed.Append(key.KeyChar);
        }
    }
}
