using System.Text.Json.Serialization;

namespace Vault.Host;

/// <param name="Copies">How many machines should hold each block, and how few are too few; null for the usual.</param>
sealed record CreateVault(string Name, int? Copies = null, int? MinCopies = null);

/// <param name="NotExported">The keys of vaults that are in no recovery file yet.</param>
sealed record VaultCreated(string Vault, string Name, IReadOnlyList<string> NotExported);

sealed record RenameVault(string Vault, string Name);

sealed record VaultRenamed(string Vault, string Name, string Before);

sealed record VaultLeft(string Vault, string Name);

/// <param name="Exported">Whether a recovery file holds its keys.</param>
sealed record VaultListed(string Vault, string Name, bool CanRead, bool Exported);

sealed record StoreStatus(IReadOnlyList<VaultStatus> Vaults, string? MendedSince)
{
    /// <summary>Something needs the owner now: scripts see it in the exit code.</summary>
    [System.Text.Json.Serialization.JsonIgnore] public bool IsRed => MendedSince != null || Vaults.Any(vault => vault.State == "red");
}

/// <param name="Root">64 hex digits: two machines with the same have the same files, members and revocations.</param>
/// <param name="Entries">Files, folders and links.</param>
/// <param name="Bytes">What the files have together, before anything is saved.</param>
/// <param name="MissingBlocks">Known to be wanted and not here yet; what lies below them isn't known before they come.</param>
/// <param name="MissingBytes">Of files whose content isn't whole here. A device that can't read doesn't know sizes, and says 0.</param>
/// <param name="BytesPerSecond">At which blocks arrive, lately.</param>
/// <param name="SecondsLeft">What the missing bytes take at that rate; null while nothing comes or nothing is missing.</param>
/// <param name="Policy">"mirror": all of it is brought here. "on-demand": content is, when it is asked for.</param>
/// <param name="Elsewhere">On demand: files whose content isn't all here, and nobody has asked for it; and the bytes of those files.</param>
/// <param name="InStepWith">Peers whose catalog has the same root now.</param>
/// <param name="State">"good", "amber" (to be seen to some day) or "red" (now).</param>
/// <param name="Reasons">What keeps it from being good, in sentences.</param>
/// <param name="Copies">Known to a running daemon only.</param>
sealed record VaultStatus(
    string Vault, string Name, string Root, long Entries, long Bytes, long Files, long Conflicts, long DamagedBlocks,
    long MissingBlocks, long MissingBytes, double BytesPerSecond, double? SecondsLeft, string Policy, long Elsewhere, long ElsewhereBytes, IReadOnlyList<string> InStepWith, string State, IReadOnlyList<string> Reasons,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] CopiesStatus? Copies = null);

sealed record VaultRoot(string Vault, string Name, string Root);
