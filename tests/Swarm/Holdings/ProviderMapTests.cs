using Vault.Identity;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Swarm.Tests;

public sealed class ProviderMapTests
{
    static readonly SketchKey key = new(new byte[16]);

    static HeldId[] Ids(RandomSource random, int count) => [.. Enumerable.Range(0, count).Select(_ => new HeldId(random.NextUInt64()))];

    [Fact]
    public void It_says_what_sets_of_ids_would_say() => Seed.Check(LongRun.Cases(20, 500), random =>
    {
        ProviderMap map = new(key, random);
        HeldColumn[] columns = [map.Needed, map.Self, map.AddColumn(), map.AddColumn()];
        HashSet<HeldId>[] oracle = [[], [], [], []];
        HeldId[] ids = Ids(random, 1 + random.Below(4000));
        for (int i = 0; i < 6000; i++)
        {
            (int column, HeldId id) = (random.Below(4), ids[random.Below(ids.Length)]);
            if (random.Below(3) > 0) Assert.Equal(oracle[column].Add(id), map.Add(columns[column], id));
            else Assert.Equal(oracle[column].Remove(id), map.Take(columns[column], id));
            if (random.Below(1000) == 0) map.Compact();
        }
        for (int column = 0; column < 4; column++)
        {
            Assert.Equal(oracle[column], map.In(columns[column]).ToHashSet());
            ProviderMap other = new(key, random);
            foreach (HeldId id in oracle[column].Reverse()) other.Add(other.Self, id);
            Assert.Equal(other.Self.Digest, columns[column].Digest);
        }
        long[] expected = new long[3];
        foreach (HeldId id in oracle[0]) expected[Math.Min(2, (oracle[1].Contains(id) ? 1 : 0) + (oracle[2].Contains(id) || oracle[3].Contains(id) ? 1 : 0))]++;
        Assert.Equal(expected, map.Histogram([[columns[1]], [columns[2], columns[3]]], 2));
        IReadOnlyList<HeldId> drawn = map.Draw(columns[1], columns[2], 16, random);
        Assert.All(drawn, id => Assert.True(oracle[1].Contains(id) && oracle[2].Contains(id)));
        Assert.Equal(drawn.Distinct(), drawn);
        Assert.Equal(oracle[1].Overlaps(oracle[2]), drawn.Count > 0);
    });

    [Fact]
    public void What_is_drawn_to_be_proven_is_any_block_that_both_have_and_none_rather_than_another()
    {
        RandomSource random = RandomSource.Seeded(1);
        ProviderMap map = new(key, random);
        HeldColumn peer = map.AddColumn();
        HeldId[] ids = Ids(random, 5000), both = [.. ids.Where((_, i) => i is 3 or 64 or 127 or 2500 or 2501 or 4999)];
        foreach (HeldId id in ids) map.Add(map.Needed, id);
        foreach (HeldId id in ids[..2400]) map.Add(map.Self, id);
        foreach (HeldId id in ids[2600..]) map.Add(peer, id);
        foreach (HeldId id in both)
        {
            map.Add(map.Self, id);
            map.Add(peer, id);
        }
        Dictionary<HeldId, int> times = both.ToDictionary(id => id, _ => 0);
        for (int i = 0; i < 6000; i++) times[Assert.Single(map.Draw(map.Self, peer, 1, random))]++;
        Assert.All(times.Values, count => Assert.InRange(count, 850, 1150));
    }

    [Fact]
    public void What_a_device_invents_takes_bounded_room_and_none_from_what_is_needed()
    {
        RandomSource random = RandomSource.Seeded(2);
        ProviderMap map = new(key, random);
        HeldColumn liar = map.AddColumn();
        int taken = Ids(random, HoldingsLimits.Strangers + 5000).Count(id => map.Add(liar, id));
        Assert.Equal(HoldingsLimits.Strangers, taken);
        Assert.All(Ids(random, 1000), id => Assert.True(map.Add(map.Needed, id)));
        map.Clear(liar);
        Assert.True(map.Add(liar, new HeldId(1)));
    }

    [Fact]
    public void A_device_that_invents_and_takes_back_doesnt_have_all_rows_looked_through_each_time()
    {
        RandomSource random = RandomSource.Seeded(3);
        ProviderMap map = new(key, random);
        HeldColumn liar = map.AddColumn();
        HeldId[] ids = Ids(random, HoldingsLimits.Strangers + 5000);
        foreach (HeldId id in ids) map.Add(liar, id);
        for (int i = 0; i < 5000; i++)
        {
            map.Take(liar, ids[i]);
            map.Add(liar, ids[HoldingsLimits.Strangers + i]);
        }
        Assert.Equal(0, map.Renumbered);
    }
}
