using Vault.Identity;

namespace Vault.Catalog;

/// <summary>What became of a record that a peer brought.</summary>
public enum MergeOutcome
{
    /// <summary>In the set now.</summary>
    Accepted,
    /// <summary>There already, in the set, in the history, or waiting.</summary>
    Known,
    /// <summary>A later version of the path is here.</summary>
    Superseded,
    /// <summary>Not in the one form that its kind has.</summary>
    Malformed,
    /// <summary>Not signed by the one it names.</summary>
    Forged,
    /// <summary>By someone whose certificate isn't known here yet; waits.</summary>
    UnknownAuthor,
    /// <summary>Dated further ahead than clocks differ; waits.</summary>
    Future,
    /// <summary>The author may not say this: role, end of certificate, revocation. Held aside in case that changes.</summary>
    NotAllowed,
    /// <summary>The path has as many versions as it may have, and theirs come first; waits.</summary>
    TooMany,
    /// <summary>A tombstone that all devices have agreed to forget.</summary>
    Forgotten,
    /// <summary>Would have to wait, and there is no more room for that: it can be had again.</summary>
    NoRoom,
}

/// <summary>What became of each, in order.</summary>
/// <param name="Flags">What members did that they shouldn't have.</param>
public sealed record MergeReport(IReadOnlyList<MergeOutcome> Outcomes, IReadOnlyList<Suspicion> Flags)
{
    public int Accepted => Outcomes.Count(outcome => outcome == MergeOutcome.Accepted);
    public int Refused => Outcomes.Count(outcome => outcome is MergeOutcome.Malformed or MergeOutcome.Forged);
}

public enum SuspicionKind : byte
{
    /// <summary>Two different versions under one time: the device was copied, or plays a double game.</summary>
    Equivocation = 1,
    /// <summary>A version that claims to know a version of this device that it never made.</summary>
    ForgedVector = 2,
    /// <summary>Written by this device's own key, and not by this device as far as it remembers: it was put back, or the key is in use elsewhere.</summary>
    OwnKey = 4,
}

/// <param name="Leaf">Of the record that shows it.</param>
public sealed record Suspicion(DeviceId Author, SuspicionKind Kind, Leaf Leaf, DateTimeOffset Seen);
