using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Vault.Host;

/// <summary>Requests and results in JSON: what --json prints and what the daemon's socket speaks. Generated at build time: reflection would cost at every start.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(DeviceIdentity))]
[JsonSerializable(typeof(KeysExported))]
[JsonSerializable(typeof(KeysImported))]
[JsonSerializable(typeof(KeysSealed))]
[JsonSerializable(typeof(VaultCreated))]
[JsonSerializable(typeof(VaultRenamed))]
[JsonSerializable(typeof(VaultLeft))]
[JsonSerializable(typeof(VaultListed))]
[JsonSerializable(typeof(SettingsShown))]
[JsonSerializable(typeof(StoreStatus))]
[JsonSerializable(typeof(VaultRoot))]
[JsonSerializable(typeof(FilesAdded))]
[JsonSerializable(typeof(FilesGotten))]
[JsonSerializable(typeof(EntryListed))]
[JsonSerializable(typeof(EntriesRemoved))]
[JsonSerializable(typeof(EntriesMoved))]
[JsonSerializable(typeof(VersionListed))]
[JsonSerializable(typeof(ConflictListed))]
[JsonSerializable(typeof(ConflictResolved))]
[JsonSerializable(typeof(EntryProof))]
[JsonSerializable(typeof(StoreHealth))]
[JsonSerializable(typeof(StoreDiagnosis))]
[JsonSerializable(typeof(CollectedSpace))]
[JsonSerializable(typeof(BlockExplained))]
[JsonSerializable(typeof(StoreCopied))]
[JsonSerializable(typeof(WatchListed))]
[JsonSerializable(typeof(ChatShown))]
[JsonSerializable(typeof(ChatVerified))]
[JsonSerializable(typeof(SimulationTold))]
sealed partial class HostJson : JsonSerializerContext
{
    /// <summary>For a terminal and for pipes, not for a web page: names stay readable where they needn't be escaped.</summary>
    public static HostJson Lines { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
