using Vault.Identity;
using Vault.Primitives;
using Xunit;

namespace Vault.Swarm.Tests;

public sealed class NeighbourhoodTests
{
    const int Target = 3;

    static readonly Holder[] Devices = [.. Enumerable.Range(0, 400).Select(number => Device(number))];
    static readonly Placement All = new(Devices, Target);
    static readonly Neighbourhood[] Neighbourhoods = [.. Devices.Select(device => new Neighbourhood(device.Device, All))];

    static Holder Device(int number)
    {
        DeviceId id = new(Hash32.Of(BitConverter.GetBytes(number)).ToArray().AsSpan(0, DeviceId.Size));
        return new Holder(id, Site.Of(id, 0), DeviceClass.Server, 1UL << 40);
    }

    [Fact]
    public void In_a_small_vault_everybody_looks_after_everything()
    {
        Neighbourhood all = new(Devices[0].Device, new Placement(Devices[..HoldingsLimits.Everybody], Target));
        Assert.False(all.IsPart);
        Assert.Null(all.Partners);
        Assert.True(all.LooksAfter(new HeldId(0)) && all.LooksAfter(new HeldId(ulong.MaxValue)) && all.Follows(Devices[1].Device));
    }

    [Fact]
    public void In_a_large_one_every_stretch_has_those_who_stand_first_in_it()
    {
        for (int bucket = 0; bucket < HealingLimits.Buckets; bucket++)
        {
            HeldId id = new((ulong)bucket << 64 - HealingLimits.BucketBits | (uint)bucket);
            Assert.Equal(All.FirstOf(Placement.BucketOf(id)).Select(holder => holder.Device).Order(),
                Enumerable.Range(0, Devices.Length).Where(number => Neighbourhoods[number].LooksAfter(id)).Select(number => Devices[number].Device).Order());
        }
    }

    [Fact]
    public void They_follow_each_other_and_nobody_else()
    {
        HashSet<(DeviceId, DeviceId)> pairs = [];
        for (int bucket = 0; bucket < HealingLimits.Buckets; bucket++)
        {
            DeviceId[] first = [.. All.FirstOf(bucket).Select(holder => holder.Device)];
            pairs.UnionWith(first.SelectMany(one => first.Where(other => other != one), (one, other) => (one, other)));
        }
        for (int number = 0; number < Devices.Length; number++)
        {
            DeviceId self = Devices[number].Device;
            Assert.Equal(Devices.Select(device => device.Device).Where(other => pairs.Contains((self, other))).Order(), Neighbourhoods[number].Partners!.Order());
            Assert.InRange(Neighbourhoods[number].Partners!.Count, 1, HoldingsLimits.Peers);
        }
    }
}
