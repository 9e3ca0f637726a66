using Vault.Blocks;
using Vault.Identity;
using Vault.Primitives;
using Vault.Store;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

public sealed class MergeTests : IDisposable
{
    readonly CatalogRig rig = new();

    static MergeOutcome Only(MergeReport report) => Assert.Single(report.Outcomes);

    /// <summary>A version as any holder of the keys could write it, with whatever vector.</summary>
    FileRecord Write(Node by, string path, VersionVector versions, RecordKind kind = RecordKind.Tombstone) =>
        new RecordSealer(by.Keys, rig.Random).Seal(by.Device, kind, new Entry(Node.Path(path)), versions);

    FileRecord Write(Node by, string path, HybridTime? time = null) => Write(by, path, VersionVector.Empty.With(by.Id, time ?? by.Clock.Next()), RecordKind.Folder);

    [Fact]
    public void What_is_malformed_or_forged_is_refused_and_changes_nothing()
    {
        Node founder = rig.NewFounder(), other = rig.NewMember(founder, Role.Writer);
        Hash32 root = founder.Catalog.Root;
        byte[] good = Write(other, "a").Encode().ToArray();
        for (int i = 0; i < good.Length; i++)
        {
            byte[] bent = [.. good];
            bent[i] ^= 4;
            MergeOutcome outcome = Only(founder.Catalog.Merge([bent]));
            Assert.True(outcome is MergeOutcome.Malformed or MergeOutcome.Forged or MergeOutcome.UnknownAuthor, $"{i}: {outcome}");
        }
        Assert.Equal(MergeOutcome.Malformed, Only(founder.Catalog.Merge([good.AsMemory(0, good.Length - 1)])));
        Assert.Equal(MergeOutcome.Malformed, Only(founder.Catalog.Merge([Array.Empty<byte>()])));
        Assert.Equal(MergeOutcome.Malformed, Only(founder.Catalog.Merge([new byte[20_000]])));
        Assert.Equal(root, founder.Catalog.Root);
        Assert.Equal(MergeOutcome.Accepted, Only(founder.Catalog.Merge([good])));
        Assert.Equal(MergeOutcome.Known, Only(founder.Catalog.Merge([good])));
    }

    [Fact]
    public void A_record_whose_author_is_not_known_yet_waits_and_comes_in_with_the_certificate_also_after_a_restart()
    {
        Node founder = rig.NewFounder(), third = rig.NewMember(founder, Role.Writer), late = rig.NewMember(founder, Role.Reader, learns: false);
        third.Put("early", "1");
        List<ReadOnlyMemory<byte>> records = third.Records();
        ReadOnlyMemory<byte> file = records.Single(record => FileRecord.IsFile(record.Span));
        Assert.Equal(MergeOutcome.UnknownAuthor, Only(late.Catalog.Merge([file])));
        Assert.Equal(0, late.Catalog.Count);
        late.Reopen();
        late.Catalog.Merge([.. records.Where(record => !FileRecord.IsFile(record.Span))]);
        Assert.Equal(["early"], late.Names());
        founder.MergeFrom(third);
        late.MergeFrom(founder);
        Assert.Equal(founder.Catalog.Root, late.Catalog.Root);
    }

    [Fact]
    public void A_forgery_that_waited_for_its_author_goes_when_the_author_comes()
    {
        Node founder = rig.NewFounder(), third = rig.NewMember(founder, Role.Writer), late = rig.NewNode();
        byte[] forged = Write(third, "forged").Encode().ToArray();
        forged[^1] ^= 1;
        Assert.Equal(MergeOutcome.UnknownAuthor, Only(late.Catalog.Merge([forged])));
        late.MergeFrom(founder);
        Assert.Empty(late.Names());
        Assert.Equal(founder.Catalog.Root, late.Catalog.Root);
    }

    [Fact]
    public void A_record_from_the_future_waits_for_its_time()
    {
        Node founder = rig.NewFounder(), other = rig.NewMember(founder, Role.Writer);
        HybridTime ahead = HybridTime.At(rig.Time.Now + TimeSpan.FromMinutes(30));
        Assert.Equal(MergeOutcome.Future, Only(founder.Catalog.Merge([Write(other, "later", ahead).Encode()])));
        founder.Catalog.Tend();
        Assert.Empty(founder.Names());
        rig.Time.Pass(TimeSpan.FromMinutes(21));
        founder.Catalog.Tend();
        Assert.Equal(["later/"], founder.Names());
        // And what is written here afterwards is later than it.
        founder.Remove("later");
        Assert.Empty(founder.Names());
    }

    [Fact]
    public void Settings_from_the_future_hold_from_then_on_and_not_before()
    {
        Node founder = rig.NewFounder(), other = rig.NewMember(founder, Role.Reader);
        SetTime ahead = new() { Now = rig.Time.Now + TimeSpan.FromHours(1) };
        ControlAuthor early = new(founder.Keys, founder.Device, new HybridClock(ahead), rig.Random);
        ControlRecord settings = early.Change(founder.Catalog.Membership, VaultSettings.Default with { HistoryDays = 7 });
        Assert.Equal(MergeOutcome.Future, Only(other.Catalog.Merge([settings.Encode()])));
        Assert.Equal(30, other.Catalog.Membership.Settings.HistoryDays);
        other.Reopen();
        rig.Time.Pass(TimeSpan.FromHours(1));
        other.Catalog.Tend();
        Assert.Equal(7, other.Catalog.Membership.Settings.HistoryDays);
        founder.Catalog.Merge([settings.Encode()]);
        Assert.Equal(founder.Catalog.Root, other.Catalog.Root);
        Assert.Empty(other.Catalog.Parts.EarlyControls());
    }

    [Fact]
    public void Of_settings_only_the_latest_count_in_the_root()
    {
        Node founder = rig.NewFounder();
        Node writer = rig.NewMember(founder, Role.Writer);
        for (int i = 0; i < 40; i++) founder.Catalog.Add([founder.Author.Change(founder.Catalog.Membership, VaultSettings.Default with { HistoryDays = i + 1 })]);
        Assert.Equal(40, founder.Catalog.Membership.Settings.HistoryDays);
        Assert.Equal(3, founder.Catalog.Count);
        founder.Reopen();
        Assert.Equal(40, founder.Catalog.Membership.Settings.HistoryDays);
        Assert.True(founder.Catalog.Verify().IsClean);
    }

    [Fact]
    public void A_reader_may_not_write_and_a_writer_whose_certificate_ran_out_may_not_any_more()
    {
        Node founder = rig.NewFounder(), reader = rig.NewMember(founder, Role.Reader);
        Assert.Equal(MergeOutcome.NotAllowed, Only(founder.Catalog.Merge([Write(reader, "no").Encode()])));
        Assert.Throws<ConfigException>(() => reader.Put("no", "1"));
        Assert.Throws<ConfigException>(() => reader.Catalog.Commit([.. Enumerable.Range(0, 1000).Select(i => reader.File($"{i}"))]));
        founder.Catalog.Add([founder.Author.Certify(founder.Catalog.Membership, reader.Device.Public, Role.Writer)]);
        // What it had written before it was allowed to came in with the new certificate, as on every device that knows both.
        Assert.Equal(["no/"], founder.Names());
    }

    [Fact]
    public void A_vector_made_up_to_swallow_an_edit_made_here_is_flagged_and_swallows_nothing()
    {
        Node founder = rig.NewFounder(), liar = rig.NewMember(founder, Role.Writer);
        founder.Put("thesis", "months of work");
        HybridTime invented = new(founder.Find("thesis")!.Winner!.Record.Time.Value + 5);
        FileRecord claim = Write(liar, "thesis", VersionVector.Of(new VersionEntry(founder.Id, invented)).With(liar.Id, liar.Clock.Next(after: invented)));
        MergeReport report = founder.Catalog.Merge([claim.Encode()]);
        Assert.Equal(MergeOutcome.Accepted, Only(report));
        Assert.Equal(SuspicionKind.ForgedVector, Assert.Single(report.Flags).Kind);
        Assert.Equal(liar.Id, Assert.Single(founder.Catalog.Suspicions).Author);
        Assert.Equal("months of work".Length, founder.Find("thesis")!.Size);
        Assert.Equal(2, founder.Find("thesis")!.Heads!.All.Count);
        liar.MergeFrom(founder);
        liar.Catalog.Merge([claim.Encode()]);
        Assert.Equal(founder.Catalog.Root, liar.Catalog.Root);
    }

    [Fact]
    public void Two_versions_under_one_time_are_both_kept_and_their_author_is_flagged()
    {
        Node founder = rig.NewFounder(), liar = rig.NewMember(founder, Role.Writer);
        HybridTime time = liar.Clock.Next();
        founder.Catalog.Merge([Write(liar, "twice", time).Encode()]);
        MergeReport report = founder.Catalog.Merge([Write(liar, "twice", time).Encode()]);
        Assert.Equal(SuspicionKind.Equivocation, Assert.Single(report.Flags).Kind);
        Assert.Equal(2, founder.Find("twice")!.Heads!.All.Count);
    }

    [Fact]
    public void What_a_revoked_device_wrote_goes_unless_it_was_kept_and_what_it_had_replaced_comes_back()
    {
        Node founder = rig.NewFounder(), vandal = rig.NewMember(founder, Role.Writer);
        founder.Put("letter", "good");
        vandal.MergeFrom(founder);
        vandal.Put("letter", "vandalised");
        vandal.Put("gift", "kept");
        vandal.Remove("nothing");
        founder.MergeFrom(vandal);
        Assert.Equal("vandalised".Length, founder.Find("letter")!.Size);
        Leaf gift = founder.Find("gift")!.Winner!.Record.Leaf;
        founder.Catalog.Add(founder.Author.Revoke(founder.Catalog.Membership, vandal.Device.Public, [gift.Digest]));
        Assert.Equal("good".Length, founder.Find("letter")!.Size);
        Assert.Equal(["gift", "letter"], founder.Names());
        Assert.Contains(founder.Store.Pins.Of(rig.Vault.Tag), pin => pin.Reason == PinReason.Wanted);
        Assert.True(founder.Catalog.Verify().IsClean);
        vandal.Put("too late", "x");
        Assert.All(founder.MergeFrom(vandal).Outcomes, outcome => Assert.NotEqual(MergeOutcome.Accepted, outcome));
    }

    [Fact]
    public void Shutting_out_somebody_with_much_to_their_name_takes_several_commits_and_is_finished_after_a_crash()
    {
        MemoryDatabase inner = new(CatalogRig.MetaFamilies);
        FaultyDatabase meta = new(inner);
        Node founder = rig.NewFounder(meta), vandal = rig.NewMember(founder, Role.Writer), other = rig.NewMember(founder, Role.Writer);
        vandal.Catalog.Commit([.. Enumerable.Range(0, 5000).Select(i => vandal.File($"spam/{i}"))]);
        founder.MergeFrom(vandal);
        founder.Put("mine", "1");
        other.MergeFrom(founder);
        IReadOnlyList<ControlRecord> revocation = founder.Author.Revoke(founder.Catalog.Membership, vandal.Device.Public, []);
        meta.Plan = new FaultPlan { CommitLost = meta.Commits + 1 };
        Assert.Throws<StoreException>(() => founder.Catalog.Add(revocation));
        Assert.Equal(3001, founder.Catalog.Totals.Files);
        founder.Reopen(inner.Kill());
        Assert.Equal(["mine"], founder.Names());
        Assert.True(founder.Catalog.Verify().IsClean);
        other.Catalog.Add(revocation);
        Assert.Equal(founder.Catalog.Root, other.Catalog.Root);
    }

    [Fact]
    public void Two_admins_who_each_put_somebody_out_apart_from_each_other_end_with_secrets_that_neither_has()
    {
        Node founder = rig.NewFounder(), admin = rig.NewMember(founder, Role.Admin), one = rig.NewMember(founder, Role.Reader), two = rig.NewMember(admin, Role.Reader);
        founder.MergeFrom(admin);
        admin.MergeFrom(founder);
        foreach ((Node by, Node subject) in (ReadOnlySpan<(Node, Node)>)[(founder, one), (admin, two)])
        {
            IReadOnlyList<ControlRecord> revocation = by.Author.Revoke(by.Catalog.Membership, subject.Device.Public, []);
            by.Catalog.Add([.. revocation, by.Author.NewEpoch(by.Catalog.Membership.With(revocation))]);
        }
        founder.MergeFrom(admin);
        admin.MergeFrom(founder);
        Assert.True(admin.Catalog.Membership.NeedsNewEpoch);

        two.Catalog.Tend(); // no admin
        admin.Catalog.Tend();
        founder.MergeFrom(admin);
        founder.Catalog.Tend();
        Assert.Equal(founder.Catalog.Root, admin.Catalog.Root);
        Assert.False(founder.Catalog.Membership.NeedsNewEpoch);
        Assert.Equal(founder.Catalog.Membership.CurrentEpoch, founder.Keys.Current.Number);
        foreach (Node revoked in (Node[])[one, two])
        {
            revoked.MergeFrom(founder);
            Assert.NotEqual(founder.Catalog.Membership.CurrentEpoch, revoked.Keys.Current.Number);
        }
    }

    [Fact]
    public void Tombstones_go_by_a_cut_that_all_have_seen_and_stay_away()
    {
        Node founder = rig.NewFounder(), other = rig.NewMember(founder, Role.Writer);
        for (int i = 0; i < 5; i++) founder.Put($"{i}", "x");
        for (int i = 0; i < 4; i++) founder.Remove($"{i}");
        other.MergeFrom(founder);
        List<ReadOnlyMemory<byte>> tombstones = [.. founder.Records().Where(record => FileRecord.Parse(record) is { Kind: RecordKind.Tombstone })];
        Assert.Equal(4, tombstones.Count);
        long before = founder.Catalog.Count;
        Cut cut = Cut.Of([(founder.Id, founder.Clock.Next())]);
        founder.Catalog.Add([founder.Author.CutTombstones(founder.Catalog.Membership, cut, new HashSet<DeviceId> { founder.Id, other.Id })]);
        Assert.Equal(before - 4 + 1, founder.Catalog.Count);
        Assert.All(founder.Catalog.Merge(tombstones).Outcomes, outcome => Assert.True(outcome is MergeOutcome.Forgotten or MergeOutcome.Known));
        other.MergeFrom(founder);
        Assert.Equal(founder.Catalog.Root, other.Catalog.Root);
        Assert.Equal(["4"], other.Names());
        founder.Put("0", "anew");
        Assert.True(founder.Catalog.Verify().IsClean);
    }

    [Fact]
    public void What_was_deleted_and_forgotten_comes_back_with_a_mark_until_somebody_decides()
    {
        Node founder = rig.NewFounder(), other = rig.NewMember(founder, Role.Writer);
        foreach (string path in (string[])["kept", "gone", "again"]) founder.Put(path, path);
        other.MergeFrom(founder);
        List<ReadOnlyMemory<byte>> old = founder.Records(); // as a copy of the database has them that is put back in a year
        founder.Remove("gone");
        founder.Remove("again");
        other.MergeFrom(founder);
        founder.Catalog.Add([founder.Author.CutTombstones(founder.Catalog.Membership, Cut.Of([(founder.Id, founder.Clock.Next())]), new HashSet<DeviceId> { founder.Id, other.Id })]);
        other.MergeFrom(founder);
        Assert.Empty(founder.Catalog.Returned());

        founder.Catalog.Merge(old);
        other.MergeFrom(founder);
        foreach (Node node in (Node[])[founder, other])
        {
            Assert.Equal(["again", "gone"], node.Catalog.Returned().Select(entry => entry.Path.Text));
            node.Reopen();
            Assert.Equal(["again", "gone"], node.Catalog.Returned().Select(entry => entry.Path.Text));
        }
        // Who came later can't tell what was deleted before, and isn't asked.
        rig.Time.Pass(TimeSpan.FromMinutes(1));
        Node late = rig.NewMember(founder, Role.Writer);
        Assert.Equal(["again", "gone", "kept"], late.Names());
        Assert.Empty(late.Catalog.Returned());

        founder.Catalog.Commit([new Edit.Resolve(Node.Path("again"), founder.Find("again")!.Winner!.Record.Leaf)]);
        founder.Remove("gone");
        foreach (Node node in (Node[])[other, late]) node.MergeFrom(founder);
        foreach (Node node in (Node[])[founder, other, late])
        {
            Assert.Empty(node.Catalog.Returned());
            Assert.Equal(["again", "kept"], node.Names());
            Assert.Distinct(node.Catalog.History(Node.Path("again")).Select(past => past.Version.Record.Leaf));
            Assert.True(node.Catalog.Verify().IsClean);
        }
        Assert.Equal(founder.Catalog.Root, other.Catalog.Root);
    }

    [Fact]
    public void Of_more_versions_than_a_path_can_have_the_same_stay_on_every_device()
    {
        Node founder = rig.NewFounder();
        List<Node> writers = [.. Enumerable.Range(0, 70).Select(_ => rig.NewMember(founder, Role.Writer))];
        List<ReadOnlyMemory<byte>> versions = [.. writers.Select(writer => Write(writer, "crowded").Encode())];
        Node forwards = rig.NewNode(), backwards = rig.NewNode();
        forwards.MergeFrom(founder);
        backwards.MergeFrom(founder);
        foreach (ReadOnlyMemory<byte> version in versions) forwards.Catalog.Merge([version]);
        foreach (ReadOnlyMemory<byte> version in Enumerable.Reverse(versions)) backwards.Catalog.Merge([version]);
        Assert.Equal(forwards.Catalog.Root, backwards.Catalog.Root);
        Assert.Equal(Register.MaxHeads, forwards.Find("crowded")!.Heads!.All.Count);
        // One that has seen those that stand leaves room, and what waited comes in. Anybody may: a vector names more devices than stand side by side.
        Node last = rig.NewMember(founder, Role.Writer);
        last.MergeFrom(founder);
        last.Catalog.Merge(versions);
        last.Remove("crowded");
        Assert.Equal(7, last.Find("crowded")!.Heads!.All.Count);
        forwards.MergeFrom(last);
        backwards.MergeFrom(last);
        Assert.Equal(forwards.Catalog.Root, backwards.Catalog.Root);
        Assert.Equal(7, forwards.Find("crowded")!.Heads!.All.Count);
        Assert.True(forwards.Catalog.Verify().IsClean);
    }

    [Fact]
    public void There_is_room_for_some_records_that_wait_and_no_more()
    {
        Node founder = rig.NewFounder(), stranger = rig.NewNode(), late = rig.NewNode();
        late.MergeFrom(founder);
        List<ReadOnlyMemory<byte>> flood = [.. Enumerable.Range(0, WaitingRecords.MaxCount + 50).Select(i => Write(stranger, $"{i}").Encode())];
        MergeReport report = late.Catalog.Merge(flood);
        Assert.Equal(50, report.Outcomes.Count(outcome => outcome == MergeOutcome.NoRoom));
        Assert.Equal(founder.Catalog.Root, late.Catalog.Root);
        rig.Time.Pass(TimeSpan.FromDays(3));
        late.Catalog.Tend();
        Assert.Equal(MergeOutcome.UnknownAuthor, Only(late.Catalog.Merge([flood[0]])));
    }

    [Fact]
    public async Task Content_that_has_come_is_no_longer_wanted()
    {
        Node founder = rig.NewFounder(), other = rig.NewMember(founder, Role.Writer);
        byte[] content = new byte[1000];
        rig.Random.Fill(content);
        Edit.Put put = await founder.StoreFileAsync("photo", content);
        founder.Catalog.Commit([put]);
        Assert.Equal(PinReason.Head, Assert.Single(founder.Store.Pins.Of(rig.Vault.Tag)).Reason);
        other.MergeFrom(founder);
        Assert.Equal(put.File!.Value.Root, Assert.Single(other.Store.Missing(rig.Vault.Tag)));
        Assert.Equal(0, other.Catalog.Arrived());
        Assert.Equal(((0, 0), (1, content.Length)), (founder.Catalog.Wanted(), other.Catalog.Wanted()));
        await other.StoreFileAsync("elsewhere", content);
        Assert.Empty(other.Store.Missing(rig.Vault.Tag));
        Assert.Equal(1, other.Catalog.Arrived([put.File.Value.Root]));
        Assert.Equal((0, 0), other.Catalog.Wanted());
        Assert.Equal(PinReason.Head, Assert.Single(other.Store.Pins.Of(rig.Vault.Tag)).Reason);
        other.Remove("photo");
        Assert.Equal(PinReason.History, Assert.Single(other.Store.Pins.Of(rig.Vault.Tag)).Reason);
        Assert.True(other.Catalog.Verify().IsClean);
    }

    [Fact]
    public void A_damaged_sealed_part_counts_in_the_root_and_is_shown_as_damaged()
    {
        Node founder = rig.NewFounder(), other = rig.NewMember(founder, Role.Writer);
        using VaultKeys wrong = new(rig.Vault, [SecretEpoch.Create(0, rig.Random)]);
        FileRecord bad = new RecordSealer(wrong, rig.Random).Seal(other.Device, RecordKind.Folder, new Entry(Node.Path("x")), VersionVector.Empty.With(other.Id, other.Clock.Next()));
        Assert.Equal(MergeOutcome.Accepted, Only(founder.Catalog.Merge([bad.Encode()])));
        Assert.Equal((bad.Leaf, true), Assert.Single(founder.Catalog.Unreadable()));
        Assert.Empty(founder.Names());
        Assert.True(founder.Catalog.Verify().IsClean);
    }

    [Fact]
    public void What_was_sealed_under_later_secrets_is_read_when_they_come()
    {
        Node founder = rig.NewFounder(), reader = rig.NewMember(founder, Role.Reader), gone = rig.NewMember(founder, Role.Reader);
        reader.MergeFrom(founder);
        founder.Catalog.Add(founder.Author.Revoke(founder.Catalog.Membership, gone.Device.Public, []));
        founder.Catalog.Add([founder.Author.NewEpoch(founder.Catalog.Membership)]);
        Assert.Equal(founder.Catalog.Membership.CurrentEpoch, founder.Keys.Current.Number);
        founder.Put("new", "secret");
        // The file before the epoch: the reader can't open it until the epoch is there.
        reader.Catalog.Merge([.. founder.Records().Where(record => FileRecord.IsFile(record.Span))]);
        Assert.Empty(reader.Names());
        Assert.False(Assert.Single(reader.Catalog.Unreadable()).Damaged);
        reader.MergeFrom(founder);
        Assert.Equal(["new"], reader.Names());
        Assert.Empty(reader.Catalog.Unreadable());
        Assert.Equal(founder.Catalog.Root, reader.Catalog.Root);
        Assert.True(reader.Catalog.Verify().IsClean);
        gone.MergeFrom(founder);
        Assert.Empty(gone.Names());
    }

    public void Dispose() => rig.Dispose();
}
