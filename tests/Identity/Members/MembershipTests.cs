using Vault.Primitives;
using Xunit;

namespace Vault.Identity.Tests;

/// <summary>The rule in single scenes, as a person would ask about them. The histories at large: MembershipPropertyTests.</summary>
public sealed class MembershipTests : IDisposable
{
    readonly TestVault vault = new();

    Membership Now => vault.Membership;

    [Fact]
    public void Only_an_admin_lets_in_and_only_an_admin_invites()
    {
        foreach (Role role in (Role[])[Role.Blind, Role.Reader, Role.Writer])
        {
            Ed25519Key device = vault.Device(role), other = vault.Device();
            Assert.Throws<ConfigException>(() => vault.By(device).Certify(Now, other.Public, Role.Reader));
            ControlRecord forged = ControlRecord.Sign(Now.Vault, device, vault.Member(device).Certificate, vault.Clock.Next(), new Certificate(other.Public, Role.Reader, HybridTime.Never));
            vault.Learn(forged);
            Assert.Equal(Verdict.Role, Now.VerdictOf(forged));
            Assert.Null(Now.Find(other.Public));
        }
    }

    [Fact]
    public void A_writer_that_signs_over_a_certificate_changes_nothing()
    {
        Ed25519Key writer = vault.Device(Role.Writer);
        ControlRecord own = vault.Member(writer).Certificate;
        ControlRecord better = ControlRecord.Sign(Now.Vault, writer, own, vault.Clock.Next(), new Certificate(writer.Public, Role.Admin, HybridTime.Never));
        // The same under the admin's certificate, with the writer's key.
        ControlRecord stolen = ControlRecord.Sign(Now.Vault, writer, vault.Member(vault.Owner).Certificate, vault.Clock.Next(), new Certificate(writer.Public, Role.Admin, HybridTime.Never));
        vault.Learn(better, stolen);
        Assert.Equal((Verdict.Role, Verdict.NotTheirs), (Now.VerdictOf(better), Now.VerdictOf(stolen)));
        Assert.Equal(Role.Writer, vault.Member(writer).Role);
    }

    [Fact]
    public void A_revoked_writers_records_are_out_whatever_time_they_claim_but_those_kept()
    {
        Ed25519Key writer = vault.Device(Role.Writer);
        DeviceId author = DeviceId.Of(writer.Public);
        Hash32[] written = [.. Enumerable.Range(0, 1500).Select(i => Hash32.Of([(byte)i, (byte)(i >> 8)]))];
        HybridTime before = vault.Clock.Next();
        Assert.All(written, leaf => Assert.True(Now.Allows(author, Role.Writer, before, leaf)));

        IReadOnlyList<ControlRecord> records = vault.By(vault.Owner, withRoot: true).Revoke(Now, writer.Public, written[..1000]);
        Assert.Equal(1 + 3, records.Count);
        vault.Learn(records);
        Assert.All(written[..1000], leaf => Assert.True(Now.Allows(author, Role.Writer, before, leaf)));
        Assert.All(written[1000..], leaf => Assert.False(Now.Allows(author, Role.Writer, before, leaf)));
        Assert.False(Now.Allows(author, Role.Writer, new HybridTime(1), Hash32.Of("backdated"u8)));
        Assert.Equal((true, null), (vault.Member(writer).IsRevoked, vault.Member(writer).RoleAt(vault.Clock.Now)));
    }

    [Fact]
    public void Pages_count_as_far_as_they_are_there_without_a_gap()
    {
        Ed25519Key writer = vault.Device(Role.Writer);
        DeviceId author = DeviceId.Of(writer.Public);
        Hash32[] written = [.. Enumerable.Range(0, 1500).Select(i => Hash32.Of([(byte)i, (byte)(i >> 8)])).Order()];
        IReadOnlyList<ControlRecord> records = vault.By(vault.Owner).Revoke(Now, writer.Public, written);
        ControlRecord revocation = records.Single(record => record.Kind == ControlKind.Revocation);
        ControlRecord[] pages = [.. records.Where(record => record.Kind == ControlKind.KeepPage)];
        Assert.Equal(4, pages.Length);

        int Kept() => written.Count(leaf => Now.Allows(author, Role.Writer, vault.Clock.Now, leaf));
        vault.Learn(pages[3], pages[1]);
        Assert.Equal((1500, Verdict.Loose), (Kept(), Now.VerdictOf(pages[1])));
        vault.Learn(revocation);
        Assert.Equal(0, Kept());
        vault.Learn(pages[0]);
        Assert.Equal((960, Verdict.Stands, Verdict.Loose), (Kept(), Now.VerdictOf(pages[1]), Now.VerdictOf(pages[3])));
        vault.Learn(pages[2]);
        Assert.Equal(1500, Kept());
        Assert.DoesNotContain(Now.Known, record => !Now.Stands(record));
    }

    [Fact]
    public void Whom_a_revoked_admin_let_in_stays_only_if_that_is_kept()
    {
        Ed25519Key admin = vault.Device(Role.Admin), kept = vault.Device(Role.Writer, by: admin), lost = vault.Device(Role.Writer, by: admin), below = vault.Device(Role.Admin, by: admin);
        Ed25519Key deep = vault.Device(Role.Reader, by: below);
        vault.Learn(vault.By(vault.Owner).Revoke(Now, admin.Public, [vault.Member(kept).Certificate.LeafDigest], keepControl: false));
        Assert.Equal(Role.Writer, vault.Member(kept).RoleAt(vault.Clock.Now));
        Assert.Null(Now.Find(lost.Public));
        Assert.Null(Now.Find(below.Public));
        Assert.Null(Now.Find(deep.Public));
        Assert.False(Now.Allows(DeviceId.Of(lost.Public), Role.Reader, vault.Clock.Now, default));
    }

    [Fact]
    public void Of_two_admins_who_revoke_each_other_the_one_above_stays_in_any_order()
    {
        Ed25519Key above = vault.Device(Role.Admin), below = vault.Device(Role.Admin, by: above);
        ControlRecord up = ControlRecord.Sign(Now.Vault, below, vault.Member(below).Certificate, new HybridTime(vault.Member(below).Admitted.Value + 1), new Revocation(above.Public, 0, default));
        IReadOnlyList<ControlRecord> down = vault.By(above).Revoke(Now, below.Public, [], keepControl: false);
        foreach (IEnumerable<ControlRecord> order in (IEnumerable<ControlRecord>[])[[up, .. down], [.. down, up]])
        {
            Membership after = order.Aggregate(Now, (membership, record) => membership.With([record]));
            Assert.False(after.Find(above.Public)!.IsRevoked);
            Assert.True(after.Find(below.Public)!.IsRevoked);
            Assert.Equal(Verdict.Revoked, after.VerdictOf(up));
        }
    }

    [Fact]
    public void Siblings_can_not_revoke_each_other_even_by_certifying_first()
    {
        Ed25519Key one = vault.Device(Role.Admin), two = vault.Device(Role.Admin);
        Assert.Throws<ConfigException>(() => vault.By(one).Revoke(Now, two.Public, []));
        vault.Learn(vault.By(one).Certify(Now, two.Public, Role.Reader));
        vault.Learn(vault.By(one).Revoke(Now, two.Public, []));
        Assert.Equal((Role.Admin, false), (vault.Member(two).Role, vault.Member(two).IsRevoked));
        // And who is above can't be reached from below this way either.
        Assert.Throws<ConfigException>(() => vault.By(two).Revoke(Now, vault.Owner.Public, []));
    }

    [Fact]
    public void A_revoked_key_stays_out_whoever_below_certifies_it_again()
    {
        Ed25519Key admin = vault.Device(Role.Admin), writer = vault.Device(Role.Writer, by: admin);
        vault.Learn(vault.By(vault.Owner, withRoot: true).Revoke(Now, writer.Public, []));
        vault.Learn(vault.By(admin).Certify(Now, writer.Public, Role.Admin));
        vault.Learn(vault.By(vault.Owner).Certify(Now, writer.Public, Role.Admin));
        Assert.True(vault.Member(writer).IsRevoked);
        Assert.False(Now.Allows(DeviceId.Of(writer.Public), Role.Writer, vault.Clock.Next(), default));
    }

    [Fact]
    public void A_certificate_ends_and_what_claims_an_earlier_time_still_counts()
    {
        Ed25519Key writer = vault.Device();
        HybridTime end = HybridTime.At(vault.Time.GetUtcNow() + TimeSpan.FromDays(1));
        vault.Learn(vault.By(vault.Owner).Certify(Now, writer.Public, Role.Writer, end));
        DeviceId author = DeviceId.Of(writer.Public);
        Assert.True(Now.Allows(author, Role.Writer, end, default));
        Assert.False(Now.Allows(author, Role.Writer, new HybridTime(end.Value + 1), default));
        Assert.Equal((Role.Writer, null), (vault.Member(writer).RoleAt(end), vault.Member(writer).RoleAt(new HybridTime(end.Value + 1))));
    }

    [Fact]
    public void No_certificate_outlasts_the_one_it_is_signed_under()
    {
        Ed25519Key guest = vault.Device(), friend = vault.Device();
        HybridTime end = HybridTime.At(vault.Time.GetUtcNow() + TimeSpan.FromDays(1));
        vault.Learn(vault.By(vault.Owner).Certify(Now, guest.Public, Role.Admin, end));
        ControlRecord forever = ControlRecord.Sign(Now.Vault, guest, vault.Member(guest).Certificate, vault.Clock.Next(), new Certificate(friend.Public, Role.Reader, HybridTime.Never));
        vault.Learn(forever, vault.By(guest).Certify(Now, friend.Public, Role.Reader));
        Assert.Equal(Verdict.Outlasts, Now.VerdictOf(forever));
        Assert.Equal(end, vault.Member(friend).NotAfter);
    }

    [Fact]
    public void A_retired_device_says_nothing_more_and_what_it_said_stays()
    {
        Ed25519Key admin = vault.Device(Role.Admin), friend = vault.Device(Role.Reader, by: admin);
        HybridTime before = vault.Clock.Next();
        vault.Learn(vault.By(admin).Retire(Now, admin.Public));
        DeviceId author = DeviceId.Of(admin.Public);
        Assert.True(Now.Allows(author, Role.Writer, before, default));
        Assert.False(Now.Allows(author, Role.Writer, vault.Clock.Next(), default));
        Assert.Equal((false, false), (vault.Member(admin).IsActive, vault.Member(admin).IsRevoked));
        Assert.True(vault.Member(friend).IsActive);
        Assert.Throws<ConfigException>(() => vault.By(friend).Retire(Now, vault.Owner.Public));
    }

    [Fact]
    public void A_retired_device_that_is_let_in_once_more_is_in_and_can_be_retired_once_more()
    {
        Ed25519Key laptop = vault.Device(Role.Writer);
        vault.Learn(vault.By(vault.Owner).Retire(Now, laptop.Public));
        HybridTime meanwhile = vault.Clock.Next();
        Assert.False(Now.Allows(DeviceId.Of(laptop.Public), Role.Writer, meanwhile, default));
        vault.Learn(vault.By(vault.Owner).Certify(Now, laptop.Public, Role.Writer));
        Assert.True(vault.Member(laptop).IsActive);
        Assert.Equal(Role.Writer, vault.Member(laptop).RoleAt(vault.Clock.Next()));
        Assert.True(Now.Allows(DeviceId.Of(laptop.Public), Role.Writer, meanwhile, default)); // what it wrote when it was out comes to count
        vault.Learn(vault.By(vault.Owner).Retire(Now, laptop.Public));
        Assert.False(vault.Member(laptop).IsActive);
    }

    [Fact]
    public void An_admin_whose_certificate_ran_out_can_still_take_back_what_it_gave()
    {
        Ed25519Key admin = vault.Device(), friend = vault.Device();
        vault.Learn(vault.By(vault.Owner).Certify(Now, admin.Public, Role.Admin, HybridTime.At(vault.Time.GetUtcNow() + TimeSpan.FromDays(1))));
        vault.Learn(vault.By(admin).Certify(Now, friend.Public, Role.Writer));
        vault.Time.Pass(TimeSpan.FromDays(2));
        while (vault.Time.Step(TimeSpan.FromDays(3))) { }
        Assert.Throws<ConfigException>(() => vault.By(admin).Certify(Now, vault.Device().Public, Role.Reader));
        vault.Learn(vault.By(admin).Revoke(Now, friend.Public, []));
        Assert.True(vault.Member(friend).IsRevoked);
    }

    [Fact]
    public void The_root_key_makes_a_new_admin_where_a_recovery_file_was_opened()
    {
        Ed25519Key fresh = vault.Device();
        ControlAuthor author = vault.By(fresh, withRoot: true);
        vault.Learn(author.Certify(Now, fresh.Public, Role.Admin));
        Assert.Equal(Role.Admin, vault.Member(fresh).Role);
        Assert.Empty(vault.Member(fresh).Issuers);
    }

    [Fact]
    public void A_chain_can_not_grow_without_end()
    {
        Ed25519Key last = vault.Owner;
        for (int depth = 2; depth <= ControlLimits.MaxChain; depth++) last = vault.Device(Role.Admin, by: last);
        Assert.Equal(ControlLimits.MaxChain - 1, vault.Member(last).Issuers.Count);
        ControlRecord deeper = vault.By(last).Certify(Now, vault.Device().Public, Role.Reader);
        vault.Learn(deeper);
        Assert.Equal(Verdict.TooDeep, Now.VerdictOf(deeper));
    }

    [Fact]
    public void The_latest_settings_and_profiles_count_and_replace_the_ones_before()
    {
        Ed25519Key blind = vault.Device(Role.Blind);
        using VaultKeys held = new(Now.Vault, [new SecretEpoch(0, vault.Keys.Current.SyncSecret.Span)]);
        vault.Learn(vault.By(vault.Owner).Change(Now, Now.Settings with { Copies = 4 }));
        vault.Learn(vault.By(blind).Introduce(Now, new DeviceProfile(DeviceClass.Server, 1 << 30, 7, null)));
        vault.Learn(vault.By(blind).Introduce(Now, new DeviceProfile(DeviceClass.Server, 1 << 30, 7, null).Named("box in the attic", held, vault.Random)));
        Assert.Equal((4, "photos"), (Now.Settings.Copies, Now.Settings.OpenName(vault.Keys)));
        Assert.Equal(("box in the attic", "box in the attic"), (vault.Member(blind).Profile!.OpenName(held), vault.Member(blind).Profile!.OpenName(vault.Keys)));
        Assert.Null(Now.Settings.OpenName(held)); // the vault's own name is for readers
        Assert.Equal(2, Now.Known.Count - Now.Standing.Count);
        Assert.Throws<ConfigException>(() => vault.By(blind).Change(Now, VaultSettings.Default));
    }

    [Fact]
    public void Tombstones_go_only_when_every_device_that_is_in_has_seen_them()
    {
        Ed25519Key reader = vault.Device(Role.Reader), gone = vault.Device(Role.Writer);
        vault.Learn(vault.By(vault.Owner).Retire(Now, gone.Public));
        Cut cut = Cut.Of([(DeviceId.Of(gone.Public), new HybridTime(5)), (DeviceId.Of(vault.Owner.Public), new HybridTime(9))]);
        HashSet<DeviceId> heard = [DeviceId.Of(vault.Owner.Public)];
        Assert.Equal(reader.Public, Assert.Single(ControlAuthor.Unheard(Now, heard)).Key);
        Assert.Throws<ConfigException>(() => vault.By(vault.Owner).CutTombstones(Now, cut, heard));
        heard.Add(DeviceId.Of(reader.Public));
        vault.Learn(vault.By(vault.Owner).CutTombstones(Now, cut, heard));
        vault.Learn(vault.By(vault.Owner).CutTombstones(Now, Cut.Of([(DeviceId.Of(vault.Owner.Public), new HybridTime(11))]), heard));
        Assert.True(Now.Cut.Covers(DeviceId.Of(gone.Public), new HybridTime(5)));
        Assert.Equal(new HybridTime(11), Now.Cut[DeviceId.Of(vault.Owner.Public)]);
        Assert.False(Now.Cut.Covers(DeviceId.Of(reader.Public), new HybridTime(1)));
    }

    [Fact]
    public void A_snapshot_may_be_asked_by_many_threads_at_once()
    {
        Ed25519Key writer = vault.Device(Role.Writer), other = vault.Device(Role.Writer);
        Hash32[] kept = [.. Enumerable.Range(0, 2000).Select(i => Hash32.Of(BitConverter.GetBytes(i)))];
        vault.Learn([.. vault.By(vault.Owner).Revoke(Now, writer.Public, kept), .. vault.By(vault.Owner).Revoke(Now, other.Public, kept[..1000])]);
        for (int i = 0; i < 20; i++)
        {
            Membership fresh = Membership.Of(Now.Vault, Now.Known);
            Parallel.ForEach(kept.Select((leaf, at) => (leaf, at)), pair =>
            {
                Assert.True(fresh.Allows(DeviceId.Of(writer.Public), Role.Writer, vault.Clock.Now, pair.leaf));
                Assert.Equal(pair.at < 1000, fresh.Allows(DeviceId.Of(other.Public), Role.Writer, vault.Clock.Now, pair.leaf));
            });
        }
    }

    [Fact]
    public void What_a_revocation_keeps_takes_no_memory_besides_its_records()
    {
        Ed25519Key writer = vault.Device(Role.Writer);
        Hash32[] kept = [.. Enumerable.Range(0, 200_000).Select(i => Hash32.Of(BitConverter.GetBytes(i)))];
        vault.Learn(vault.By(vault.Owner).Revoke(Now, writer.Public, kept));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Membership again = Membership.Of(Now.Vault, Now.Known);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        Assert.All(kept.Where((_, i) => i % 1000 == 0), leaf => Assert.True(again.Allows(DeviceId.Of(writer.Public), Role.Writer, vault.Clock.Now, leaf)));
    }

    public void Dispose() => vault.Dispose();
}
