using Vault.Identity;
using Vault.Primitives;

namespace Vault.Catalog.Tests;

/// <summary>What a catalog must hold, worked out the slow way from everything that was ever said, in whatever order.</summary>
static class CatalogOracle
{
    public static SortedSet<Leaf> Leaves(VaultId vault, IEnumerable<ReadOnlyMemory<byte>> said)
    {
        List<FileRecord> files = [];
        List<ControlRecord> controls = [];
        foreach (ReadOnlyMemory<byte> bytes in said)
        {
            if (FileRecord.IsFile(bytes.Span)) files.Add(FileRecord.Parse(bytes)!);
            else controls.Add(ControlRecord.Parse(vault, bytes)!);
        }
        Membership members = Membership.Of(vault, controls);
        SortedSet<Leaf> leaves = [.. members.Standing.Select(record => new Leaf(record.Position, record.LeafDigest))];
        foreach (IGrouping<Hash32, FileRecord> path in files.DistinctBy(record => record.Leaf).GroupBy(record => record.Position))
        {
            List<FileRecord> counting = [.. path.Where(record => RecordRules.Judge(record, members) == RecordVerdict.Stands && !IsCut(record, members))];
            leaves.UnionWith(counting.Where(record => !counting.Exists(other => other.Versions.Dominates(record.Versions))).Select(record => record.Leaf));
        }
        return leaves;
    }

    public static Hash32 Root(VaultId vault, IReadOnlyCollection<Leaf> leaves) => TreeHash.Root(vault, TreeHash.Of(leaves.ToArray()), leaves.Count);

    static bool IsCut(FileRecord record, Membership members) =>
        record.Kind == RecordKind.Tombstone && record.Versions.Entries.ToArray().All(entry => members.Cut.Covers(entry.Device, entry.Time));
}
