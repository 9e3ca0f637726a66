using Vault.Primitives;

namespace Vault.Host;

/// <summary>What a device keeps of a vault's content, as people write it.</summary>
static class Policies
{
    public const string Mirror = "mirror", OnDemand = "on-demand";

    public static string Text(bool onDemand) => onDemand ? OnDemand : Mirror;

    public static bool IsOnDemand(string text) => text switch
    {
        Mirror => false,
        OnDemand => true,
        _ => throw new ConfigException($"'{text}' is no policy", "policies are mirror (keep all of it here) and on-demand (bring content here when it is asked for)"),
    };

    public static ConfigException NothingToAsk() => new("a device without the vault's keys can't ask for files, and keeps all of it", "leave --on-demand out, or ask for a ticket of another role");
}
