using Vault.Blocks;

namespace Vault.Catalog;

/// <summary>
/// What a path holds, as its winning version says. A folder that has something in it need not have a version of its own. What
/// the listing doesn't need is read when it is asked for, as it is then.
/// </summary>
public sealed class CatalogEntry
{
    readonly Lazy<Heads?> heads;

    internal CatalogEntry(VaultPath path, NameSummary summary, Func<Heads?> read)
    {
        Path = path;
        Summary = summary;
        heads = new Lazy<Heads?>(read);
    }

    internal NameSummary Summary { get; }

    public VaultPath Path { get; }

    /// <summary>A file, a folder or a symlink.</summary>
    public RecordKind Kind => Summary.Kind;

    public ushort Mode => Summary.Mode;
    public long ModifiedNs => Summary.ModifiedNs;
    public long Size => Summary.Size;
    public BlockId? Root => Summary.Root;

    /// <summary>Something lies inside. A path can be a file on one device and a folder on another: then it is both.</summary>
    public bool HasChildren => Summary.HasChildren;

    /// <summary>A folder that is there only because something lies in it: without mode, time and version.</summary>
    public bool IsImplicit => !Summary.HasHead;

    /// <summary>Versions that differ and don't know of one another: the user has to choose.</summary>
    public bool IsConflict => Summary.IsConflict;

    /// <summary>A version of it can't be read by anyone who holds the secrets.</summary>
    public bool IsDamaged => Summary.IsDamaged;

    /// <summary>The versions that nothing has replaced; null for an implicit folder, and where the last one went meanwhile.</summary>
    public Heads? Heads => heads.Value;

    public Head? Winner => Heads is { Winner: { IsTombstone: false, Entry: not null } winner } ? winner : null;

    /// <summary>How to read a file's content.</summary>
    public FileRef? File => Winner is { Entry: { } entry, Record: var record } ? entry.File(record) : null;

    /// <summary>What to hand on as the basis of an edit that is made with all of this in sight.</summary>
    public VersionVector Versions => Heads?.Seen ?? VersionVector.Empty;
}

/// <summary>A version that was replaced or that stands, for the log of a path.</summary>
/// <param name="Replaced">When this device saw it go; null while it stands.</param>
public sealed record PastVersion(Head Version, DateTimeOffset? Replaced)
{
    public FileRef? File => Version.Entry?.File(Version.Record);
}

/// <param name="Files">Paths that hold a file or a symlink.</param>
/// <param name="Folders">Paths that are a folder, if only because something lies in them.</param>
/// <param name="Bytes">Of the files' content.</param>
public readonly record struct CatalogTotals(long Files, long Folders, long Bytes);
