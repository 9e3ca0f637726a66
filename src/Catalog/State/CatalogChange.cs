using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>What a commit has changed. It is durable when this is told.</summary>
/// <param name="Added">Records that came in; their bytes are for peers that are in step.</param>
/// <param name="Recalled">Content that had been freed is to be here again.</param>
public sealed record CatalogChange(
    ulong Sequence, Hash32 Root, IReadOnlyList<AddedRecord> Added, IReadOnlyList<Leaf> Removed, bool MembershipChanged, bool Recalled = false);

/// <param name="Source">Who brought it, as given to the merge; null for what was made here.</param>
public readonly record struct AddedRecord(Leaf Leaf, ReadOnlyMemory<byte> Bytes, object? Source);

/// <summary>What became of a list of edits that may be long.</summary>
/// <param name="Made">Edits that made a record.</param>
public sealed record ChangeReport(ulong Sequence, Hash32 Root, long Made);

/// <summary>What became of the edits of a commit.</summary>
/// <param name="Leaves">Of each edit, in order, the leaf that it made; null where there was nothing to do.</param>
public sealed record CommitReport(ulong Sequence, Hash32 Root, IReadOnlyList<Leaf?> Leaves);
