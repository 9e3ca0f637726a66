using System.Text.Json.Serialization;

namespace Vault.Host;

/// <summary>What a look at every block found, and whether each catalog is what its own records make it.</summary>
/// <param name="Vaults">Those whose catalog was compared; a store without their keys has none.</param>
sealed record StoreHealth(long Blocks, long Bytes, IReadOnlyList<string> Bad, IReadOnlyList<string> Missing, IReadOnlyList<CatalogHealth> Vaults)
{
    [JsonIgnore] public bool IsWell => Bad.Count == 0 && Missing.Count == 0 && Vaults.All(vault => vault.IsWell);
}

/// <param name="Problems">In sentences; empty when the root is that of a rebuild.</param>
sealed record CatalogHealth(string Vault, string Name, string Root, long Records, IReadOnlyList<string> Problems)
{
    [JsonIgnore] public bool IsWell => Problems.Count == 0;
}

/// <param name="Findings">What had to be mended to open it.</param>
/// <param name="MendedSince">Since when it may have forgotten something it knew.</param>
/// <param name="Blocks">Segments and the database that has their index.</param>
sealed record StoreDiagnosis(string Data, IReadOnlyList<string> Findings, string? MendedSince, DatabaseSize Blocks, DatabaseSize Meta, StoreHealth Health);

sealed record DatabaseSize(long Bytes, long Files);

/// <param name="Waiting">Blocks that nothing needs, still within the hold time.</param>
/// <param name="BytesReturned">What the file system got back.</param>
/// <param name="BytesHeld">Dead bytes in files that are mostly alive: not worth moving the rest.</param>
/// <param name="Hidden">Damaged inner blocks: the vaults that have them were left alone.</param>
/// <param name="PinsInDoubt">The store was mended and may have forgotten what it needs: nothing was deleted.</param>
sealed record CollectedSpace(long Deleted, long DeletedBytes, long Waiting, long BytesReturned, long BytesHeld, long Hidden, bool PinsInDoubt);

/// <param name="Bytes">Null when the block isn't here.</param>
/// <param name="Level">0 for a leaf.</param>
sealed record BlockExplained(
    string Block, string Vault, string? Name, long? Bytes, int? Level, BlockDamage? Damage, IReadOnlyList<BlockReason> Reasons, bool MorePins, bool Importing, DateTimeOffset? Condemned);

sealed record BlockDamage(DateTimeOffset Noticed, string What);

/// <param name="Root">The pinned block, below which the one asked for lies.</param>
/// <param name="Path">Of the file that needs it, where this device can tell.</param>
sealed record BlockReason(string Reason, string Root, string? Path, DateTimeOffset? Until);

sealed record StoreCopied(string Folder);
