using Vault.Blocks;
using Vault.Identity;
using Xunit;

namespace Vault.Catalog.Tests;

/// <summary>Deletions are forgotten when everybody has seen them, and whoever was away for long brings nothing back by that.</summary>
public sealed class ForgettingTests : IDisposable
{
    const int Deleted = 100;

    static readonly TimeSpan Window = TimeSpan.FromDays(31);

    readonly CatalogRig rig = new();
    readonly Node founder, other;

    public ForgettingTests()
    {
        founder = rig.NewFounder();
        other = rig.NewMember(founder, Role.Writer);
        for (int i = 0; i < Deleted; i++) founder.Put($"old/{i}", "x");
        founder.Put("kept", "y");
        Meet(founder, other);
    }

    public void Dispose() => rig.Dispose();

    /// <summary>Two devices compare, and each knows of the other that it has everything.</summary>
    static void Meet(Node one, Node two)
    {
        one.MergeFrom(two);
        two.MergeFrom(one);
        one.MergeFrom(two);
        Assert.Equal(one.Catalog.Root, two.Catalog.Root);
        foreach ((Node me, Node peer) in (ReadOnlySpan<(Node, Node)>)[(one, two), (two, one)])
            me.Catalog.Met(peer.Id, new SyncMessage.Hello(false, 0, peer.Clock.Now.Value, 1, peer.Catalog.Sequence, 0, 0, default, []), me.Catalog.Sequence, caughtUp: true, peer);
    }

    static void DeleteAll(Node node)
    {
        for (int i = 0; i < Deleted; i++) node.Remove($"old/{i}");
    }

    static int Tombstones(Node node) => node.Records().Count(record => FileRecord.Parse(record) is { Kind: RecordKind.Tombstone });

    void PassWithTending(TimeSpan time, params Node[] nodes)
    {
        for (TimeSpan passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromDays(1))
        {
            rig.Time.Pass(TimeSpan.FromDays(1));
            foreach (Node node in nodes) node.Catalog.Tend();
        }
    }

    [Fact]
    public void Deletions_are_forgotten_when_all_have_had_them_for_the_length_of_the_history()
    {
        DeleteAll(founder);
        Meet(founder, other);
        founder.Catalog.Tend(); // notes what all are to have seen
        PassWithTending(TimeSpan.FromDays(29), founder, other);
        Meet(founder, other);
        Assert.Equal(Deleted, Tombstones(founder));

        PassWithTending(TimeSpan.FromDays(2), other, founder);
        Assert.Equal(0, Tombstones(founder));
        Meet(founder, other);
        Assert.Equal(0, Tombstones(other));
        Assert.Equal(["kept"], other.Names(recursive: true));
        Assert.Empty(founder.Catalog.Returned().Concat(other.Catalog.Returned()));
        Assert.True(founder.Catalog.Verify().IsClean && other.Catalog.Verify().IsClean);
    }

    [Fact]
    public void Nothing_is_forgotten_that_a_member_may_not_have_seen_until_it_is_put_out()
    {
        Node away = rig.NewMember(founder, Role.Reader);
        Meet(founder, other);
        DeleteAll(founder);
        for (int month = 0; month < 6; month++)
        {
            PassWithTending(Window, founder, other);
            Meet(founder, other);
        }
        Assert.Equal(Deleted, Tombstones(founder));

        founder.Catalog.Add(founder.Author.Revoke(founder.Catalog.Membership, away.Device.Public, []));
        Meet(founder, other);
        PassWithTending(Window * 2, founder, other);
        Assert.Equal(0, Tombstones(founder));
    }

    [Fact]
    public async Task Who_returns_after_months_resurrects_nothing_and_loses_nothing_that_was_written_meanwhile()
    {
        Node away = rig.NewMember(founder, Role.Writer);
        founder.Put("shared", "first");
        Meet(founder, other);
        Meet(founder, away);
        Edit.Put own = await away.StoreFileAsync("own", new byte[1000]);
        away.Catalog.Commit([own]);
        Meet(founder, away);

        DeleteAll(founder);
        founder.Remove("own");
        other.Put("shared", "theirs");
        other.Put("new", "n");
        Meet(founder, other);
        for (int month = 0; month < 8; month++)
        {
            PassWithTending(Window, founder, other, away);
            Meet(founder, other);
        }
        // Nobody has told it anything: it works on with what it had.
        away.Put("old/7", "edited far away");
        away.Put("shared", "mine");
        away.Put("far", "f");
        away.Remove("kept");

        Meet(away, other);
        Meet(founder, other);
        foreach (Node node in (Node[])[founder, other, away])
        {
            Assert.Equal(["far", "new", "old/7", "shared"], node.Catalog.List(null, true).Where(entry => entry.Kind == RecordKind.File).Select(entry => entry.Path.Text));
            Assert.Equal(2, node.Find("shared")!.Heads!.All.Count(head => !head.IsTombstone));
            Assert.Empty(node.Catalog.Returned());
            Assert.True(node.Catalog.Verify().IsClean);
        }
        // What was deleted is kept for the history's window from when it was heard of, and then for nobody.
        PassWithTending(Window - TimeSpan.FromDays(2), away);
        Assert.NotEmpty(away.Store.Pins.On(rig.Vault.Tag, own.File!.Value.Root));
        PassWithTending(TimeSpan.FromDays(2), away);
        Assert.Empty(away.Store.Pins.On(rig.Vault.Tag, own.File!.Value.Root));
    }

    [Fact]
    public void Few_deletions_arent_worth_a_record_and_only_an_admin_makes_one()
    {
        for (int i = 0; i < 10; i++) founder.Remove($"old/{i}");
        Meet(founder, other);
        PassWithTending(Window * 3, founder, other);
        Meet(founder, other);
        Assert.Equal(10, Tombstones(founder));
        Assert.Equal(0, founder.Catalog.Membership.Cut.Count);

        DeleteAll(other);
        Meet(founder, other);
        PassWithTending(Window * 3, other);
        Assert.Equal(Deleted, Tombstones(other));
    }
}
