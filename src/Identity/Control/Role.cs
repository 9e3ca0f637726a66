namespace Vault.Identity;

/// <summary>What the vault lets a device do; each may do what those before it may.</summary>
public enum Role : byte
{
    /// <summary>Stores, checks and passes on what it can't read.</summary>
    Blind = 1,
    Reader = 2,
    /// <summary>Changes files, and lets in whoever brings an invite.</summary>
    Writer = 3,
    /// <summary>Makes invites and certificates, revokes what is below it, keeps the settings.</summary>
    Admin = 4,
}

static class Roles
{
    public static bool IsKnown(this Role role) => role is >= Role.Blind and <= Role.Admin;
}
