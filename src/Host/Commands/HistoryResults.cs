namespace Vault.Host;

/// <param name="Path">A file or a folder; null for the whole vault.</param>
/// <param name="Most">So many of the latest.</param>
sealed record ShowLog(string Vault, string? Path = null, int Most = 100);

/// <param name="Kind">"file", "dir", "symlink" or "removed".</param>
/// <param name="By">The device that wrote it: the beginning of its id.</param>
/// <param name="Current">Whether it is what the vault holds now.</param>
sealed record VersionListed(string Path, DateTimeOffset Time, string Kind, long Size, string By, string? Block, bool Current);

/// <param name="Versions">The best first: the one that bears the plain name meanwhile.</param>
/// <param name="Returned">It had been deleted, and a device that was away for very long, or put back to an earlier state, brought it again.</param>
sealed record ConflictListed(string Path, IReadOnlyList<ConflictVersion> Versions, bool Returned);

/// <param name="Keep">What resolve --keep takes to mean this one.</param>
sealed record ConflictVersion(string Keep, string Name, DateTimeOffset Time, string Kind, long Size, string By, string? Block);

/// <param name="Keep">"winner", or a version's mark as the list of conflicts shows it, or "both": each under a name of its own.</param>
sealed record ResolveConflict(string Vault, string Path, string Keep);

sealed record ConflictResolved(string Path, string Kept, string Root);

/// <param name="Absent">Prove that there is nothing.</param>
sealed record ProveEntry(string Vault, string Path, bool Absent = false);

/// <param name="Proof">The bytes of a proof file.</param>
sealed record EntryProof(string Vault, string Path, bool Present, string Root, byte[] Proof);
