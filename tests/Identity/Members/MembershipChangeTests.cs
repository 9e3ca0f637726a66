using Vault.Primitives;
using Xunit;

namespace Vault.Identity.Tests;

public sealed class MembershipChangeTests : IDisposable
{
    readonly TestVault vault = new();

    [Fact]
    public void Each_thing_that_happens_to_a_device_is_told_once()
    {
        Ed25519Key admin = vault.Device(), reader = vault.Device();
        Assert.Equal([(MembershipEvent.Joined, admin.Public)], Happens(() => vault.By(vault.Owner).Certify(vault.Membership, admin.Public, Role.Admin)));
        Assert.Equal([(MembershipEvent.Joined, reader.Public)], Happens(() => vault.By(admin).Certify(vault.Membership, reader.Public, Role.Reader)));
        Assert.Equal([(MembershipEvent.RoleChanged, reader.Public)], Happens(() => vault.By(admin).Certify(vault.Membership, reader.Public, Role.Writer)));
        Assert.Equal([(MembershipEvent.Introduced, reader.Public)], Happens(() => vault.By(reader).Introduce(vault.Membership, new DeviceProfile(DeviceClass.Mobile, 0, 0, null))));
        Assert.Equal([(MembershipEvent.NewSettings, null)], Happens(() => vault.By(admin).Change(vault.Membership, vault.Membership.Settings with { Copies = 3 })));
        Assert.Equal([(MembershipEvent.NewEpoch, null)], Happens(() => vault.By(admin).NewEpoch(vault.Membership)));
        Assert.Equal([(MembershipEvent.Retired, reader.Public)], Happens([.. vault.By(reader).Retire(vault.Membership, reader.Public)]));
        Assert.Equal([(MembershipEvent.Returned, reader.Public)], Happens(() => vault.By(admin).Certify(vault.Membership, reader.Public, Role.Reader)));
        Assert.Equal([(MembershipEvent.Dropped, reader.Public), (MembershipEvent.NewEpoch, null), (MembershipEvent.NewSettings, null), (MembershipEvent.Revoked, admin.Public)],
            Happens([.. vault.By(vault.Owner).Revoke(vault.Membership, admin.Public, [], keepControl: false)]));
    }

    (MembershipEvent, Ed25519PublicKey?)[] Happens(Func<ControlRecord> said) => Happens([said()]);

    (MembershipEvent, Ed25519PublicKey?)[] Happens(ControlRecord[] said)
    {
        Membership before = vault.Membership;
        vault.Learn(said);
        Assert.Empty(MembershipChange.Between(vault.Membership, vault.Membership));
        return [.. MembershipChange.Between(before, vault.Membership).Select(change => (change.Event, change.Member?.Key)).OrderBy(change => change.Event.ToString())];
    }

    public void Dispose() => vault.Dispose();
}
