using Vault.Catalog;

namespace Vault.Host;

/// <param name="Sources">Files and folders on the machine that has the store.</param>
/// <param name="As">Where they go in the vault; null puts each under its own last name.</param>
sealed record AddFiles(string Vault, IReadOnlyList<MachinePath> Sources, string? As = null)
{
    public IReadOnlyList<string> Tags { get; init; } = [];
}

/// <summary>One file whose content comes along as a stream.</summary>
sealed record PutFile(string Vault, string Path)
{
    public IReadOnlyList<string> Tags { get; init; } = [];
}

/// <param name="Bytes">What the added files have together.</param>
/// <param name="Blocks">How many blocks they are, and how many of them the store didn't have.</param>
/// <param name="NewBytes">What was added to the store.</param>
/// <param name="Problems">What was skipped and why, the first of many.</param>
sealed record FilesAdded(long Files, long Skipped, long Bytes, long Blocks, long NewBlocks, long NewBytes, string Root, long Unchanged, IReadOnlyList<PathProblem> Problems);

/// <param name="Path">On the machine that has the store when adding, in the vault when getting; fit for a terminal.</param>
/// <param name="Reason">A word for scripts: the name of a SkipReason, in lower case.</param>
sealed record PathProblem(string Path, string Reason, string Why)
{
    public bool Is(SkipReason reason) => Reason == Word(reason);

    public static PathProblem Of(Skipped skipped) => new(skipped.Path, Word(skipped.Reason), skipped.Detail);

    static string Word(SkipReason reason) => reason.ToString().ToLowerInvariant();
}

/// <param name="Path">Null for the whole vault.</param>
/// <param name="Out">A file, or a folder for the contents of one.</param>
/// <param name="At">As it was then; null for now.</param>
/// <param name="Force">Overwrite what was changed outside.</param>
sealed record GetFiles(string Vault, MachinePath Out, string? Path = null, DateTimeOffset? At = null, bool Force = false);

/// <param name="Files">Files that are there now as in the vault, and the bytes in them.</param>
/// <param name="Unchanged">Those of them that were there before.</param>
sealed record FilesGotten(long Files, long Bytes, long Skipped, long Unchanged, string Out, IReadOnlyList<PathProblem> Problems);

sealed record ReadFile(string Vault, string Path, DateTimeOffset? At = null);

/// <summary>A file's bytes, proved as they are read.</summary>
/// <param name="Block">The name of its root block: another for every other content. Null where whoever gave it didn't say.</param>
sealed record FileContent(Stream Content, long Size, string? Block = null) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Content.DisposeAsync();
}

/// <param name="Prefix">A file or a folder; null for everything.</param>
/// <param name="Direct">Only what lies in the folder itself, not what lies deeper.</param>
sealed record ListEntries(string Vault, string? Prefix = null, bool Direct = false, DateTimeOffset? At = null);

/// <param name="Kind">"file", "dir" or "symlink".</param>
/// <param name="Block">The name of the root block; null for what has no content.</param>
/// <param name="Mode">Permissions in octal digits.</param>
sealed record EntryListed(
    string Path, long Size, string Kind, DateTimeOffset? Mtime, string? Block, string? Mode, string? Target, bool Conflict, bool Damaged);

/// <param name="Recursive">Folders too, with all they hold.</param>
sealed record RemoveEntries(string Vault, IReadOnlyList<string> Paths, bool Recursive = false);

sealed record EntriesRemoved(long Entries, string Root);

/// <param name="Force">Replace what is at the new place.</param>
sealed record MoveEntry(string Vault, string From, string To, bool Force = false);

sealed record EntriesMoved(long Entries, string To, string Root);
