using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Identity.Tests;

public sealed class GateProofTests : IDisposable
{
    readonly TestVault vault = new();
    readonly byte[] channel = [.. Enumerable.Repeat((byte)7, 32)];

    [Fact]
    public void Two_who_know_the_vault_recognise_each_other()
    {
        Ed25519Key dialer = vault.Device(Role.Blind), listener = vault.Owner;
        VaultKeys blind = vault.KeysOf(reader: false);
        byte[] offer = GateProof.Offer(blind, dialer.Public, listener.Public, channel);
        Assert.Equal(0u, GateProof.Match(offer, vault.Keys, dialer.Public, listener.Public, channel));
        byte[] reply = GateProof.Reply(vault.Keys, 0, dialer.Public, listener.Public, channel);
        Assert.Equal(0u, GateProof.Check(reply, blind, dialer.Public, listener.Public, channel));

        // A listener that knows only how the vault began.
        Membership old = Membership.Of(vault.Keys.Vault, vault.Membership.Standing.Where(record => record.Issuer != dialer.Public && record.Content != vault.Member(dialer).Certificate.Content));
        Assert.Null(old.Find(dialer.Public));
        byte[] shown = GateProof.Credentials(vault.Membership, dialer.Public)!;
        Admittance admittance = GateProof.Judge(shown, old, dialer.Public, vault.Clock.Now);
        Assert.Equal((Role.Blind, null, 1), (admittance.Role, admittance.Reason, admittance.Records.Count));
    }

    [Fact]
    public void No_proof_fits_another_channel_key_side_or_vault()
    {
        Ed25519Key dialer = vault.Device(Role.Reader), listener = vault.Owner, other = vault.Device();
        byte[] offer = GateProof.Offer(vault.Keys, dialer.Public, listener.Public, channel), reply = GateProof.Reply(vault.Keys, 0, dialer.Public, listener.Public, channel);
        Assert.Null(GateProof.Match(offer, vault.Keys, dialer.Public, listener.Public, new byte[32]));
        Assert.Null(GateProof.Match(offer, vault.Keys, other.Public, listener.Public, channel));
        Assert.Null(GateProof.Match(offer, vault.Keys, dialer.Public, other.Public, channel));
        Assert.Null(GateProof.Match(reply.AsSpan(4), vault.Keys, dialer.Public, listener.Public, channel)); // reflected
        Assert.Null(GateProof.Check([0, 0, 0, 0, .. offer], vault.Keys, dialer.Public, listener.Public, channel));
        Assert.Null(GateProof.Check(reply, vault.Keys, listener.Public, dialer.Public, channel));
        using TestVault stranger = new(seed: 9);
        Assert.Null(GateProof.Match(offer, stranger.Keys, dialer.Public, listener.Public, channel));
        foreach (byte[] garbage in (byte[][])[[], [1], new byte[31], new byte[33], new byte[GateProof.MaxOfferSize + 32]])
            Assert.Null(GateProof.Match(garbage, vault.Keys, dialer.Public, listener.Public, channel));
    }

    [Fact]
    public void Those_who_missed_an_epoch_and_those_who_did_not_meet_in_the_one_before()
    {
        VaultKeys behind = vault.KeysOf(reader: true);
        for (int i = 0; i < 10; i++)
        {
            vault.Learn(vault.By(vault.Owner).NewEpoch(vault.Membership));
            EpochSecrets.Open(vault.Membership, vault.Owner, vault.Keys);
            if (i == 4) behind = vault.KeysOf(reader: true);
        }
        Ed25519Key dialer = vault.Device(Role.Reader), listener = vault.Owner;
        byte[] ahead = GateProof.Offer(vault.Keys, dialer.Public, listener.Public, channel), late = GateProof.Offer(behind, dialer.Public, listener.Public, channel);
        Assert.Equal(GateProof.MaxOfferSize, ahead.Length);
        Assert.Equal(behind.Current.Number, GateProof.Match(ahead, behind, dialer.Public, listener.Public, channel));
        Assert.Equal(behind.Current.Number, GateProof.Match(late, vault.Keys, dialer.Public, listener.Public, channel));
    }

    [Fact]
    public void Who_missed_every_epoch_but_the_first_still_meets_the_others_whoever_begins()
    {
        VaultKeys away = vault.KeysOf(reader: true);
        for (int i = 0; i < 3 * GateProof.MaxOffers; i++)
        {
            vault.Learn(vault.By(vault.Owner).NewEpoch(vault.Membership));
            EpochSecrets.Open(vault.Membership, vault.Owner, vault.Keys);
        }
        Ed25519Key dialer = vault.Owner, listener = vault.Device(Role.Reader);
        byte[] offer = GateProof.Offer(vault.Keys, dialer.Public, listener.Public, channel);
        Assert.Equal(GateProof.MaxOfferSize, offer.Length);
        Assert.Equal(0u, GateProof.Match(offer, away, dialer.Public, listener.Public, channel));
        Assert.Equal(0u, GateProof.Match(GateProof.Offer(away, dialer.Public, listener.Public, channel), vault.Keys, dialer.Public, listener.Public, channel));
    }

    [Fact]
    public void Who_is_out_is_told_why_whatever_it_shows()
    {
        Ed25519Key revoked = vault.Device(Role.Writer), retired = vault.Device(Role.Writer), guest = vault.Device(), stranger = vault.Device();
        vault.Learn(vault.By(vault.Owner).Certify(vault.Membership, guest.Public, Role.Reader, HybridTime.At(vault.Time.GetUtcNow() + TimeSpan.FromDays(1))));
        Membership before = vault.Membership;
        vault.Learn(vault.By(vault.Owner).Revoke(before, revoked.Public, []));
        vault.Learn(vault.By(vault.Owner).Retire(before, retired.Public));
        HybridTime later = HybridTime.At(vault.Time.GetUtcNow() + TimeSpan.FromDays(2));

        Assert.Equal("it was revoked", Judge(revoked, later));
        Assert.Equal("it was retired", Judge(retired, later));
        Assert.Equal("its certificate has run out", Judge(guest, later));
        Assert.Null(Judge(guest, vault.Clock.Now));
        Assert.Equal("it has no certificate of this vault", GateProof.Judge(GateProof.Credentials(before, guest.Public), vault.Membership, stranger.Public, later).Reason);
        Assert.Equal("it showed certificates that are none", GateProof.Judge([0, 1, 0, 3, 1, 2, 3], vault.Membership, guest.Public, later).Reason);
        Assert.Null(GateProof.Credentials(before, stranger.Public));

        string? Judge(Ed25519Key device, HybridTime now) => GateProof.Judge(GateProof.Credentials(before, device.Public), vault.Membership, device.Public, now).Reason;
    }

    [Fact]
    public void Bent_credentials_let_nobody_in()
    {
        Ed25519Key device = vault.Device(Role.Reader), stranger = vault.Device();
        Membership before = Membership.Of(vault.Keys.Vault, vault.Membership.Standing.Where(record => record.Content != vault.Member(device).Certificate.Content));
        byte[] good = GateProof.Credentials(vault.Membership, device.Public)!;
        Assert.Equal(Role.Reader, GateProof.Judge(good, before, device.Public, vault.Clock.Now).Role);
        Seed.Check(LongRun.Cases(2_000, 1_000_000), random =>
        {
            byte[] bent = random.Below(4) == 0 ? random.BytesUpTo(400) : [.. good];
            if (bent.Length > 0) bent[random.Below(bent.Length)] ^= (byte)(1 << random.Below(8));
            Assert.Null(GateProof.Judge(bent, before, device.Public, vault.Clock.Now).Role);
            Assert.Null(GateProof.Judge(bent, vault.Membership, stranger.Public, vault.Clock.Now).Role);
        });
    }

    public void Dispose() => vault.Dispose();
}
