using Vault.Identity;

namespace Vault.Catalog;

/// <summary>
/// A device's watch over the one part of every vector that it alone may raise. A member that writes into its vector a version
/// of another device that this device never wrote would replace, unseen, what the device writes while it is away. The device
/// itself can tell: no vector knows a later version of its own than it has written. It then writes its version again, beside
/// the other, and names the author to the user.
/// </summary>
public static class OwnVersions
{
    /// <summary>The last version of a device that the heads of a path know of. For the device itself that is the last that it wrote there.</summary>
    /// <param name="cut">What a tombstone epoch covers: versions of which no record is left.</param>
    public static HybridTime Known(IEnumerable<FileRecord> heads, DeviceId device, HybridTime cut = default)
    {
        HybridTime known = cut;
        foreach (FileRecord head in heads)
            if (head.Versions[device] > known) known = head.Versions[device];
        return known;
    }

    /// <summary>
    /// Whether a record claims a version of this device that it never wrote. Ask only on a device that remembers what it wrote: not
    /// on one that was put back to an earlier state and hasn't caught up. A record by the device's own key is no claim: then the
    /// key is in use elsewhere, which is for its owner to hear.
    /// </summary>
    public static bool IsInvented(FileRecord record, DeviceId me, HybridTime known) => record.Author != me && record.Versions[me] > known;

    /// <summary>Whether a record by this device's own key was written by someone else: by a copy of the device, or a thief.</summary>
    public static bool IsStolen(FileRecord record, DeviceId me, HybridTime known) => record.Author == me && record.Time > known;

    /// <summary>The heads with a version of this device in them that an invented claim would replace.</summary>
    public static IReadOnlyList<FileRecord> Swallowed(IReadOnlyList<FileRecord> heads, FileRecord claim, DeviceId me) =>
        [.. heads.Where(head => head.Versions[me] != default && claim.Versions.Dominates(head.Versions))];

    /// <summary>The vector under which such a head is written again: neither replaces nor is replaced by the claim, so nothing is lost on either side.</summary>
    public static VersionVector Again(FileRecord head, FileRecord claim, DeviceId me, HybridClock clock) =>
        head.Versions.With(me, clock.Next(after: head.Versions.Join(claim.Versions).Latest));
}
