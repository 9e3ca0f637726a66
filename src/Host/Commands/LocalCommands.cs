using Vault.Identity;
using Vault.Primitives;

namespace Vault.Host;

/// <summary>The commands on a data folder of this machine. A file for each kind: keys, vaults, files, history, upkeep.</summary>
/// <param name="home">Owned from here on.</param>
/// <param name="note">Told what the user should know and what is no failure: a database that had to be mended, a key file that others could read.</param>
/// <param name="daemon">The one these commands run in; null where none runs.</param>
sealed partial class LocalCommands(Home home, Action<string> note, Daemon? daemon = null) : ICommands
{
    /// <summary>For which something may be asked to hold: enough for anyone, and no sum with a date leaves the calendar.</summary>
    static readonly TimeSpan LongestPeriod = TimeSpan.FromDays(3650);

    public ValueTask DisposeAsync()
    {
        home.Dispose();
        return ValueTask.CompletedTask;
    }

    async Task EnterAsync(CancellationToken stop, bool make = false)
    {
        await home.EnterAsync(make, stop);
        Tell();
    }

    /// <summary>Passes on what was noticed since. After whatever may open something.</summary>
    void Tell()
    {
        foreach (string warning in home.TakeWarnings()) note(warning);
    }

    async Task<KeyRingEntry> FindAsync(string vault, CancellationToken stop)
    {
        await EnterAsync(stop);
        KeyRingEntry found = VaultNames.Find(home.Ring, vault);
        Tell();
        return found;
    }

    IReadOnlyList<string> NotExported() => [.. home.Ring.Entries.Where(entry => !entry.IsExported).Select(entry => entry.Name).Order(StringComparer.Ordinal)];
}
