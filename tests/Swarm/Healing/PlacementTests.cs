using Vault.Identity;
using Vault.Primitives;
using Xunit;

namespace Vault.Swarm.Tests;

public sealed class PlacementTests
{
    const ulong GiB = 1UL << 30;

    internal static Holder Device(int number, ulong capacity = 100 * GiB, ulong site = 0)
    {
        byte[] id = new byte[DeviceId.Size];
        id[0] = (byte)number;
        DeviceId device = new(id);
        return new Holder(device, Site.Of(device, site), DeviceClass.Server, capacity);
    }

    static IEnumerable<HeldId> EveryBucket => Enumerable.Range(0, HealingLimits.Buckets).Select(bucket => new HeldId((ulong)bucket << 64 - HealingLimits.BucketBits));

    [Fact]
    public void Shares_follow_the_offered_capacity()
    {
        Holder[] devices = [.. Enumerable.Range(1, 10).Select(number => Device(number, number <= 5 ? 100 * GiB : 200 * GiB))];
        Placement placement = new(devices);
        Dictionary<DeviceId, int> first = devices.ToDictionary(device => device.Device, _ => 0);
        foreach (HeldId id in EveryBucket) first[placement.RankOf(id)[0].Device]++;
        foreach (Holder device in devices)
        {
            double due = HealingLimits.Buckets * (device.Capacity / (double)GiB) / 1500;
            Assert.InRange(first[device.Device], 0.65 * due, 1.35 * due);
        }
    }

    [Theory, InlineData(20), InlineData(100)]
    public void Copies_are_spread_evenly_over_equals(int count)
    {
        Holder[] devices = [.. Enumerable.Range(1, count).Select(number => Device(number))];
        Placement placement = new(devices);
        int[] copies = [.. EveryBucket.SelectMany(id => placement.RankOf(id).Take(3)).GroupBy(device => device.Device).Select(held => held.Count())];
        Assert.True(copies.Max() / copies.Average() < 1.3);
    }

    [Fact]
    public void Who_goes_changes_the_order_of_no_others()
    {
        Holder[] devices = [.. Enumerable.Range(1, 9).Select(number => Device(number))];
        Placement all = new(devices), fewer = new(devices.Skip(1));
        Assert.All(EveryBucket, id => Assert.Equal(all.RankOf(id).Where(device => device != devices[0]), fewer.RankOf(id)));
        Assert.All(EveryBucket, id => Assert.Equal(all.RankOf(id), new Placement(devices.Reverse()).RankOf(id)));
    }
}
