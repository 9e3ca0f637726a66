using Vault.Store;

namespace Vault.Catalog;

/// <summary>What the catalog asks of <c>meta/</c>. docs/formats-catalog.md has the keys and values.</summary>
public static class CatalogFamilies
{
    /// <summary>The records that make up the vault, by leaf.</summary>
    internal static Family Records { get; } = new("records");

    /// <summary>Who lies in which folder, under keyed hashes.</summary>
    internal static Family Names { get; } = new("names");

    /// <summary>Versions that were replaced or held aside, by leaf.</summary>
    internal static Family History { get; } = new("history");

    /// <summary>What this device still has to do, or to tell.</summary>
    internal static Family Journal { get; } = new("journal");

    /// <summary>Everything else: where the catalog stands, peers, own roots, what waits.</summary>
    internal static Family Notes { get; } = new("catalog");

    public static IReadOnlyList<Family> All { get; } = [TreeKeys.Leaves, TreeKeys.Tree, Records, Names, History, Journal, Notes, StatCache.Family, WatchRows.Family];
}
