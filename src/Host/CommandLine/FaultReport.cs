using Vault.Primitives;

namespace Vault.Host;

/// <summary>What a person sees of a fault that reached the top, and the exit code that goes with it.</summary>
static class FaultReport
{
    public static int Write(Exception fault, Terminal terminal)
    {
        if (fault is ReaderGoneException) return ExitCode.Done;
        if (fault is OperationCanceledException)
        {
            terminal.WriteNote("interrupted; what is stored is whole, and the same command takes it up from here");
            return ExitCode.Interrupted;
        }

        bool full = terminal.Variable("VAULT_DEBUG") == "1";
        if (Expected(fault) is { } expected)
            terminal.WriteError(expected.Message, expected.Hint);
        else if (fault is IOException or UnauthorizedAccessException)
            terminal.WriteError(fault.Message, null);
        else
            terminal.WriteError($"{fault.GetType().Name}: {fault.Message}", full ? "this is a bug; the full report follows" : "this is a bug; with VAULT_DEBUG=1 set, the full report is printed here");
        if (full) terminal.Error.WriteLine(fault);
        return ExitCode.Failed;
    }

    // A missing library is noticed in a static constructor, and arrives wrapped.
    static VaultException? Expected(Exception? fault)
    {
        for (; fault != null; fault = fault.InnerException)
            if (fault is VaultException expected) return expected;
        return null;
    }
}
