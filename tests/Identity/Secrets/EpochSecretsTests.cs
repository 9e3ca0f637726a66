using Vault.Primitives;
using Xunit;

namespace Vault.Identity.Tests;

public sealed class EpochSecretsTests : IDisposable
{
    readonly TestVault vault = new();

    [Fact]
    public void New_secrets_reach_who_is_in_and_nobody_else()
    {
        Ed25519Key reader = vault.Device(Role.Reader), blind = vault.Device(Role.Blind), thief = vault.Device(Role.Reader), retired = vault.Device(Role.Reader);
        Assert.False(vault.Membership.NeedsNewEpoch);
        vault.Learn(vault.By(vault.Owner, withRoot: true).Revoke(vault.Membership, thief.Public, []));
        vault.Learn(vault.By(vault.Owner).Retire(vault.Membership, retired.Public));
        Assert.True(vault.Membership.NeedsNewEpoch);
        vault.Learn(vault.By(vault.Owner).NewEpoch(vault.Membership));
        uint number = vault.Membership.CurrentEpoch;
        Assert.Equal((1, false), ((int)(number >> 16), vault.Membership.NeedsNewEpoch));

        VaultKeys owner = vault.KeysOf(reader: true), read = vault.KeysOf(reader: true), sync = vault.KeysOf(reader: false), out1 = vault.KeysOf(reader: true);
        Assert.True(EpochSecrets.AreMissing(vault.Membership, read));
        Assert.Equal([1, 1, 1, 0, 0], [Open(vault.Owner, owner), Open(reader, read), Open(blind, sync), Open(thief, out1), Open(retired, out1)]);
        Assert.Equal(number, owner.Current.Number);
        Assert.Equal(owner.Current.ReadSecret.Span.ToArray(), read.Current.ReadSecret.Span.ToArray());
        Assert.Equal(owner.Current.SyncSecret.Span.ToArray(), sync.Current.SyncSecret.Span.ToArray());
        Assert.False(sync.Current.CanRead);
        Assert.Equal(0, Open(reader, read));
        Assert.False(EpochSecrets.AreMissing(vault.Membership, read));
    }

    [Fact]
    public void Epochs_that_two_admins_make_at_once_have_two_numbers_and_the_larger_is_everybodys()
    {
        Ed25519Key other = vault.Device(Role.Admin);
        ControlRecord one = vault.By(vault.Owner).NewEpoch(vault.Membership), two = vault.By(other).NewEpoch(vault.Membership);
        uint[] numbers = [((SealedEpoch)one.Statement).Number, ((SealedEpoch)two.Statement).Number];
        Assert.NotEqual(numbers[0], numbers[1]);
        vault.Learn(two, one);
        Assert.Equal(numbers.Max(), vault.Membership.CurrentEpoch);
        VaultKeys keys = vault.KeysOf(reader: true);
        Assert.Equal(2, Open(other, keys));
        vault.Learn(vault.By(other).NewEpoch(vault.Membership));
        Assert.Equal(2, (int)(vault.Membership.CurrentEpoch >> 16));
    }

    [Fact]
    public void An_epoch_made_without_knowing_of_a_revocation_calls_for_another()
    {
        Ed25519Key admin = vault.Device(Role.Admin), thief = vault.Device(Role.Reader);
        Membership before = vault.Membership;
        vault.Learn(vault.By(vault.Owner).Revoke(before, thief.Public, []));
        vault.Learn(vault.By(admin).NewEpoch(before)); // sealed to the thief too
        Assert.True(vault.Membership.NeedsNewEpoch);
        vault.Learn(vault.By(admin).NewEpoch(vault.Membership));
        Assert.False(vault.Membership.NeedsNewEpoch);
    }

    [Fact]
    public void Who_came_in_while_an_epoch_was_made_gets_its_secrets_from_another_member_and_no_wrong_ones()
    {
        Membership before = vault.Membership;
        Ed25519Key late = vault.Device(Role.Reader);
        vault.Learn(vault.By(vault.Owner).NewEpoch(before));
        VaultKeys owner = vault.KeysOf(reader: true), keys = vault.KeysOf(reader: true), blind = vault.KeysOf(reader: false);
        Open(vault.Owner, owner);
        Assert.Equal(0, Open(late, keys));
        Assert.True(EpochSecrets.AreMissing(vault.Membership, keys));

        using VaultKeys wrong = new(vault.Keys.Vault, [SecretEpoch.Create(0, vault.Random), SecretEpoch.Create(vault.Membership.CurrentEpoch, vault.Random)]);
        byte[] lie = SealedSecrets.Seal(wrong, vault.Membership, late.Public, vault.Clock.Now, vault.Random)!;
        Assert.Equal(0, SealedSecrets.Open(lie, vault.Membership, late, keys));

        byte[] box = SealedSecrets.Seal(owner, vault.Membership, late.Public, vault.Clock.Now, vault.Random)!;
        Assert.Null(SealedSecrets.Open(box, vault.Membership, vault.Owner, keys));
        Assert.Equal(1, SealedSecrets.Open(box, vault.Membership, late, keys));
        Assert.Equal(owner.Current.ReadSecret.Span.ToArray(), keys.Current.ReadSecret.Span.ToArray());
        box[^1] ^= 1;
        Assert.Null(SealedSecrets.Open(box, vault.Membership, late, blind));
        Assert.Null(SealedSecrets.Seal(owner, vault.Membership, vault.Device().Public, vault.Clock.Now, vault.Random));
    }

    [Fact]
    public void A_blind_holder_that_becomes_a_reader_is_given_what_it_lacked_of_every_epoch()
    {
        Ed25519Key box = vault.Device(Role.Blind);
        vault.Learn(vault.By(vault.Owner).NewEpoch(vault.Membership));
        VaultKeys owner = vault.KeysOf(reader: true), held = vault.KeysOf(reader: false);
        Open(vault.Owner, owner);
        Open(box, held);
        vault.Learn(vault.By(vault.Owner).Certify(vault.Membership, box.Public, Role.Reader));
        byte[] secrets = SealedSecrets.Seal(owner, vault.Membership, box.Public, vault.Clock.Now, vault.Random)!;
        Assert.Equal(1, SealedSecrets.Open(secrets, vault.Membership, box, held));
        Assert.True(held.Current.CanRead);
    }

    [Fact]
    public void Epochs_kept_on_a_ring_are_there_after_a_restart()
    {
        using TemporaryFolder folder = new();
        KeyFolder files = new(folder.Path, vault.Random);
        Ed25519Key reader = vault.Device(Role.Reader);
        vault.Learn(vault.By(vault.Owner).NewEpoch(vault.Membership));
        using (KeyRing ring = KeyRing.Load(files))
        {
            ring.Add("photos", new VaultKeys(vault.Keys.Vault, [new SecretEpoch(0, vault.Keys.Current.SyncSecret.Span, vault.Keys.Current.ReadSecret.Span)]));
            Assert.Equal(1, EpochSecrets.Open(vault.Membership, reader, ring));
        }
        using KeyRing again = KeyRing.Load(files);
        Assert.Equal(vault.Membership.CurrentEpoch, again.Find(vault.Keys.Vault)!.Keys.Current.Number);
    }

    int Open(Ed25519Key device, VaultKeys keys) => EpochSecrets.Open(vault.Membership, device, keys);

    public void Dispose() => vault.Dispose();
}
