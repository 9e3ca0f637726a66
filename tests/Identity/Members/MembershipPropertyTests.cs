using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Identity.Tests;

/// <summary>Membership against the slow oracle, over random histories in any order of arrival.</summary>
public sealed class MembershipPropertyTests
{
    static readonly int histories = LongRun.Cases(600, 30_000);

    static void Check(Action<RandomSource, ControlHistory> property) => Seed.Check(histories, random =>
    {
        using ControlHistory history = new(random, 10 + random.Below(50));
        property(random, history);
    });

    [Fact]
    public void What_stands_is_what_the_prose_says_for_the_whole_and_for_any_part() => Check((random, history) =>
    {
        foreach (ControlRecord[] part in (ControlRecord[][])[[.. history.Records], Some(random, history.Records), Prefix(random, history.Records)])
        {
            Membership membership = Membership.Of(history.Vault, Shuffled(random, part));
            MembershipOracle oracle = new(history.Vault, part);
            foreach (ControlRecord record in part)
                Assert.True(oracle.Stands(record) == membership.Stands(record), $"{record}: oracle {oracle.Stands(record)}, rule {membership.VerdictOf(record)}");
            Assert.Equal(Contents(oracle.Standing), Contents(membership.Standing));
        }
    });

    [Fact]
    public void Who_may_write_what_is_what_the_prose_says() => Check((random, history) =>
    {
        Membership membership = Membership.Of(history.Vault, history.Records);
        MembershipOracle oracle = new(history.Vault, history.Records);
        Hash32[] leaves = [.. history.Records.Select(record => record.LeafDigest), default];
        foreach (DeviceId author in history.Authors)
        {
            for (int i = 0; i < 5; i++)
            {
                (Role role, HybridTime at, Hash32 leaf) = ((Role)(1 + random.Below(4)), ControlHistory.T(1 + random.Below(80)), leaves[random.Below(leaves.Length)]);
                Assert.Equal(oracle.Allows(author, role, at, leaf), membership.Allows(author, role, at, leaf));
            }
        }
    });

    [Fact]
    public void What_does_not_stand_has_no_effect_on_what_does() => Check((_, history) =>
    {
        Membership all = Membership.Of(history.Vault, history.Records), standing = Membership.Of(history.Vault, all.Standing);
        AssertSame(all, standing);
    });

    [Fact]
    public void Devices_that_exchange_what_stands_come_to_agree() => Check((random, history) =>
    {
        Membership left = Membership.Of(history.Vault, Some(random, history.Records)), right = Membership.Of(history.Vault, Some(random, history.Records));
        for (int rounds = 0; !Contents(left.Standing).SequenceEqual(Contents(right.Standing)); rounds++)
        {
            Assert.True(rounds < 50, "no end to the exchange");
            (left, right) = (left.With(right.Standing), right.With(left.Standing));
        }
        AssertSame(left, right);
    });

    [Fact]
    public void Records_that_come_one_by_one_in_any_order_make_the_same_membership() => Check((random, history) =>
    {
        Membership grown = Membership.Of(history.Vault, []);
        foreach (ControlRecord[] few in Shuffled(random, history.Records).Chunk(1 + random.Below(20))) grown = grown.With(few);
        AssertSame(Membership.Of(history.Vault, history.Records), grown);
    });

    [Fact]
    public void Histories_are_of_every_kind()
    {
        // The properties above are worth what the histories hold: every verdict must come up, and most kinds must stand.
        HashSet<Verdict> verdicts = [];
        HashSet<ControlKind> standing = [];
        RandomSource random = RandomSource.Seeded(7);
        for (int i = 0; i < 300; i++)
        {
            using ControlHistory history = new(random, 50);
            Membership membership = Membership.Of(history.Vault, history.Records);
            foreach (ControlRecord record in history.Records) verdicts.Add(membership.VerdictOf(record));
            standing.UnionWith(membership.Standing.Select(record => record.Kind));
        }
        Assert.Empty(Enum.GetValues<Verdict>().Except(verdicts).Except([Verdict.TooDeep]));
        Assert.Empty(Enum.GetValues<ControlKind>().Except(standing));
    }

    static void AssertSame(Membership one, Membership other)
    {
        Assert.Equal(Contents(one.Standing), Contents(other.Standing));
        Assert.Equal(one.Members.Select(Described), other.Members.Select(Described));
        Assert.Equal(one.Settings, other.Settings);
        Assert.Equal(one.Cut.Entries, other.Cut.Entries);
        Assert.Equal((one.CurrentEpoch, one.NeedsNewEpoch), (other.CurrentEpoch, other.NeedsNewEpoch));
    }

    static string Described(Member member) =>
        $"{member} {member.Admitted} {member.NotAfter} {member.IsRevoked} {member.Retired} {member.Profile} {member.Certificate.Content} {string.Join(',', member.Issuers)} "
        + string.Concat(Enumerable.Range(1, 80).Select(time => (int)(member.RoleAt(ControlHistory.T(time)) ?? 0)));

    static IEnumerable<Hash32> Contents(IEnumerable<ControlRecord> records) => records.Select(record => record.Content).Order();

    static ControlRecord[] Some(RandomSource random, IReadOnlyList<ControlRecord> records)
    {
        int lost = random.Below(4);
        return [.. records.Where(_ => random.Below(10) >= lost)];
    }

    static ControlRecord[] Prefix(RandomSource random, IReadOnlyList<ControlRecord> records) => [.. records.Take(random.Below(records.Count + 1))];

    static ControlRecord[] Shuffled(RandomSource random, IReadOnlyList<ControlRecord> records) => [.. records.OrderBy(_ => random.NextUInt64())];
}
