using Vault.Identity;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

/// <summary>A member forges a vector so that it replaces what another device writes while it is away.</summary>
public sealed class OwnVersionsTests : IDisposable
{
    const int Me = 0, Forger = 1, Third = 2;
    readonly Writers writers = new(RandomSource.Seeded(7), 3);

    VersionVector Forged(HybridTime mine, int at) =>
        VersionVector.Of(new VersionEntry(writers.Ids[Me], mine)).With(writers.Ids[Forger], writers.At(at));

    [Fact]
    public void A_forged_vector_cannot_swallow_an_offline_edit()
    {
        FileRecord offline = writers.WriteOver(Me, "a", 50, "written on a train");
        FileRecord claim = writers.Write(Forger, "a", Forged(writers.At(99), at: 100), "forged");
        Assert.Equal([claim], Register.Merge([offline], claim).Heads); // by the rules of merging it is gone

        HybridTime known = OwnVersions.Known([offline], writers.Ids[Me]);
        Assert.True(OwnVersions.IsInvented(claim, writers.Ids[Me], known));
        FileRecord swallowed = Assert.Single(OwnVersions.Swallowed([offline], claim, writers.Ids[Me]));
        HybridClock clock = new(writers.Time);
        FileRecord again = writers.Write(Me, "a", OwnVersions.Again(swallowed, claim, writers.Ids[Me], clock), "written on a train");

        // Whoever gets these in whatever order has both.
        foreach (FileRecord[] order in (FileRecord[][])[[offline, claim, again], [again, claim, offline], [claim, again, offline]])
            Assert.Equal([.. ((FileRecord[])[claim, again]).Select(head => head.Leaf).Order()], order.Aggregate((IReadOnlyList<FileRecord>)[], (heads, next) => Register.Merge(heads, next).Heads).Select(head => head.Leaf).Order());
        Assert.False(OwnVersions.IsInvented(claim, writers.Ids[Me], OwnVersions.Known([claim, again], writers.Ids[Me])));
    }

    [Fact]
    public void Who_has_seen_a_version_may_replace_it()
    {
        FileRecord mine = writers.WriteOver(Me, "a", 50, "mine");
        FileRecord over = writers.WriteOver(Third, "a", 60, "over it", mine);
        Assert.False(OwnVersions.IsInvented(over, writers.Ids[Me], OwnVersions.Known([mine], writers.Ids[Me])));
        // Nor what was seen through a third, nor what a tombstone epoch has cleared away.
        FileRecord further = writers.WriteOver(Forger, "a", 70, "further", over);
        Assert.False(OwnVersions.IsInvented(further, writers.Ids[Me], OwnVersions.Known([over], writers.Ids[Me])));
        Assert.True(OwnVersions.IsInvented(further, writers.Ids[Me], OwnVersions.Known([], writers.Ids[Me])));
        Assert.False(OwnVersions.IsInvented(further, writers.Ids[Me], OwnVersions.Known([], writers.Ids[Me], cut: writers.At(50))));
    }

    [Fact]
    public void What_the_forger_may_replace_by_its_own_sight_stays_replaced()
    {
        // The head isn't this device's and knows nothing of it: the claim about this device has no part in replacing it.
        FileRecord thirds = writers.WriteOver(Third, "a", 10, "third's");
        VersionVector seen = VersionVector.Of(new VersionEntry(writers.Ids[Third], thirds.Time), new VersionEntry(writers.Ids[Me], writers.At(90)));
        FileRecord claim = writers.Write(Forger, "a", seen.With(writers.Ids[Forger], writers.At(91)), "forged");
        Assert.True(OwnVersions.IsInvented(claim, writers.Ids[Me], default));
        Assert.Empty(OwnVersions.Swallowed([thirds], claim, writers.Ids[Me]));
    }

    [Fact]
    public void A_stranger_with_this_devices_key_is_told_from_a_forger()
    {
        FileRecord mine = writers.WriteOver(Me, "a", 50, "mine"), copys = writers.WriteOver(Me, "a", 60, "a copy's", mine);
        HybridTime known = OwnVersions.Known([mine], writers.Ids[Me]);
        Assert.False(OwnVersions.IsInvented(copys, writers.Ids[Me], known));
        Assert.True(OwnVersions.IsStolen(copys, writers.Ids[Me], known));
        Assert.False(OwnVersions.IsStolen(mine, writers.Ids[Me], known));
    }

    public void Dispose() => writers.Dispose();
}
