namespace Vault.Host;

/// <param name="Folder">On the machine that has the store; made if it isn't there.</param>
/// <param name="Brake">Hold back more deletions and replacements than so many within ten minutes; 0 for never. Null for the usual.</param>
sealed record WatchFolder(string Vault, MachinePath Folder, int? Brake = null);

/// <summary>A folder that is kept in step with a vault.</summary>
/// <param name="State">"starting", "in-step", "working", "held" (the brake waits for approval), "paused" (nothing is done, for the reason given), "stopped" (no daemon runs) or "ended".</param>
/// <param name="Why">What keeps it from working.</param>
/// <param name="Waiting">Paths that are still to be looked at, or whose content has still to come.</param>
/// <param name="Problems">Names that can't be kept in step, the first of many.</param>
sealed record WatchListed(string Vault, string Name, string Folder, string State, string? Why, int Waiting, IReadOnlyList<WatchHeld> Held, IReadOnlyList<PathProblem> Problems);

/// <param name="Direction">"into-vault": the folder's changes are held. "into-folder": the vault's are.</param>
/// <param name="Changes">Deletions and replacements, at least so many if there are more.</param>
/// <param name="Examples">Some of their paths.</param>
/// <param name="Text">The same in words, with what to do.</param>
sealed record WatchHeld(string Direction, int Changes, bool More, IReadOnlyList<string> Examples, string Text);
