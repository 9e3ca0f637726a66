namespace Vault.Catalog;

/// <summary>How it goes with a watched folder.</summary>
public enum WatchState
{
    /// <summary>Everything is being looked at for the first time.</summary>
    Starting,

    /// <summary>Folder and vault agree, as far as is known.</summary>
    InStep,

    /// <summary>Something is on its way.</summary>
    Working,

    /// <summary>Nothing is done: the folder isn't there, or isn't the one it was.</summary>
    Paused,

    /// <summary>The brake holds something.</summary>
    Held,
}

/// <summary>What the brake holds one way.</summary>
/// <param name="Changes">Deletions and replacements; at least so many if <paramref name="More"/>.</param>
/// <param name="Examples">Some of their paths in the vault.</param>
public sealed record HeldChanges(WatchDirection Direction, int Changes, bool More, IReadOnlyList<string> Examples);

/// <summary>How a watched folder stands.</summary>
/// <param name="Why">Why it is paused, or what went wrong last; null when all is well.</param>
/// <param name="Waiting">Paths that are still to be looked at, or whose content has still to come.</param>
/// <param name="Problems">Names that can't be kept in step, and why; the first of many.</param>
public sealed record FolderWatchStatus(WatchState State, string? Why, int Waiting, IReadOnlyList<HeldChanges> Held, IReadOnlyList<Skipped> Problems);

/// <summary>Something that whoever owns a watched folder should hear.</summary>
/// <param name="Kind">"watch-held", "watch-released", "watch-paused", "watch-resumed" or "watch-problem".</param>
public sealed record WatchNews(string Kind, string Text);
