using Vault.Primitives;

namespace Vault.Identity;

/// <summary>A certificate, admission or invite that stands: a link of the chain from the root down to a device.</summary>
sealed class Link
{
    readonly MembershipRule rule;
    IReadOnlyList<KeepList>? hits;
    HybridTime? lapse;

    public Link(MembershipRule rule, ControlRecord record, Link? parent)
    {
        this.rule = rule;
        Record = record;
        Parent = parent;
        Depth = parent == null ? 1 : parent.Depth + 1;
        (Subject, Role, NotAfter) = record.Statement switch
        {
            Certificate certificate => (certificate.Subject, certificate.Role, certificate.NotAfter),
            Invite invite => (invite.InviteKey, invite.Role, invite.NotAfter),
            Admission admission => (admission.Subject, parent!.Role, parent.NotAfter),
            _ => throw new ArgumentException("Not a certificate.", nameof(record)),
        };
    }

    public ControlRecord Record { get; }

    /// <summary>What it was issued under; of an admission that is the invite. Null when the root signed it.</summary>
    public Link? Parent { get; }

    public int Depth { get; }
    public Ed25519PublicKey Subject { get; }
    public Role Role { get; }
    public HybridTime NotAfter { get; }

    public bool IsInvite => Record.Statement is Invite;

    /// <summary>The device that used this invite.</summary>
    public Ed25519PublicKey? UsedBy { get; set; }

    /// <summary>Up to when its key may say something: until it runs out or is retired.</summary>
    public HybridTime Lapse => lapse ??= rule.LapseOf(this);

    public bool IsRetired => Lapse < (Record.Statement is Invite invite ? invite.UseBy : NotAfter);

    /// <summary>What the revocations that put its key out keep; empty when there are none.</summary>
    public IReadOnlyList<KeepList> Hits => hits ??= rule.HitsOn(this);

    public bool IsRevoked => Hits.Count > 0;

    /// <summary>Whether a record of its key survives all revocations.</summary>
    public bool Keeps(Hash32 leafDigest)
    {
        foreach (KeepList kept in Hits)
            if (!kept.Contains(leafDigest)) return false;
        return true;
    }

    /// <summary>The link strictly above this one with that content; null when there is none.</summary>
    public Link? Above(Hash32 content)
    {
        Link? above = Parent;
        while (above != null && above.Record.Content != content) above = above.Parent;
        return above;
    }
}
