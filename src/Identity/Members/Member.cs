using Vault.Primitives;

namespace Vault.Identity;

/// <summary>A device that has or had a certificate of the vault.</summary>
public sealed class Member
{
    readonly Link[] links; // its certificates that stand, best first

    internal Member(Ed25519PublicKey key, IEnumerable<Link> certificates, DeviceProfile? profile)
    {
        Key = key;
        Device = DeviceId.Of(key);
        Peer = PeerId.From(key);
        Profile = profile;
        links = [.. certificates];
        Array.Sort(links, Better);
        Admitted = links.Min(link => link.Record.Time);
    }

    public Ed25519PublicKey Key { get; }
    public DeviceId Device { get; }
    public PeerId Peer { get; }

    /// <summary>What it says of itself; null when it said nothing yet.</summary>
    public DeviceProfile? Profile { get; }

    /// <summary>The time of its first certificate.</summary>
    public HybridTime Admitted { get; }

    /// <summary>Of its best certificate: one that isn't revoked, then one that isn't retired, then by role.</summary>
    public Role Role => links[0].Role;

    public HybridTime NotAfter => links[0].NotAfter;

    /// <summary>The certificate that gives it <see cref="Role"/>.</summary>
    public ControlRecord Certificate => links[0].Record;

    public bool IsRevoked => links[0].IsRevoked;

    /// <summary>When it was retired, null if it wasn't. Nobody waits for it any more.</summary>
    public HybridTime? Retired => links[0].IsRetired ? links[0].Lapse : null;

    /// <summary>Neither revoked nor retired. It may have run out all the same: <see cref="RoleAt"/>.</summary>
    public bool IsActive => !IsRevoked && Retired == null;

    /// <summary>The keys that vouch for it, from the one that signed or invited to the one the root signed for. Empty when the root signed for it itself.</summary>
    public IReadOnlyList<Ed25519PublicKey> Issuers
    {
        get
        {
            List<Ed25519PublicKey> keys = [];
            for (Link? above = links[0].Parent; above != null; above = above.Parent)
                if (!above.IsInvite) keys.Add(above.Subject);
            return keys;
        }
    }

    /// <summary>What it may do at that time; null when it is out.</summary>
    public Role? RoleAt(HybridTime time)
    {
        Role role = 0;
        foreach (Link link in links)
            if (!link.IsRevoked && time <= link.Lapse && link.Role > role) role = link.Role;
        return role == 0 ? null : role;
    }

    internal IReadOnlyList<Link> Links => links;

    internal bool Allows(Role needed, HybridTime at, Hash32 leafDigest)
    {
        foreach (Link link in links)
            if (link.Role >= needed && at <= link.Lapse && link.Keeps(leafDigest)) return true;
        return false;
    }

    /// <summary>The certificate to sign under at that time; null when none of its certificates covers it.</summary>
    internal Link? LinkFor(Role needed, HybridTime at)
    {
        foreach (Link link in links)
            if (link.Role >= needed && at > link.Record.Time && at <= link.Lapse && !link.IsRevoked) return link;
        return null;
    }

    static int Better(Link left, Link right)
    {
        int order = left.IsRevoked.CompareTo(right.IsRevoked);
        if (order == 0) order = left.IsRetired.CompareTo(right.IsRetired);
        if (order == 0) order = right.Role.CompareTo(left.Role);
        if (order == 0) order = right.Lapse.CompareTo(left.Lapse);
        return order != 0 ? order : ControlRecord.Compare(left.Record, right.Record);
    }

    public override string ToString() => $"{Role} {Peer}";
}
