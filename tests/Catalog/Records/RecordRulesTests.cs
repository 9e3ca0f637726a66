using Vault.Identity;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Catalog.Tests;

public sealed class RecordRulesTests : IDisposable
{
    static readonly TimeSpan hour = TimeSpan.FromHours(1);

    readonly RandomSource random = RandomSource.Seeded(9);
    readonly Writers writers;
    readonly Ed25519Key guest;
    readonly HybridClock clock;
    Membership membership;

    public RecordRulesTests()
    {
        writers = new Writers(random, 2);
        guest = Ed25519Key.Generate(random);
        clock = new HybridClock(writers.Time);
        membership = writers.Membership;
    }

    ControlAuthor Admin => new(writers.Keys, writers.Devices[0], clock, random);

    HybridTime In(TimeSpan time) => HybridTime.At(writers.Time.GetUtcNow() + time);

    void Certify(Role role, HybridTime? notAfter = null) => membership = membership.With([Admin.Certify(membership, guest.Public, role, notAfter)]);

    FileRecord ByGuest(HybridTime at) =>
        writers.Sealer.Seal(guest, RecordKind.Folder, new Entry(VaultPath.Parse("a")!), VersionVector.Empty.With(DeviceId.Of(guest.Public), at));

    RecordVerdict Judge(FileRecord record) => RecordRules.Judge(record, membership);

    [Fact]
    public void A_control_records_leaf_is_the_one_that_the_catalog_would_make() => Assert.All(membership.Known, record =>
    {
        Leaf leaf = Leaf.Of(record.Position, record.Content);
        Assert.Equal(leaf.Digest, record.LeafDigest);
        Assert.True(leaf.IsControl);
    });

    [Fact]
    public void Who_is_unknown_may_wait_for_a_certificate()
    {
        FileRecord record = ByGuest(In(hour));
        Assert.Equal(RecordVerdict.AuthorUnknown, Judge(record));
        Certify(Role.Writer);
        Assert.Equal(RecordVerdict.Stands, Judge(record));
        Assert.True(RecordRules.StillStands(record, membership));
    }

    [Theory]
    [InlineData(Role.Blind, RecordVerdict.NotAllowed)]
    [InlineData(Role.Reader, RecordVerdict.NotAllowed)]
    [InlineData(Role.Writer, RecordVerdict.Stands)]
    [InlineData(Role.Admin, RecordVerdict.Stands)]
    public void Only_writers_and_admins_write(Role role, RecordVerdict verdict)
    {
        Certify(role);
        Assert.Equal(verdict, Judge(ByGuest(In(hour))));
    }

    [Fact]
    public void A_certificate_ends_by_the_records_own_time()
    {
        Certify(Role.Writer, notAfter: In(hour));
        Assert.Equal(RecordVerdict.Stands, Judge(ByGuest(In(hour))));
        Assert.Equal(RecordVerdict.NotAllowed, Judge(ByGuest(new HybridTime(In(hour).Value + 1))));
        writers.Time.Pass(10 * hour);
        writers.Time.Step(10 * hour);
        Assert.Equal(RecordVerdict.Stands, Judge(ByGuest(new HybridTime(In(-9 * hour).Value))));
    }

    [Fact]
    public void Of_a_revoked_device_stands_what_the_revocation_keeps_whatever_time_the_rest_claims()
    {
        Certify(Role.Writer);
        FileRecord kept = ByGuest(In(hour)), dropped = ByGuest(In(TimeSpan.FromMinutes(30)));
        IReadOnlyList<ControlRecord> revocation = Admin.Revoke(membership, guest.Public, [kept.Leaf.Digest]);
        Membership after = membership.With(revocation);
        Assert.Equal(RecordVerdict.Stands, RecordRules.Judge(kept, after));
        Assert.Equal(RecordVerdict.NotAllowed, RecordRules.Judge(dropped, after));
        Assert.Equal(RecordVerdict.NotAllowed, RecordRules.Judge(ByGuest(In(TimeSpan.FromMilliseconds(1))), after));
        // Without the page that names it, it has to wait.
        Membership halfway = membership.With(revocation.Where(record => record.Kind == ControlKind.Revocation));
        Assert.Equal(RecordVerdict.NotAllowed, RecordRules.Judge(kept, halfway));
        Assert.Equal(RecordVerdict.Stands, RecordRules.Judge(kept, halfway.With(revocation)));
    }

    [Fact]
    public void A_retired_device_keeps_what_it_wrote()
    {
        Certify(Role.Writer);
        FileRecord before = ByGuest(In(TimeSpan.FromMilliseconds(1)));
        writers.Time.Pass(hour);
        writers.Time.Step(hour);
        membership = membership.With(Admin.Retire(membership, guest.Public));
        Assert.Equal(RecordVerdict.Stands, Judge(before));
        Assert.Equal(RecordVerdict.NotAllowed, Judge(ByGuest(In(hour))));
    }

    [Fact]
    public void A_record_is_forged_unless_its_author_signed_it_for_this_vault()
    {
        Certify(Role.Writer);
        FileRecord record = ByGuest(In(hour));
        Assert.Equal(RecordVerdict.Forged, Judge(Parse(FileRecord.Sign(record.Body.Span, writers.Vault, writers.Devices[1]))));
        Assert.Equal(RecordVerdict.Forged, Judge(Parse([.. record.Body.Span, .. new byte[Ed25519PublicKey.SignatureSize]])));

        // Written for another vault of which the same device is a member, and replayed here.
        VaultId other = new(Hash32.Of("another"u8));
        Assert.Equal(RecordVerdict.Forged, Judge(Parse(FileRecord.Sign(record.Body.Span, other, guest))));

        // Under the name of one who may, signed by one who may too.
        byte[] body = FileRecord.EncodePublic(RecordKind.Folder, record.Position, writers.Ids[1], VersionVector.Empty.With(writers.Ids[1], In(hour)), null, 0);
        Assert.Equal(RecordVerdict.Forged, Judge(Parse(FileRecord.Sign([.. body, .. record.Sealed.Span], writers.Vault, guest))));
    }

    /// <summary>A writer can neither put a file where a certificate stands nor have a file's record taken for a certificate.</summary>
    [Fact]
    public void A_writer_cannot_sign_over_a_certificate()
    {
        Certify(Role.Writer);
        ControlRecord certificate = membership.Standing.First(record => record.Kind == ControlKind.Certificate);
        byte[] open = FileRecord.EncodePublic(RecordKind.Tombstone, certificate.Position, DeviceId.Of(guest.Public), VersionVector.Empty.With(DeviceId.Of(guest.Public), In(hour)), null, 0);
        byte[] over = FileRecord.Sign([.. open, .. new byte[72]], writers.Vault, guest);
        Assert.Null(FileRecord.Parse(over));
        Assert.Null(ControlRecord.Parse(writers.Vault, over));

        byte[] bytes = certificate.Encode().ToArray();
        Assert.Null(FileRecord.Parse(bytes));
        Assert.False(FileRecord.IsFile(bytes));
        bytes[1] = (byte)RecordKind.Tombstone;
        Assert.True(FileRecord.IsFile(bytes));
        Assert.Null(FileRecord.Parse(bytes));
    }

    [Fact]
    public void What_is_ahead_of_the_clock_is_valid_and_early()
    {
        Certify(Role.Writer);
        FileRecord soon = ByGuest(In(TimeSpan.FromMinutes(10))), late = ByGuest(In(TimeSpan.FromMinutes(10.1)));
        Assert.Equal((RecordVerdict.Stands, RecordVerdict.Stands), (Judge(soon), Judge(late)));
        Assert.Equal((false, true), (RecordRules.IsEarly(soon, clock), RecordRules.IsEarly(late, clock)));
        writers.Time.Pass(hour);
        writers.Time.Step(hour);
        Assert.False(RecordRules.IsEarly(late, clock));
    }

    static FileRecord Parse(byte[] bytes) => FileRecord.Parse(bytes) ?? throw new InvalidOperationException("no record");

    public void Dispose()
    {
        guest.Dispose();
        writers.Dispose();
    }
}
