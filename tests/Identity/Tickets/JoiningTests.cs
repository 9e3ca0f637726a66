using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Identity.Tests;

public sealed class JoiningTests : IDisposable
{
    readonly TestVault vault = new();
    readonly byte[] channel = Enumerable.Range(0, 32).Select(i => (byte)i).ToArray();

    Membership Now => vault.Membership;

    Admitting Ask(Ed25519Key member, Ticket ticket, Ed25519Key joiner, Membership? known = null)
    {
        JoinRequest request = JoinRequest.Parse(JoinRequest.Create(ticket, joiner.Public, channel))!;
        return Admitting.Decide(vault.By(member), known ?? Now, request, joiner.Public, channel, vault.Random);
    }

    [Theory, InlineData(Role.Blind), InlineData(Role.Reader), InlineData(Role.Writer), InlineData(Role.Admin)]
    public void A_ticket_lets_one_device_in_with_its_role_and_the_secrets_that_go_with_it(Role role)
    {
        Ticket ticket = Identity.Ticket.Parse(vault.Ticket(role).ToText(), out string? none)!;
        Assert.Null(none);
        Ed25519Key writer = vault.Device(Role.Writer), joiner = vault.Device();
        vault.Learn(vault.By(vault.Owner).NewEpoch(Now));
        EpochSecrets.Open(Now, vault.Owner, vault.Keys);

        Admitting admitting = Ask(writer, ticket, joiner); // whose member never heard of the invite
        Assert.Equal((JoinRefusal.None, 2), (admitting.Refusal, admitting.Records.Count));
        vault.Learn(admitting.Records);
        Assert.Equal(role, vault.Member(joiner).RoleAt(vault.Clock.Now));

        JoinAnswer answer = JoinAnswer.Open(admitting.Answer, ticket, joiner, out string? fault)!;
        Assert.Null(fault);
        using VaultKeys keys = answer.Keys;
        Assert.Equal((2, role >= Role.Reader, role >= Role.Reader), (keys.AllEpochs.Count, keys.CanRead, keys.Current.CanRead));
        Assert.Equal(vault.Keys.Current.SyncSecret.Span.ToArray(), keys.Current.SyncSecret.Span.ToArray());
        Assert.Equal(role, Membership.Of(ticket.Vault, answer.Records).Find(joiner.Public)!.Role);
        ticket.Dispose();
    }

    [Fact]
    public void Who_asks_twice_is_let_in_once()
    {
        Ticket ticket = vault.Ticket(Role.Reader);
        Ed25519Key joiner = vault.Device();
        vault.Learn(Ask(vault.Owner, ticket, joiner).Records);
        Admitting again = Ask(vault.Owner, ticket, joiner);
        Assert.Equal((JoinRefusal.None, 0), (again.Refusal, again.Records.Count));
        JoinAnswer.Open(again.Answer, ticket, joiner, out _)!.Keys.Dispose();
    }

    [Fact]
    public void Each_reason_to_refuse_is_its_own()
    {
        Ed25519Key joiner = vault.Device(), reader = vault.Device(Role.Reader), writer = vault.Device(Role.Writer), put = vault.Device(Role.Reader);
        Ticket used = vault.Ticket(Role.Reader), withdrawn = vault.Ticket(Role.Reader), open = vault.Ticket(Role.Reader), old = vault.Ticket(Role.Reader, TimeSpan.FromMinutes(5));
        vault.Learn(used.Invite, withdrawn.Invite, open.Invite);
        vault.Learn(Ask(vault.Owner, used, vault.Device()).Records);
        vault.Learn(vault.By(vault.Owner).Revoke(Now, ((Invite)withdrawn.Invite.Statement).InviteKey, []));
        vault.Learn(vault.By(vault.Owner, withRoot: true).Revoke(Now, put.Public, []));

        Assert.Equal(JoinRefusal.Used, Ask(writer, used, joiner).Refusal);
        Assert.Equal(JoinRefusal.Withdrawn, Ask(writer, withdrawn, joiner).Refusal);
        Assert.Equal(JoinRefusal.MayNotAdmit, Ask(reader, open, joiner).Refusal);
        Assert.Equal(JoinRefusal.DeviceRevoked, Ask(writer, open, put).Refusal);

        vault.Time.Pass(TimeSpan.FromMinutes(6));
        while (vault.Time.Step(TimeSpan.FromMinutes(7))) { }
        Assert.Equal(JoinRefusal.RunOut, Ask(writer, old, joiner).Refusal);

        // An invite that a writer signed, in a ticket that looks right.
        using Ed25519Key key = Ed25519Key.Generate(vault.Random);
        ControlRecord forged = ControlRecord.Sign(Now.Vault, writer, vault.Member(writer).Certificate, vault.Clock.Next(), new Invite(key.Public, Role.Admin, HybridTime.Never, HybridTime.Never));
        JoinRequest request = Request(forged, key, joiner);
        Assert.Equal(JoinRefusal.NotByAdmin, Admitting.Decide(vault.By(vault.Owner), Now, request, joiner.Public, channel, vault.Random).Refusal);

        // To a stranger who knows the vault's id, and even a certificate in it, the device looks like one that doesn't have the vault.
        Ed25519Key stranger = vault.Device();
        foreach (ControlRecord certificate in (ControlRecord[])[vault.By(vault.Owner).Certify(Now, stranger.Public, Role.Admin), vault.Member(writer).Certificate])
        {
            ControlRecord guess = ControlRecord.Sign(Now.Vault, stranger, certificate, vault.Clock.Next(), new Invite(key.Public, Role.Admin, HybridTime.Never, HybridTime.Never));
            Assert.Equal(JoinRefusal.OtherVault, Admitting.Decide(vault.By(vault.Owner), Now, Request(guess, key, joiner), joiner.Public, channel, vault.Random).Refusal);
        }

        // Somebody else's request, and one from another channel.
        JoinRequest good = JoinRequest.Parse(JoinRequest.Create(open, joiner.Public, channel))!;
        Assert.Equal(JoinRefusal.Forged, Admitting.Decide(vault.By(vault.Owner), Now, good, reader.Public, channel, vault.Random).Refusal);
        Assert.Equal(JoinRefusal.Forged, Admitting.Decide(vault.By(vault.Owner), Now, good, joiner.Public, new byte[32], vault.Random).Refusal);
        using TestVault other = new(seed: 2);
        Assert.Equal(JoinRefusal.OtherVault, Admitting.Decide(other.By(other.Owner), other.Membership, good, joiner.Public, channel, vault.Random).Refusal);

        foreach (JoinRefusal refusal in Enum.GetValues<JoinRefusal>().Except([JoinRefusal.None]))
        {
            Assert.Null(JoinAnswer.Open(Admitting.Refuse(refusal).Answer, open, joiner, out string? fault));
            Assert.Equal(refusal.Sentence(), fault);
        }
        Assert.Equal(Enum.GetValues<JoinRefusal>().Length, Enum.GetValues<JoinRefusal>().Select(refusal => refusal.Sentence()).Distinct().Count());
    }

    JoinRequest Request(ControlRecord invite, Ed25519Key key, Ed25519Key joiner) => JoinRequest.Parse(new ByteWriter().Byte(1).Hash(Now.Vault.Key).Key(joiner.Public)
        .Bytes(key.Sign(Admission.Proven(Now.Vault, invite.Content, joiner.Public)))
        .Bytes(key.Sign([.. KeyLabels.JoinProof, .. Now.Vault.Key.ToArray(), .. invite.Content.ToArray(), .. joiner.Public.Bytes.ToArray(), .. channel]))
        .Bytes(invite.Encode().Span).Written)!;

    [Fact]
    public void Of_one_invite_used_in_two_partitions_the_earlier_stands_everywhere_and_the_other_is_told()
    {
        Ticket ticket = vault.Ticket(Role.Writer);
        Ed25519Key here = vault.Device(Role.Writer), there = vault.Device(Role.Writer), first = vault.Device(), second = vault.Device();
        Membership apart = Now;
        Admitting early = Ask(here, ticket, first, apart), late = Ask(there, ticket, second, apart);
        Assert.Equal((JoinRefusal.None, JoinRefusal.None), (early.Refusal, late.Refusal));
        foreach (Membership met in (Membership[])[apart.With(early.Records).With(late.Records), apart.With(late.Records).With(early.Records)])
        {
            Assert.True(met.Find(first.Public)!.IsActive);
            Assert.Null(met.Find(second.Public));
            Assert.Equal(second.Public, ((Admission)Assert.Single(met.Overtaken).Statement).Subject);
        }
        vault.Learn([.. early.Records, .. late.Records]);
        Assert.Equal(JoinRefusal.Used, Ask(here, ticket, second).Refusal);
    }

    [Fact]
    public void A_joiner_believes_no_member_that_is_none_and_no_secrets_that_are_wrong()
    {
        Ticket ticket = vault.Ticket(Role.Reader);
        Ed25519Key joiner = vault.Device();
        Admitting good = Ask(vault.Owner, ticket, joiner);

        // Records without the chain, secrets of another making, and anything at all.
        using VaultKeys wrong = new(Now.Vault, [SecretEpoch.Create(0, vault.Random)]);
        ControlAuthor liar = new(wrong, vault.Owner, vault.Clock, vault.Random);
        Admitting lie = Admitting.Decide(liar, Now, JoinRequest.Parse(JoinRequest.Create(ticket, joiner.Public, channel))!, joiner.Public, channel, vault.Random);
        Assert.Null(JoinAnswer.Open(lie.Answer, ticket, joiner, out string? fault));
        Assert.Contains("secrets that aren't this vault's", fault);
        Assert.Null(JoinAnswer.Open(good.Answer, ticket, vault.Device(), out fault));
        Assert.Null(JoinAnswer.Open([0], ticket, joiner, out fault));
        Assert.Null(JoinAnswer.Open([], ticket, joiner, out fault));
        for (int at = 0; at < good.Answer.Length; at += 7)
        {
            byte[] bent = [.. good.Answer];
            bent[at] ^= 4;
            Assert.Null(JoinAnswer.Open(bent, ticket, joiner, out fault));
            Assert.NotNull(fault);
        }
    }

    [Fact]
    public void A_request_that_was_bent_is_refused() => Seed.Check(LongRun.Cases(300, 20_000), random =>
    {
        Ed25519Key joiner = vault.Owner;
        byte[] request = JoinRequest.Create(ticketForBending ??= vault.Ticket(Role.Reader), joiner.Public, channel);
        request[random.Below(request.Length)] ^= (byte)(1 << random.Below(8));
        JoinRequest? parsed = JoinRequest.Parse(request);
        Assert.True(parsed == null || Admitting.Decide(vault.By(vault.Owner), Now, parsed, joiner.Public, channel, random).Refusal == JoinRefusal.Forged);
    });

    Ticket? ticketForBending;

    public void Dispose() => vault.Dispose();
}
