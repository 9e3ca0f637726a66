using Vault.Primitives;

namespace Vault.Host;

/// <summary>Where this program keeps its state: --data DIR, else $VAULT_HOME, else the XDG data folder.</summary>
static class DataPath
{
    public static string Locate(string? option, Func<string, string?> variable)
    {
        if (option is { Length: > 0 }) return Path.GetFullPath(option);
        if (variable("VAULT_HOME") is { Length: > 0 } home) return Path.GetFullPath(home);
        // The XDG specification: a relative path in its variables is to be ignored.
        if (variable("XDG_DATA_HOME") is { } data && Path.IsPathRooted(data)) return Path.Combine(data, "vault");
        if (variable("HOME") is { } user && Path.IsPathRooted(user)) return Path.Combine(user, ".local", "share", "vault");
        throw new ConfigException("there is no home directory to keep data in", "name a folder: vault --data DIR …, or set VAULT_HOME");
    }
}
