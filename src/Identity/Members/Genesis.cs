using Vault.Primitives;

namespace Vault.Identity;

/// <summary>How a vault begins.</summary>
public static class Genesis
{
    /// <summary>The first control records: the creator's certificate by the root key, the settings, and what the creator's device says of itself.</summary>
    /// <param name="keys">Of the new vault, with its root key.</param>
    /// <param name="device">Borrowed for the call.</param>
    /// <param name="name">The vault's, for those who can read it.</param>
    /// <param name="settings">Without a name; the default where null.</param>
    public static IReadOnlyList<ControlRecord> Create(VaultKeys keys, Ed25519Key device, HybridClock clock, RandomSource random, string name,
        VaultSettings? settings = null, DeviceProfile? profile = null)
    {
        if (keys.Root is not { } root) throw new ArgumentException("Only who has the root key can begin a vault.", nameof(keys));
        ControlRecord admin = ControlRecord.Sign(keys.Vault, root, null, clock.Next(), new Certificate(device.Public, Role.Admin, HybridTime.Never));
        VaultSettings named = (settings ?? VaultSettings.Default).Named(name, keys, random);
        List<ControlRecord> records = [admin, ControlRecord.Sign(keys.Vault, device, admin, clock.Next(), named)];
        if (profile != null) records.Add(ControlRecord.Sign(keys.Vault, device, admin, clock.Next(), profile));
        return records;
    }
}
