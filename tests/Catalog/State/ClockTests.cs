using Vault.Identity;
using Vault.Primitives;
using Xunit;

namespace Vault.Catalog.Tests;

/// <summary>A device whose clock can be seen to be wrong writes nothing.</summary>
public sealed class ClockTests : IDisposable
{
    readonly CatalogRig rig = new();

    public void Dispose() => rig.Dispose();

    static SyncMessage.Hello Hello(DateTimeOffset clock) => new(false, 0, HybridTime.At(clock).Value, 7, 9, 0, 0, default, []);

    [Fact]
    public void A_clock_that_is_behind_what_it_said_before_is_named_until_it_is_right_or_accepted()
    {
        Node node = rig.NewFounder();
        DateTimeOffset before = rig.Time.Now;
        rig.Time.Pass(TimeSpan.FromDays(400));
        node.Put("one", "1");
        rig.Time.Now = before;
        node.Reopen();
        ConfigException refused = Assert.Throws<ConfigException>(() => node.Put("two", "2"));
        Assert.Contains("2030-01-01", refused.Message, StringComparison.Ordinal);
        Assert.Contains("2031-02-05", refused.Message, StringComparison.Ordinal);
        Assert.NotNull(node.Find("one"));

        node.Catalog.AcceptAsIs();
        node.Put("two", "2");
        node.Reopen();
        node.Put("three", "3");
        Assert.True(node.Catalog.Verify().IsClean);
    }

    [Fact]
    public void A_few_minutes_are_no_matter()
    {
        Node node = rig.NewFounder();
        node.Put("one", "1");
        rig.Time.Pass(TimeSpan.FromMinutes(-9));
        node.Reopen();
        node.Put("two", "2");
    }

    [Fact]
    public void A_clock_ahead_of_most_machines_met_is_named_and_one_of_several_says_nothing()
    {
        Node node = rig.NewFounder(), one = rig.NewMember(node, Role.Writer), two = rig.NewMember(node, Role.Writer);
        node.Catalog.Met(one.Id, Hello(rig.Time.Now - TimeSpan.FromHours(2)), 0, caughtUp: false);
        Assert.Contains("120 minutes", Assert.Throws<ConfigException>(() => node.Put("one", "1")).Message, StringComparison.Ordinal);
        node.Catalog.Met(two.Id, Hello(rig.Time.Now), 0, caughtUp: false);
        node.Put("one", "1");
    }
}
