using Vault.Primitives;

namespace Vault.Identity;

/// <summary>Lets a device in, with a role, up to a time.</summary>
public sealed record Certificate(Ed25519PublicKey Subject, Role Role, HybridTime NotAfter) : ControlStatement
{
    public override ControlKind Kind => ControlKind.Certificate;
    internal override bool MayBeRoots => Role == Role.Admin;

    internal override void Write(ByteWriter writer)
    {
        writer.Key(Subject);
        writer.Byte((byte)Role);
        writer.Time(NotAfter);
    }

    internal static Certificate? Read(ref ByteReader reader)
    {
        Certificate read = new(reader.TakeKey(), (Role)reader.TakeByte(), reader.TakeTime());
        return !reader.Failed && read.Role.IsKnown() ? read : null;
    }

    internal override bool Suits(Ed25519PublicKey issuer, HybridTime time) => NotAfter > time;
}

/// <summary>
/// Says that one device may come in who proves to have the secret half of a key. It certifies nobody yet: an
/// <see cref="Admission"/> does.
/// </summary>
/// <param name="InviteKey">Used once.</param>
/// <param name="UseBy">When the invite runs out.</param>
/// <param name="NotAfter">When the certificate of the device that used it runs out.</param>
public sealed record Invite(Ed25519PublicKey InviteKey, Role Role, HybridTime UseBy, HybridTime NotAfter) : ControlStatement
{
    public override ControlKind Kind => ControlKind.Invite;

    internal override void Write(ByteWriter writer)
    {
        writer.Key(InviteKey);
        writer.Byte((byte)Role);
        writer.Time(UseBy);
        writer.Time(NotAfter);
    }

    internal static Invite? Read(ref ByteReader reader)
    {
        Invite read = new(reader.TakeKey(), (Role)reader.TakeByte(), reader.TakeTime(), reader.TakeTime());
        return !reader.Failed && read.Role.IsKnown() ? read : null;
    }

    internal override bool Suits(Ed25519PublicKey issuer, HybridTime time) => UseBy > time && NotAfter > time;
}

/// <summary>The certificate of a device that brought an invite, signed by whichever writer or admin it met. Role and end are the invite's.</summary>
/// <param name="Invite">The content of the invite.</param>
/// <param name="Proof">By the invite's key: that its holder wants this device in.</param>
public sealed record Admission(Hash32 Invite, Ed25519PublicKey InviteKey, Ed25519PublicKey Subject, ReadOnlyMemory<byte> Proof) : ControlStatement
{
    public override ControlKind Kind => ControlKind.Admission;
    internal override Role Needs => Role.Writer;

    /// <summary>What the invite's key signs.</summary>
    internal static byte[] Proven(VaultId vault, Hash32 invite, Ed25519PublicKey subject) =>
        [.. KeyLabels.InviteProof, .. vault.Key.ToArray(), .. invite.ToArray(), .. subject.Bytes.ToArray()];

    internal bool IsProven(VaultId vault) => InviteKey.Verify(Proven(vault, Invite, Subject), Proof.Span);

    internal override void Write(ByteWriter writer)
    {
        writer.Hash(Invite);
        writer.Key(InviteKey);
        writer.Key(Subject);
        writer.Bytes(Proof.Span);
    }

    internal static Admission? Read(ref ByteReader reader)
    {
        Admission read = new(reader.TakeHash(), reader.TakeKey(), reader.TakeKey(), reader.Take(Ed25519PublicKey.SignatureSize).ToArray());
        return reader.Failed ? null : read;
    }
}
