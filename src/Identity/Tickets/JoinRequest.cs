using Vault.Primitives;

namespace Vault.Identity;

/// <summary>
/// What a joiner says to the first member it reaches: this invite, this device, and two proofs by the invite's key. One goes into
/// the admission for everybody to check; the other is bound to the channel, so that nobody can use a request that it was sent.
/// </summary>
public sealed class JoinRequest
{
    const byte Version = 1;
    const int SignatureSize = Ed25519PublicKey.SignatureSize;

    /// <summary>Version, device, two proofs, vault, the invite.</summary>
    public const int Size = 1 + Ed25519PublicKey.Size + 2 * SignatureSize + VaultId.Size + 187;

    JoinRequest(ControlRecord invite, Ed25519PublicKey device, byte[] proof, byte[] channelProof)
    {
        Invite = invite;
        Device = device;
        Admission = new Admission(invite.Content, ((Invite)invite.Statement).InviteKey, device, proof);
        ChannelProof = channelProof;
    }

    public VaultId Vault => Invite.Vault;
    public ControlRecord Invite { get; }
    public Ed25519PublicKey Device { get; }
    internal Admission Admission { get; }
    internal byte[] ChannelProof { get; }

    /// <param name="channel">The channel's binding, 32 bytes that both ends and nobody else have.</param>
    public static byte[] Create(Ticket ticket, Ed25519PublicKey device, ReadOnlySpan<byte> channel)
    {
        Hash32 invite = ticket.Invite.Content;
        return new ByteWriter(Size).Byte(Version).Hash(ticket.Vault.Key).Key(device)
            .Bytes(ticket.InviteKey.Sign(Admission.Proven(ticket.Vault, invite, device)))
            .Bytes(ticket.InviteKey.Sign(ForChannel(ticket.Vault, invite, device, channel)))
            .Bytes(ticket.Invite.Encode().Span).ToArray();
    }

    /// <summary>Null for bytes that are no request for any vault, or hold a forged one.</summary>
    public static JoinRequest? Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size) return null;
        ByteReader reader = new(bytes);
        byte version = reader.TakeByte();
        VaultId vault = new(reader.TakeHash());
        Ed25519PublicKey device = reader.TakeKey();
        byte[] proof = reader.Take(SignatureSize).ToArray(), channelProof = reader.Take(SignatureSize).ToArray();
        if (version != Version || ControlRecord.Parse(vault, reader.Rest.ToArray()) is not { Kind: ControlKind.Invite } invite) return null;
        JoinRequest request = new(invite, device, proof, channelProof);
        return request.Admission.IsProven(vault) ? request : null;
    }

    /// <summary>Whether it was made for this channel, by the device at its other end.</summary>
    public bool IsFor(Ed25519PublicKey peer, ReadOnlySpan<byte> channel) =>
        peer == Device && Admission.InviteKey.Verify(ForChannel(Vault, Invite.Content, Device, channel), ChannelProof);

    static byte[] ForChannel(VaultId vault, Hash32 invite, Ed25519PublicKey device, ReadOnlySpan<byte> channel)
    {
        if (channel.Length != Hash32.Size) throw new ArgumentException("A channel binding has 32 bytes.", nameof(channel));
        return [.. KeyLabels.JoinProof, .. vault.Key.ToArray(), .. invite.ToArray(), .. device.Bytes.ToArray(), .. channel];
    }
}
