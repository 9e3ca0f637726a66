using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Identity.Tests;

public sealed class GenesisTests : IDisposable
{
    readonly RandomSource random = RandomSource.Seeded(1);
    readonly HybridClock clock = new(new VirtualTime());
    readonly VaultKeys keys;
    readonly Ed25519Key device;

    public GenesisTests()
    {
        keys = VaultKeys.Create(random);
        device = Ed25519Key.Generate(random);
    }

    [Fact]
    public void Who_makes_a_vault_is_its_admin_and_everyone_can_see_it()
    {
        IReadOnlyList<ControlRecord> first = Genesis.Create(keys, device, clock, random, "photos", profile: new DeviceProfile(DeviceClass.Desktop, 1, 0, null).Named("desk", keys, random));
        ControlRecord[] parsed = [.. first.Reverse().Select(record => ControlRecord.Parse(keys.Vault, record.Encode())!)];
        Membership membership = Membership.Of(keys.Vault, parsed);

        Assert.Equal(3, membership.Standing.Count);
        Member creator = Assert.Single(membership.Members);
        Assert.Equal((Role.Admin, device.Public, false), (creator.Role, creator.Key, creator.IsRevoked));
        Assert.Equal("photos", membership.Settings.OpenName(keys));
        Assert.Equal("desk", creator.Profile!.OpenName(keys));
        Assert.True(membership.Allows(DeviceId.Of(device.Public), Role.Writer, clock.Next(), default));
        Assert.Equal((0u, false), (membership.CurrentEpoch, membership.NeedsNewEpoch));
        Assert.Same(creator, membership.Find(PeerId.From(device.Public)));
    }

    [Fact]
    public void A_record_of_another_vault_is_none_here()
    {
        using VaultKeys other = VaultKeys.Create(random);
        foreach (ControlRecord record in Genesis.Create(keys, device, clock, random, "photos")) Assert.Null(ControlRecord.Parse(other.Vault, record.Encode()));
    }

    public void Dispose()
    {
        keys.Dispose();
        device.Dispose();
    }
}
