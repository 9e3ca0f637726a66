using System.Text.Json.Serialization;

namespace Vault.Host;

/// <summary>What is printed with --json. Generated at build time: reflection would cost at every start.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(StoreHealth))]
[JsonSerializable(typeof(CollectedSpace))]
sealed partial class HostJson : JsonSerializerContext;
