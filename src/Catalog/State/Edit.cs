using Vault.Blocks;

namespace Vault.Catalog;

/// <summary>
/// One change that this device's user wants. <c>basis</c> is what the user had before their eyes: the versions that the change
/// replaces. Where it is null, the change replaces whatever the catalog holds when it is made; <see cref="VersionVector.Empty"/>
/// replaces nothing, and stands beside what is there.
/// </summary>
public abstract record Edit
{
    private Edit() { }

    public abstract VaultPath Path { get; }

    /// <summary>A new version. The blocks of <paramref name="File"/> are durable, and held by whoever wrote them until the commit returns.</summary>
    /// <param name="File">What a file contains; null for all other kinds.</param>
    public sealed record Put(Entry Entry, FileRef? File, RecordKind Kind, VersionVector? Basis = null) : Edit
    {
        public override VaultPath Path => Entry.Path;
    }

    /// <summary>A tombstone. Nothing happens when there is nothing to remove.</summary>
    public sealed record Remove(VaultPath Target, VersionVector? Basis = null) : Edit
    {
        public override VaultPath Path => Target;
    }

    /// <summary>
    /// The same content at another path, and a tombstone at the one it had: both or neither. Replaces what is at the new path; what
    /// was written at the old one beside <paramref name="Seen"/> stays there.
    /// </summary>
    public sealed record Move(Entry Entry, FileRef? File, RecordKind Kind, VaultPath From, VersionVector Seen) : Edit
    {
        public override VaultPath Path => Entry.Path;
    }

    /// <summary>Ends a conflict, or the doubt about a version that came back: the version of this leaf is written once more, over all others.</summary>
    public sealed record Resolve(VaultPath Target, Leaf Keep) : Edit
    {
        public override VaultPath Path => Target;
    }
}
