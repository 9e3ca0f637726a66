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
        (id[0], id[1]) = ((byte)number, (byte)(number >> 8));
        DeviceId device = new(id);
        return new Holder(device, Site.Of(device, site), DeviceClass.Server, capacity);
    }

    static IEnumerable<HeldId> EveryBucket => Enumerable.Range(0, HealingLimits.Buckets).Select(bucket => new HeldId((ulong)bucket << 64 - HealingLimits.BucketBits));

    [Fact]
    public void Shares_follow_the_offered_capacity()
    {
        Holder[] devices = [.. Enumerable.Range(1, 10).Select(number => Device(number, number <= 5 ? 100 * GiB : 200 * GiB))];
        Placement placement = new(devices, target: 3);
        Dictionary<DeviceId, int> first = devices.ToDictionary(device => device.Device, _ => 0);
        foreach (HeldId id in EveryBucket) first[placement.RankOf(id)[0].Device]++;
        foreach (Holder device in devices)
        {
            double due = HealingLimits.Buckets * (device.Capacity / (double)GiB) / 1500;
            Assert.InRange(first[device.Device], 0.65 * due, 1.35 * due);
        }
    }

    [Theory, InlineData(20, 1.15), InlineData(100, 1.05), InlineData(1000, 1.25)]
    public void Copies_are_spread_evenly_over_equals(int count, double most)
    {
        Holder[] devices = Devices(count);
        Placement placement = new(devices, target: 3);
        int[] copies = [.. EveryBucket.SelectMany(id => placement.RankOf(id).Take(3)).GroupBy(device => device.Device).Select(held => held.Count())];
        Assert.Equal(count, copies.Length);
        Assert.InRange(copies.Max() / copies.Average(), 1, most);
    }

    [Fact]
    public void Among_many_a_share_follows_the_offered_capacity_and_no_site_counts_twice()
    {
        Holder[] devices = [.. Enumerable.Range(1, 300).Select(number => Device(number, (ulong)(1 + number % 4) * 100 * GiB, site: number % 10 == 0 ? 7UL : 0))];
        Placement placement = new(devices, target: 3);
        double due = 3.0 * HealingLimits.Buckets / devices.Sum(device => (double)device.Capacity);
        IEnumerable<Holder> held = EveryBucket.SelectMany(id => placement.RankOf(id).DistinctBy(device => device.Site).Take(3));
        foreach (IGrouping<DeviceId, Holder> copies in held.GroupBy(device => device.Device)) Assert.InRange(copies.Count(), 0, 1 + 1.25 * due * copies.First().Capacity);
    }

    [Fact]
    public void Who_goes_changes_the_order_of_no_others()
    {
        Holder[] devices = Devices(9);
        Placement all = new(devices, target: 3), fewer = new(devices.Skip(1), target: 3);
        Assert.All(EveryBucket, id => Assert.Equal(all.RankOf(id).Where(device => device != devices[0]), fewer.RankOf(id)));
        Assert.All(EveryBucket, id => Assert.Equal(all.RankOf(id), new Placement(devices.Reverse(), target: 3).RankOf(id)));
    }

    [Fact]
    public void Among_many_who_goes_changes_the_order_of_few_others_and_who_is_among_the_first_of_none()
    {
        Holder[] devices = Devices(400);
        Placement all = new(devices, target: 3), fewer = new(devices.Skip(1), target: 3), again = new(devices.Reverse(), target: 3);
        int changed = 0;
        for (int bucket = 0; bucket < HealingLimits.Buckets; bucket++)
        {
            Assert.Equal(all.RankOf(bucket), again.RankOf(bucket));
            Assert.Superset(all.FirstOf(bucket).Where(device => device != devices[0]).ToHashSet(), fewer.FirstOf(bucket).ToHashSet());
            changed += all.RankOf(bucket).Take(3).Where(device => device != devices[0]).Except(fewer.RankOf(bucket).Take(3)).Count();
        }
        Assert.InRange(changed, 0, 3 * HealingLimits.Buckets / 25);
    }

    static Holder[] Devices(int count) => [.. Enumerable.Range(1, count).Select(number => Device(number))];
}
