using Vault.Identity;

namespace Vault.Catalog;

/// <summary>
/// Whether a record is in the set: a pure function of its public bytes and of the control records, so that devices which know the
/// same control records agree on every root. No clock, no order of arrival, no sealed byte has a say. What depends on a clock
/// or on room (<see cref="IsEarly"/>, <see cref="RegisterChange.Waiting"/>) keeps a record outside for a while, and never
/// turns one out that is in.
/// </summary>
public static class RecordRules
{
    /// <summary>What a device must be to write.</summary>
    public const Role Needed = Role.Writer;

    /// <summary>Judges a canonical record. Ask again when the control records change: then any answer may become another.</summary>
    public static RecordVerdict Judge(FileRecord record, Membership membership)
    {
        if (membership.Find(record.Author) is not { } author) return RecordVerdict.AuthorUnknown;
        // The dear check last: a stranger must not make a device verify signatures.
        if (!membership.Allows(record.Author, Needed, record.Time, record.Leaf.Digest)) return RecordVerdict.NotAllowed;
        return record.IsSignedBy(membership.Vault, author.Key) ? RecordVerdict.Stands : RecordVerdict.Forged;
    }

    /// <summary>As <see cref="Judge"/>, of a record whose signature was verified before it was stored.</summary>
    public static bool StillStands(FileRecord record, Membership membership) =>
        membership.Allows(record.Author, Needed, record.Time, record.Leaf.Digest);

    /// <summary>
    /// More than ten minutes ahead of this device's clock: it waits outside until its time has come, or else one wrong clock would
    /// win every conflict for years.
    /// </summary>
    public static bool IsEarly(FileRecord record, HybridClock clock) => clock.IsTooFar(record.Time);
}

public enum RecordVerdict
{
    Stands,

    /// <summary>No certificate of its author is known: it may wait for one.</summary>
    AuthorUnknown,

    /// <summary>Not by what the author's certificates allow: not a writer, run out, retired or revoked by then.</summary>
    NotAllowed,

    /// <summary>The signature isn't the author's.</summary>
    Forged,
}
