using Vault.Identity;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

public sealed class ConvergenceTests
{
    [Fact]
    public void Whatever_order_records_come_in_the_set_is_what_an_oracle_says() => Seed.Check(LongRun.Cases(25, 1000), random =>
    {
        using CatalogRig rig = new(random);
        List<ReadOnlyMemory<byte>> said = History(rig, random, out List<Node> members);
        SortedSet<Leaf> expected = CatalogOracle.Leaves(rig.Vault, said);
        Hash32 root = CatalogOracle.Root(rig.Vault, expected);

        foreach (bool reads in (bool[])[true, false])
        {
            Node late = rig.NewNode(reads);
            ReadOnlyMemory<byte>[] order = [.. said];
            for (int i = order.Length - 1; i > 0; i--)
            {
                int j = random.Below(i + 1);
                (order[i], order[j]) = (order[j], order[i]);
            }
            for (int at = 0; at < order.Length;)
            {
                int length = Math.Min(1 + random.Below(12), order.Length - at);
                late.Catalog.Merge([.. order[at..(at + length)], .. order[..random.Below(Math.Min(at, 4) + 1)]]);
                at += length;
                if (random.Below(10) == 0) late.Reopen();
            }
            // A version that came after what had replaced it wasn't kept; should its successor not count in the end, whoever has it offers it again.
            late.Catalog.Merge(said);
            using (SetView view = late.Catalog.Standing().View) Assert.Equal(expected, view.Leaves(LeafPrefix.Everything));
            Assert.Equal(root, late.Catalog.Root);
            CatalogCheck check = late.Catalog.Verify();
            Assert.True(check.IsClean, string.Join('\n', check.Faults));
            late.Reopen(mended: "a test says so");
            Assert.Equal(root, late.Catalog.Root);
            Assert.True(late.Catalog.Verify().IsClean);
        }
    });

    [Fact]
    public void Devices_that_gossip_long_enough_end_with_one_root_whatever_each_missed_at_first() => Seed.Check(LongRun.Cases(15, 2000), random =>
    {
        using CatalogRig rig = new(random);
        History(rig, random, out List<Node> members);
        for (int round = 0; round < 3; round++)
            foreach (Node to in members)
                foreach (Node from in members.Where(from => from != to)) Meeting.Of(to, from);
        Hash32 root = members[0].Catalog.Root;
        foreach (Node member in members)
        {
            Assert.Equal(root, member.Catalog.Root);
            Assert.Equal(members[0].Names(recursive: true), member.Names(recursive: true));
            Assert.Equal(members[0].Catalog.Totals, member.Catalog.Totals);
            Assert.Equal(members[0].Catalog.Conflicts().Select(entry => entry.Path), member.Catalog.Conflicts().Select(entry => entry.Path));
            Assert.True(member.Catalog.Verify().IsClean);
        }
    });

    /// <summary>A few devices that edit, hear of each other in part, let others in and shut them out. Returns all that was said by anyone.</summary>
    static List<ReadOnlyMemory<byte>> History(CatalogRig rig, RandomSource random, out List<Node> members)
    {
        Dictionary<Leaf, ReadOnlyMemory<byte>> said = [];
        void Heard(CatalogChange change)
        {
            foreach (AddedRecord record in change.Added) said[record.Leaf] = record.Bytes.ToArray();
        }
        Node founder = rig.NewNode(root: true);
        founder.Catalog.Changed += Heard;
        founder.Catalog.Add(Genesis.Create(founder.Keys, founder.Device, founder.Clock, random, "test"));
        members = [founder];
        HashSet<DeviceId> shut = [];
        for (int step = 0; step < 60; step++)
        {
            rig.Time.Pass(TimeSpan.FromSeconds(random.Below(100)));
            Node node = members[random.Below(members.Count)], other = members[random.Below(members.Count)];
            int action = random.Below(20);
            if (action < 3 && members.Count < 5)
            {
                Node by = action == 0 ? founder : node;
                if (by.Catalog.Membership.Find(by.Id) is not { IsActive: true, Role: Role.Admin }) continue;
                Node fresh = rig.NewNode();
                fresh.Catalog.Changed += Heard;
                by.Catalog.Add([by.Author.Certify(by.Catalog.Membership, fresh.Device.Public, random.Below(3) == 0 ? Role.Admin : Role.Writer)]);
                fresh.MergeFrom(by);
                members.Add(fresh);
            }
            else if (action == 3 && members.Count > 2)
            {
                Node victim = members[1 + random.Below(members.Count - 1)];
                if (!shut.Add(victim.Id) || founder.Catalog.Membership.Find(victim.Id) is null) continue;
                using SetView view = founder.Catalog.Standing().View;
                List<Hash32> keep = [.. view.Leaves(LeafPrefix.Everything).Where(leaf => !leaf.IsControl && random.Below(2) == 0).Select(leaf => leaf.Digest)];
                founder.Catalog.Add(random.Below(3) == 0
                    ? founder.Author.Retire(founder.Catalog.Membership, victim.Device.Public)
                    : founder.Author.Revoke(founder.Catalog.Membership, victim.Device.Public, keep));
            }
            else if (action == 4 && random.Below(2) == 0)
            {
                // A cut that not all have seen, as no honest admin makes one: what was deleted may come back, but the same for all.
                HashSet<DeviceId> all = [.. founder.Catalog.Membership.Members.Select(member => member.Device)];
                Cut cut = Cut.Of(members.Where(member => member == founder || random.Below(3) != 0).Select(member => (member.Id, founder.Clock.Now)));
                founder.Catalog.Add([founder.Author.CutTombstones(founder.Catalog.Membership, cut, all)]);
            }
            else if (action < 6) node.MergeFrom(other);
            else if (action < 8 && node != other) Meeting.Of(node, other);
            else if (node.Catalog.Membership.Find(node.Id) is { IsActive: true, Role: >= Role.Writer })
            {
                string path = $"{(char)('a' + random.Below(3))}/{random.Below(3)}{(random.Below(4) == 0 ? "/deep" : "")}";
                CatalogEntry? there = node.Find(path);
                VersionVector? basis = random.Below(5) == 0 ? VersionVector.Empty : null;
                if (random.Below(4) == 0) node.Remove(path);
                else if (random.Below(6) == 0 && there is { IsConflict: true, Heads: { } heads })
                    node.Catalog.Commit([new Edit.Resolve(Node.Path(path), heads.All[random.Below(heads.All.Count)].Record.Leaf)]);
                else node.Put(path, $"{random.Below(5)}", basis);
            }
        }
        foreach (Node member in members) member.Catalog.Changed -= Heard;
        return [.. said.Values];
    }
}
