using System.Collections;
using Vault.Primitives;
using Vault.Store;

namespace Vault.Catalog;

/// <summary>
/// All paths in a folder (null: everywhere) as they were at a time, in order. What there was is known only when every version has
/// been looked at, so of each path no more is kept than its name; what stood there is looked up again when its turn comes. A path
/// whose versions are forgotten meanwhile is passed over.
/// </summary>
public sealed class PastListing : IEnumerable<Head>
{
    readonly CatalogParts parts;
    readonly DateTimeOffset time;
    readonly List<byte[]> found = []; // in UTF-8

    PastListing(CatalogParts parts, DateTimeOffset time) => (this.parts, this.time) = (parts, time);

    public int Count => found.Count;

    internal static PastListing Of(CatalogParts parts, VaultPath? folder, DateTimeOffset time)
    {
        PastListing listing = new(parts, time);
        if (parts.Sealer is null) return listing;
        using ISnapshot at = parts.Meta.Snapshot();
        foreach (List<FileRecord> versions in ByPosition(parts.Records.All(at).Select(head => head.Record), parts.Past.All(at).Where(IsSuperseded).Select(past => past.Record)))
            if (WinnerOf(versions.Select(parts.Open), time)?.Entry?.Path is { } path && (folder is null || path == folder || path.IsUnder(folder)))
                listing.found.Add(path.ToUtf8());
        listing.found.Sort((one, other) => VaultPath.Compare(one, other));
        return listing;
    }

    public IEnumerator<Head> GetEnumerator()
    {
        foreach (byte[] path in found)
        {
            Hash32 position = parts.Sealer!.PositionOf(VaultPath.Parse(path)!);
            IEnumerable<FileRecord> versions = parts.Records.At(position).Select(head => head.Record).Concat(parts.Past.At(position).Where(IsSuperseded).Select(past => past.Record));
            if (WinnerOf(versions.Select(parts.Open), time) is { } winner) yield return winner;
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Of what was written until then, what nothing written until then had replaced; null if that is a deletion, or nothing.</summary>
    internal static Head? WinnerOf(IEnumerable<Head> versions, DateTimeOffset time)
    {
        Dictionary<Leaf, Head> written = [];
        foreach (Head version in versions)
            if (version.Record.Time.Moment <= time) written.TryAdd(version.Record.Leaf, version); // in both places, when it was replaced in between
        if (written.Count == 0) return null;
        Heads then = Heads.Of(Register.Merge([], written.Values.Select(version => version.Record)).Heads.Select(record => written[record.Leaf]));
        return then.Winner is { IsTombstone: false, Entry: not null } winner ? winner : null;
    }

    static bool IsSuperseded(Past past) => past.Reason == PastReason.Superseded;

    // Both lie in the order of positions: the versions of a path meet here without any of them being looked up.
    static IEnumerable<List<FileRecord>> ByPosition(IEnumerable<FileRecord> standing, IEnumerable<FileRecord> replaced)
    {
        using IEnumerator<FileRecord> now = standing.GetEnumerator(), past = replaced.GetEnumerator();
        bool moreNow = now.MoveNext(), morePast = past.MoveNext();
        while (moreNow || morePast)
        {
            Hash32 position = !morePast || (moreNow && now.Current.Position.CompareTo(past.Current.Position) <= 0) ? now.Current.Position : past.Current.Position;
            List<FileRecord> versions = [];
            for (; moreNow && now.Current.Position == position; moreNow = now.MoveNext()) versions.Add(now.Current);
            for (; morePast && past.Current.Position == position; morePast = past.MoveNext()) versions.Add(past.Current);
            yield return versions;
        }
    }
}
