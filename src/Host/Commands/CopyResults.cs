using System.Text.Json.Serialization;

namespace Vault.Host;

/// <param name="Capacity">Bytes of what others lack that this device offers to hold; 0: it holds everything; null: as it is.</param>
/// <param name="Class">"server", "desktop" or "mobile"; null: as it is.</param>
/// <param name="Site">Devices with the same one are lost together; empty for none; null: as it is.</param>
sealed record OfferSpace(string Vault, long? Capacity = null, string? Class = null, string? Site = null);

/// <param name="Site">Not the name, which nobody else needs to know: the same digits for the same name in this vault. Null where none was given.</param>
sealed record SpaceOffered(string Vault, string Name, long Capacity, string Class, string? Site);

/// <summary>How the copies of a vault's blocks stand, as this device sees it.</summary>
/// <param name="Target">Copies of each block that are wanted.</param>
/// <param name="Proven">The fewest copies that any block has whose holder has proven lately what it says; null when nothing is needed.</param>
/// <param name="UnderTarget">Blocks with fewer proven copies than wanted.</param>
/// <param name="UnderMinimum">Blocks of which fewer copies than the minimum are known at all.</param>
/// <param name="OldestProofSeconds">How long ago the oldest of the proofs that count was given.</param>
/// <param name="Healing">Blocks that copies are being made of, here or elsewhere.</param>
/// <param name="HealingBytesPerSecond">Made here, lately.</param>
/// <param name="SecondsLeft">Until this device has made its part at that rate; null while that isn't known.</param>
/// <param name="Scrubbed">When this device began to read everything it holds for the last time.</param>
sealed record CopiesStatus(
    int Target, int Minimum, int? Proven, long Blocks, long UnderTarget, long UnderMinimum, double? OldestProofSeconds, long Healing, double HealingBytesPerSecond, double? SecondsLeft, DateTimeOffset? Scrubbed);

/// <param name="Path">Of a file or a folder; null for all.</param>
sealed record FindCopies(string Vault, string? Path = null);

/// <param name="Proven">The fewest proven copies that any of the blocks has.</param>
sealed record CopiesFound(string Vault, string Name, string Path, long Files, long Bytes, long Blocks, int Target, int Proven, long UnderTarget, IReadOnlyList<CopyHolder> Holders);

/// <param name="Blocks">Of those asked for that it says it holds.</param>
/// <param name="State">"proven"; "claimed": it hasn't proven it lately; "doubted": it lacked what it claimed; "liar".</param>
sealed record CopyHolder(string Peer, string? Name, bool Self, long Blocks, string State, bool Connected, double? ProvenSecondsAgo, double? HeardSecondsAgo);

/// <param name="Min">Proven copies that must be elsewhere; null for as many as the vault wants.</param>
/// <param name="To">Bytes that the vault may take here: the safest is freed first, and no more than needed. Null frees all of the path.</param>
sealed record FreeFiles(string Vault, string Path, int? Min = null, long? To = null);

/// <param name="Freed">Files of which this device holds nothing more than what lists their blocks.</param>
/// <param name="KeptBlocks">Blocks that stay.</param>
/// <param name="Needed">Copies elsewhere that each block had to have.</param>
/// <param name="Fewest">The fewest that were proven and locked, where that was too few.</param>
sealed record FilesFreed(string Vault, string Name, long Freed, long FreedBytes, long KeptFiles, long KeptBlocks, int Needed, int? Fewest);

/// <param name="Coming">Files of which something has to come first.</param>
sealed record FilesKept(string Vault, string Name, long Files, long Coming);

/// <param name="Lose">Devices by peer id, name, or the beginning of either.</param>
sealed record LoseDevices(string Vault, IReadOnlyList<string> Lose);

/// <param name="Lost">Files of which some block would be nowhere, as far as this device knows.</param>
/// <param name="HealBytes">What would have to be copied until everything else has as many copies as wanted.</param>
/// <param name="HealSeconds">At the least rate that healing has; null for nothing to heal.</param>
sealed record LossShown(string Vault, string Name, IReadOnlyList<string> Devices, IReadOnlyList<FileLost> Lost, long LostBytes, long HealBlocks, long HealBytes, double? HealSeconds)
{
    [JsonIgnore] public bool IsLoss => Lost.Count > 0;
}

sealed record FileLost(string Path, long Bytes);
