using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>
/// The versions of one path that stand side by side: a multi-value register. Merging is union, less what another version has
/// seen and replaced; it doesn't matter in which order, how often, or on which device.
/// </summary>
/// <remarks>
/// Of more than 64, the latest stay, everywhere the same; the others wait outside until there is room. Latest, not lowest leaves:
/// a version is always later than what it replaces, so one that has to wait never lets something back in that it had replaced,
/// and devices that gossip long enough end with the same versions whatever each of them let go.
/// </remarks>
public static class Register
{
    /// <summary>Versions of one path at once. Devices that don't lie reach it only when more than 64 change a file without hearing of each other.</summary>
    public const int MaxHeads = 64;

    /// <summary>Merges versions of one path into those that stand.</summary>
    public static RegisterChange Merge(IReadOnlyList<FileRecord> heads, params IEnumerable<FileRecord> incoming)
    {
        Dictionary<Hash32, FileRecord> all = [];
        foreach (FileRecord record in heads.Concat(incoming)) all.TryAdd(record.Leaf.Digest, record);
        if (all.Values.FirstOrDefault(record => record.Position != all.Values.First().Position) != null) throw new ArgumentException("These are versions of different paths.", nameof(incoming));

        // From the latest on, whatever replaces a version comes before it.
        FileRecord[] sorted = [.. all.Values];
        Array.Sort(sorted, (a, b) => Precedence(b, a));
        List<FileRecord> standing = [], waiting = [];
        foreach (FileRecord record in sorted)
        {
            if (standing.Exists(other => other.Versions.Dominates(record.Versions))) continue;
            (standing.Count < MaxHeads ? standing : waiting).Add(record);
        }

        HashSet<Hash32> before = [.. heads.Select(head => head.Leaf.Digest)], after = [.. standing.Select(head => head.Leaf.Digest)];
        return new RegisterChange(
            standing, [.. standing.Where(head => !before.Contains(head.Leaf.Digest))], [.. heads.Where(head => !after.Contains(head.Leaf.Digest))], waiting);
    }

    /// <summary>What a version that replaces all of these has seen; the writer adds itself by <see cref="VersionVector.With"/>.</summary>
    public static VersionVector Seen(IEnumerable<FileRecord> heads) => VersionVector.Join(heads.Select(head => head.Versions));

    // A linear order in which what dominates comes later. Times alone tie only where a device wrote twice at one of its times:
    // then what has seen more comes later, and after that anything that is the same everywhere.
    static int Precedence(FileRecord a, FileRecord b)
    {
        int order = a.Time.CompareTo(b.Time);
        if (order == 0) order = Sum(a.Versions).CompareTo(Sum(b.Versions));
        return order != 0 ? order : a.Leaf.CompareTo(b.Leaf);
    }

    static UInt128 Sum(VersionVector versions)
    {
        UInt128 sum = 0;
        foreach (ref readonly VersionEntry entry in versions.Entries) sum += entry.Time.Value;
        return sum;
    }
}

/// <summary>What a merge did to the versions of one path.</summary>
/// <param name="Heads">Those that stand now, the latest first.</param>
/// <param name="Added">Of these, the new ones.</param>
/// <param name="Removed">Those that no longer stand; they belong to history.</param>
/// <param name="Waiting">Those that nothing replaces and that have no room.</param>
public sealed record RegisterChange(IReadOnlyList<FileRecord> Heads, IReadOnlyList<FileRecord> Added, IReadOnlyList<FileRecord> Removed, IReadOnlyList<FileRecord> Waiting)
{
    public bool IsNone => Added.Count == 0 && Removed.Count == 0;
}
