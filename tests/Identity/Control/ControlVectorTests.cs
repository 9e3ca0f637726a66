using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Identity.Tests;

/// <summary>What tests/vectors/control.py, a second implementation, has worked out.</summary>
public sealed class ControlVectorTests
{
    static readonly IReadOnlyList<TestVector> vectors = TestVector.Load("control.txt");

    static IEnumerable<TestVector> Of(string what) => vectors.Where(vector => vector.Text("what") == what);

    static IEnumerable<(TestVector, ControlRecord)> Records(string name) =>
        Of("record").Where(vector => vector.Text("name") == name).Select(vector => (vector, ControlRecord.Parse(VaultOf(vector), vector.Bytes("bytes"))!));

    static VaultId VaultOf(TestVector vector) => new(vector.Bytes("vault"));

    static VaultKeys Keys(TestVector vector) => new(VaultOf(vector), [new SecretEpoch(0, vector.Bytes("sync"), vector.Has("read") ? vector.Bytes("read") : [])]);

    static Ed25519PublicKey Key(TestVector vector, string name) => new(vector.Bytes(name));

    [Fact]
    public void Device_ids_are_the_same() => Assert.All(Of("device"), vector => Assert.Equal(vector.Bytes("id"), DeviceId.Of(Key(vector, "key")).ToArray()));

    [Fact]
    public void Records_are_read_and_signed_as_they_are() => Assert.All(Of("record"), vector =>
    {
        VaultId vault = VaultOf(vector);
        ControlRecord record = ControlRecord.Parse(vault, vector.Bytes("bytes"))!;
        Assert.Equal(vector.Bytes("content"), record.Content.ToArray());
        Assert.Equal(vector.Bytes("position"), record.Position.ToArray());
        Assert.Equal(vector.Bytes("leaf"), record.LeafDigest.ToArray());
        Assert.Equal(vector.Number("time"), record.Time.Value);
        using Ed25519Key signer = Ed25519Key.FromSeed(vector.Bytes("seed"));
        ControlRecord? certificate = ControlRecord.Parse(vault, vector.Bytes("certificate"));
        Assert.Equal(vector.Bytes("bytes"), ControlRecord.Sign(vault, signer, certificate, record.Time, record.Statement).Encode().ToArray());
    });

    [Fact]
    public void Certificates_invites_and_admissions_say_the_same()
    {
        Assert.All(Records("certificate"), pair => Assert.Equal(
            new Certificate(Key(pair.Item1, "subject"), (Role)pair.Item1.Int("role"), new HybridTime(pair.Item1.Number("notAfter"))), pair.Item2.Statement));
        Assert.All(Records("invite"), pair => Assert.Equal(
            new Invite(Key(pair.Item1, "inviteKey"), (Role)pair.Item1.Int("role"), new HybridTime(pair.Item1.Number("useBy")), new HybridTime(pair.Item1.Number("notAfter"))), pair.Item2.Statement));
        Assert.All(Records("admission"), pair =>
        {
            Admission admission = (Admission)pair.Item2.Statement;
            Assert.Equal((Key(pair.Item1, "subject"), new Hash32(pair.Item1.Bytes("invite"))), (admission.Subject, admission.Invite));
            Assert.Equal(pair.Item1.Bytes("proof"), admission.Proof.ToArray());
        });
    }

    [Fact]
    public void Revocations_pages_retirements_and_cuts_say_the_same()
    {
        Assert.All(Records("revocation"), pair => Assert.Equal(new Revocation(Key(pair.Item1, "subject"), pair.Item1.Int("pages"), new Hash32(pair.Item1.Bytes("first"))), pair.Item2.Statement));
        Assert.All(Records("keep page"), pair =>
        {
            KeepPage page = (KeepPage)pair.Item2.Statement;
            Assert.Equal((new Hash32(pair.Item1.Bytes("next")), pair.Item1.Bytes("digests").Length), (page.Next, page.Digests.Length));
            Assert.Equal(pair.Item1.Bytes("digests"), page.Digests.ToArray());
        });
        Assert.All(Records("retirement"), pair => Assert.Equal(new Retirement(Key(pair.Item1, "subject")), pair.Item2.Statement));
        Assert.All(Records("cut"), pair => Assert.Equal(
            [pair.Item1.Number("owner"), pair.Item1.Number("writer")], ((TombstoneEpoch)pair.Item2.Statement).Cut.Entries.Select(entry => entry.Time.Value).Order()));
        // Revocation and pages as an author makes them.
        (_, ControlRecord revocation) = Records("revocation").Single();
        KeepList kept = KeepList.Of(revocation, content => Records("keep page").Select(pair => pair.Item2).FirstOrDefault(page => page.Content == content));
        Assert.Equal(2, kept.Pages.Count);
        Assert.All(Records("keep page").SelectMany(pair => pair.Item1.Bytes("digests").Chunk(32)), digest => Assert.True(kept.Contains(new Hash32(digest))));
    }

    [Fact]
    public void Names_and_numbers_are_sealed_and_opened_alike()
    {
        Assert.All(Records("settings"), pair =>
        {
            (TestVector vector, VaultSettings settings) = (pair.Item1, (VaultSettings)pair.Item2.Statement);
            Assert.Equal((vector.Int("copies"), vector.Int("minimum"), vector.Int("days")), (settings.Copies, settings.MinimumCopies, settings.HistoryDays));
            if (!vector.Has("text")) return;
            using VaultKeys keys = Keys(vector);
            Assert.Equal(vector.Text("text"), settings.OpenName(keys));
            AssertResigned(pair, settings.Named(vector.Text("text"), keys, new DealtSource(vector.Bytes("random"))));
        });
        Assert.All(Records("profile"), pair =>
        {
            (TestVector vector, DeviceProfile profile) = (pair.Item1, (DeviceProfile)pair.Item2.Statement);
            Assert.Equal(((DeviceClass)vector.Int("kind"), vector.Number("capacity"), vector.Number("site")), (profile.Class, profile.Capacity, profile.Site));
            using VaultKeys keys = Keys(vector);
            Assert.Equal(vector.Text("text").TrimEnd(), profile.OpenName(keys)!.TrimEnd());
            AssertResigned(pair, profile.Named(profile.OpenName(keys)!, keys, new DealtSource(vector.Bytes("random"))));
        });
    }

    [Fact]
    public void An_epoch_is_sealed_and_opened_alike() => Assert.All(Records("epoch"), pair =>
    {
        (TestVector vector, SealedEpoch epoch) = (pair.Item1, (SealedEpoch)pair.Item2.Statement);
        byte[] both = vector.Bytes("certificates");
        ControlRecord[] certificates = [.. both.Chunk(both.Length / 2).Select(bytes => ControlRecord.Parse(VaultOf(vector), bytes)!)];
        Membership membership = Membership.Of(VaultOf(vector), [.. certificates, pair.Item2]);
        Assert.Equal((uint)vector.Number("number"), membership.CurrentEpoch);
        AssertResigned(pair, EpochSecrets.Seal(VaultOf(vector), epoch.Number, membership.Members, pair.Item2.Time, new DealtSource(vector.Bytes("random"))));

        using Ed25519Key owner = Ed25519Key.FromSeed(vector.Bytes("seed")), blind = Ed25519Key.FromSeed(vector.Bytes("blind"));
        using VaultKeys owners = new(VaultOf(vector), [new SecretEpoch(0, new byte[32], new byte[32])]), blinds = new(VaultOf(vector), [new SecretEpoch(0, new byte[32])]);
        Assert.Equal((1, 1), (EpochSecrets.Open(membership, owner, owners), EpochSecrets.Open(membership, blind, blinds)));
        Assert.Equal(vector.Bytes("read"), owners.Current.ReadSecret.Span.ToArray());
        Assert.Equal(vector.Bytes("sync"), owners.Current.SyncSecret.Span.ToArray());
        Assert.Equal(vector.Bytes("sync"), blinds.Current.SyncSecret.Span.ToArray());
    });

    [Fact]
    public void A_ticket_its_request_and_its_answer_are_read_and_written_as_they_are() => Assert.All(Of("ticket"), vector =>
    {
        using Ticket ticket = Ticket.Parse(vector.Text("text"), out _)!;
        Assert.Equal(vector.Text("text"), ticket.ToText());
        Assert.Equal(vector.Bytes("invite"), ticket.InviteKey.Seed.ToArray());
        Assert.Equal(vector.Bytes("swarm"), ticket.Swarm.Secret.Span.ToArray());
        Assert.Equal(vector.Text("address"), Assert.Single(ticket.Addresses));

        using Ed25519Key joiner = Ed25519Key.FromSeed(vector.Bytes("joiner"));
        Assert.Equal(vector.Bytes("request"), JoinRequest.Create(ticket, joiner.Public, vector.Bytes("channel")));
        Assert.True(JoinRequest.Parse(vector.Bytes("request"))!.IsFor(joiner.Public, vector.Bytes("channel")));
        JoinAnswer answer = JoinAnswer.Open(vector.Bytes("answer"), ticket, joiner, out string? fault) ?? throw new InvalidDataException(fault);
        Assert.Equal(vector.Bytes("sync"), answer.Keys.Current.SyncSecret.Span.ToArray());
        Assert.Equal(vector.Bytes("read"), answer.Keys.Current.ReadSecret.Span.ToArray());
        Assert.Equal(4, answer.Records.Count);
        answer.Keys.Dispose();
    });

    [Fact]
    public void The_gate_asks_and_answers_the_same() => Assert.All(Of("gate"), vector =>
    {
        using VaultKeys keys = Keys(vector);
        (Ed25519PublicKey dialer, Ed25519PublicKey listener, byte[] channel) = (Key(vector, "dialer"), Key(vector, "listener"), vector.Bytes("channel"));
        Assert.Equal(vector.Bytes("offer"), GateProof.Offer(keys, dialer, listener, channel));
        Assert.Equal(0u, GateProof.Match(vector.Bytes("offer"), keys, dialer, listener, channel));
        Assert.Equal(vector.Bytes("reply"), GateProof.Reply(keys, 0, dialer, listener, channel));
        Assert.Equal(0u, GateProof.Check(vector.Bytes("reply"), keys, dialer, listener, channel));
    });

    static void AssertResigned((TestVector Vector, ControlRecord Record) pair, ControlStatement made)
    {
        using Ed25519Key signer = Ed25519Key.FromSeed(pair.Vector.Bytes("seed"));
        ControlRecord? certificate = ControlRecord.Parse(pair.Record.Vault, pair.Vector.Bytes("certificate"));
        Assert.Equal(pair.Vector.Bytes("bytes"), ControlRecord.Sign(pair.Record.Vault, signer, certificate, pair.Record.Time, made).Encode().ToArray());
    }
}
