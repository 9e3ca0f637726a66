using Vault.Primitives;

namespace Vault.Identity;

/// <summary>What a control record says, without who says it and when. One type for each kind; their bytes: docs/formats-control.md.</summary>
public abstract record ControlStatement
{
    // A closed set: whoever reads a record must know all kinds.
    private protected ControlStatement() { }

    public abstract ControlKind Kind { get; }

    /// <summary>The role that the issuer's certificate must have.</summary>
    internal virtual Role Needs => Role.Admin;

    /// <summary>Whether the root key says such things. It only makes admins and revokes.</summary>
    internal virtual bool MayBeRoots => false;

    /// <summary>Whether it also counts when the issuer's certificate had run out: what takes rights away could be backdated anyway.</summary>
    internal virtual bool OutlivesCertificate => false;

    /// <summary>Whether the statement is one that this issuer can make at this time, by what stands in the record alone.</summary>
    internal virtual bool Suits(Ed25519PublicKey issuer, HybridTime time) => true;

    internal abstract void Write(ByteWriter writer);

    internal static ControlStatement? Read(ControlKind kind, ref ByteReader reader) => kind switch
    {
        ControlKind.Certificate => Certificate.Read(ref reader),
        ControlKind.Invite => Invite.Read(ref reader),
        ControlKind.Admission => Admission.Read(ref reader),
        ControlKind.Revocation => Revocation.Read(ref reader),
        ControlKind.KeepPage => KeepPage.Read(ref reader),
        ControlKind.Retirement => Retirement.Read(ref reader),
        ControlKind.SecretEpoch => SealedEpoch.Read(ref reader),
        ControlKind.TombstoneEpoch => TombstoneEpoch.Read(ref reader),
        ControlKind.Settings => VaultSettings.Read(ref reader),
        ControlKind.Profile => DeviceProfile.Read(ref reader),
        _ => null,
    };
}
