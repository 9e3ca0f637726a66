using System.Security.Cryptography;
using Vault.Primitives;

namespace Vault.Identity;

/// <summary>
/// What two devices show each other before any vault protocol: a MAC with the vault's sync secret, bound to the channel and to
/// both keys, and the certificates of the very key that the channel authenticated. The dialer's <see cref="Offer"/> comes first
/// and tells nothing to whom the secret is unknown; who finds it no match hangs up without a byte. Then the listener's
/// <see cref="Reply"/> with its certificates, then the dialer's certificates.
/// </summary>
public static class GateProof
{
    /// <summary>Epochs that a dialer offers, newest first: a listener may have missed the last few. The first, which everybody has, is always among them.</summary>
    public const int MaxOffers = 8;

    public const int MacSize = 32;
    public const int MaxOfferSize = MaxOffers * MacSize;
    public const int ReplySize = sizeof(uint) + MacSize;

    /// <summary>As many bytes of certificates as a peer makes us read.</summary>
    public const int MaxCredentials = 1024 * 1024;

    /// <summary>Certificates of its own that a device shows, the best first: of those from two members who didn't see each other, one may count only there.</summary>
    const int MaxShown = 8;

    /// <summary>What a dialer says first: one MAC for each of its newest epochs, and for the first, in which meets who was away for many.</summary>
    public static byte[] Offer(VaultKeys keys, Ed25519PublicKey dialer, Ed25519PublicKey listener, ReadOnlySpan<byte> channel)
    {
        ByteWriter offer = new(MaxOfferSize);
        foreach (SecretEpoch epoch in keys.AllEpochs.Skip(1).Reverse().Take(MaxOffers - 1).Append(keys.AllEpochs[0]))
            offer.Bytes(Mac(keys.Vault, epoch, KeyLabels.GateDialer, dialer, listener, channel));
        return offer.ToArray();
    }

    /// <summary>The newest epoch that the dialer and these keys have; null when it doesn't know this vault. A listener asks for each of its vaults.</summary>
    public static uint? Match(ReadOnlySpan<byte> offer, VaultKeys keys, Ed25519PublicKey dialer, Ed25519PublicKey listener, ReadOnlySpan<byte> channel)
    {
        if (offer.Length is 0 or > MaxOfferSize || offer.Length % MacSize != 0) return null;
        foreach (SecretEpoch epoch in keys.AllEpochs.Reverse())
        {
            byte[] expected = Mac(keys.Vault, epoch, KeyLabels.GateDialer, dialer, listener, channel);
            for (int at = 0; at < offer.Length; at += MacSize)
                if (CryptographicOperations.FixedTimeEquals(expected, offer.Slice(at, MacSize))) return epoch.Number;
        }
        return null;
    }

    /// <summary>The listener's answer to a match: that it knows the secret too.</summary>
    public static byte[] Reply(VaultKeys keys, uint epoch, Ed25519PublicKey dialer, Ed25519PublicKey listener, ReadOnlySpan<byte> channel)
    {
        SecretEpoch held = keys.Epoch(epoch) ?? throw new ArgumentException("These keys lack that epoch.", nameof(epoch));
        return new ByteWriter(ReplySize).UInt32(epoch).Bytes(Mac(keys.Vault, held, KeyLabels.GateListener, dialer, listener, channel)).ToArray();
    }

    /// <summary>The epoch that the listener showed to know, null when it showed none.</summary>
    public static uint? Check(ReadOnlySpan<byte> reply, VaultKeys keys, Ed25519PublicKey dialer, Ed25519PublicKey listener, ReadOnlySpan<byte> channel)
    {
        if (reply.Length != ReplySize) return null;
        ByteReader reader = new(reply);
        uint number = reader.TakeUInt32();
        if (keys.Epoch(number) is not { } epoch) return null;
        return CryptographicOperations.FixedTimeEquals(Mac(keys.Vault, epoch, KeyLabels.GateListener, dialer, listener, channel), reader.Rest) ? number : null;
    }

    /// <summary>The certificates of a device with all that they are founded on. Null when it has none that stands.</summary>
    public static byte[]? Credentials(Membership membership, Ed25519PublicKey device)
    {
        if (membership.Find(device) is not { } self) return null;
        ByteWriter writer = new();
        RecordList.Write(writer, membership.Foundation(self.Links.Take(MaxShown).Select(link => link.Record)));
        return writer.ToArray();
    }

    /// <summary>
    /// Whether a device is in at that time, by what is known and what it shows. The records that it showed and that weren't known
    /// come out too: they are worth storing whatever came of it.
    /// </summary>
    public static Admittance Judge(ReadOnlySpan<byte> credentials, Membership membership, Ed25519PublicKey device, HybridTime now)
    {
        ByteReader reader = new(credentials);
        if (credentials.Length > MaxCredentials || RecordList.Read(ref reader, membership.Vault) is not { } shown || !reader.AtEnd)
            return new Admittance(null, null, [], "it showed certificates that are none");
        Membership with = membership.With(shown);
        ControlRecord[] added = [.. shown.Where(record => !membership.Knows(record) && with.Stands(record))];
        Member? member = with.Find(device);
        Role? role = member?.RoleAt(now);
        string? reason = role != null ? null
            : member == null && with.Overtaken.Any(record => ((Admission)record.Statement).Subject == device) ? "another device used its ticket first: it needs a new one"
            : member == null ? "it has no certificate of this vault"
            : member.IsRevoked ? "it was revoked"
            : member.Retired != null ? "it was retired"
            : "its certificate has run out";
        return new Admittance(member, role, added, reason);
    }

    static byte[] Mac(VaultId vault, SecretEpoch epoch, ReadOnlySpan<byte> label, Ed25519PublicKey dialer, Ed25519PublicKey listener, ReadOnlySpan<byte> channel)
    {
        if (channel.Length != Hash32.Size) throw new ArgumentException("A channel binding has 32 bytes.", nameof(channel));
        return HmacSha256.Hash(epoch.Gate.Span, new ByteWriter().Bytes(label).Hash(vault.Key).UInt32(epoch.Number).Key(dialer).Key(listener).Bytes(channel).Written);
    }
}

/// <summary>What became of a device at the gate.</summary>
/// <param name="Role">Null when it is out.</param>
/// <param name="Records">That it showed and that are new here and stand.</param>
/// <param name="Reason">Why it is out, to be put behind the device's name.</param>
public sealed record Admittance(Member? Member, Role? Role, IReadOnlyList<ControlRecord> Records, string? Reason);
