using Vault.Identity;
using Vault.Primitives;
using Vault.Store;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Chat.Tests;

/// <summary>
/// What a member with a changed program, or somebody on the way, may try, one by one: each is found, with evidence that a third
/// party can check, or costs no more than a stated bound. Anna attacks, Ben and Cleo are honest.
/// </summary>
public sealed class AdversaryTests : IDisposable
{
    readonly ChatWorld world = new();
    readonly ChatDevice anna, ben, cleo;

    public AdversaryTests() => (anna, ben, cleo) = (world.Join(), world.Join(), world.Join());

    [Fact]
    public void Rollback_a_device_that_says_something_else_after_going_back_proves_it_against_itself()
    {
        SignedMessage before = anna.Say("before");
        MemoryDatabase copy = ((MemoryDatabase)anna.Database).PowerCut();
        SignedMessage first = anna.Say("I owe you ten");
        Talk.Between(anna, ben);
        anna.Restart(copy);
        SignedMessage second = anna.Say("I owe you nothing");
        Talk.Between(anna, cleo);

        Assert.Equal(["before", "I owe you ten"], ben.Reads());
        Talk.Between(ben, cleo);
        foreach (ChatDevice honest in (ChatDevice[])[ben, cleo])
        {
            AssertProven(honest, first, second);
            Assert.Equal(["before"], honest.Reads()); // neither is the right one, so all show the same
        }
        Assert.Equal(before.Hash, ben.Log.Find(before.Header.Feed, 1)!.Hash);
    }

    [Fact]
    public void Equivocation_two_who_were_told_different_things_find_out_when_they_meet_and_tell_everybody()
    {
        SignedMessage one = Forge.Message(world, anna, 1, default, Forge.Text("yes")), other = Forge.Message(world, anna, 1, default, Forge.Text("no"));
        Assert.Equal(Acceptance.Added, ben.Log.Accept(one));
        Assert.Equal(Acceptance.Added, cleo.Log.Accept(other));
        Talk.Between(ben, cleo);
        AssertProven(ben, one, other);
        AssertProven(cleo, one, other);

        // Whoever comes later learns of it from any of them, and takes nothing more of that chain.
        ChatDevice late = world.Join();
        Talk.Between(cleo, late);
        AssertProven(late, one, other);
        Assert.Equal(Acceptance.Held, late.Log.Accept(Forge.Message(world, anna, 2, one.Hash, Forge.Text("so what"))));
    }

    [Fact]
    public void Withholding_what_an_author_keeps_from_one_comes_from_another_and_is_known_to_be_missing_until_then()
    {
        SignedMessage[] said = [.. Enumerable.Range(1, 3).Select(i => anna.Say($"{i}"))];
        Talk.Between(anna, ben);
        SignedMessage reply = ben.Say("I have read all three");
        // Cleo hears Ben alone, and of Anna only the first.
        cleo.Log.Accept(said[0]);
        cleo.Log.Accept(reply);
        Assert.Equal(new ChatGap(said[0].Header.Feed, 2, 3), cleo.Log.Gaps.Single());
        Talk.Between(cleo, ben);
        Assert.Empty(cleo.Log.Gaps);
        Assert.Equal(ben.Reads(), cleo.Reads());
    }

    [Fact]
    public void Withholding_a_peer_that_lists_what_it_never_brings_is_parted_with()
    {
        using ChatSync honest = new(ben.Log, anna.Id, ben.Id);
        honest.Begin();
        FeedHead madeUp = new(new FeedId(cleo.Id, 0), 5, cleo.Clock.Next(), Hash32.Of("never said"u8));
        honest.Receive(new ChatWire.Heads(HeadsPart.Last, [madeUp]).Encode());
        while (honest.Next() is not null) { }
        Assert.True(honest.IsOwed);
        Assert.Equal(0, honest.Answers); // which is what the session ends on, a minute later
        Assert.Equal(5UL, ben.Log.Gaps.Single().To);
        // What can't be said at all isn't even shown as missing.
        honest.Receive(new ChatWire.Heads(HeadsPart.Moved, [madeUp with { Sequence = ulong.MaxValue }]).Encode());
        Assert.Equal(5UL, ben.Log.Gaps.Single().To);
    }

    [Fact]
    public void Withholding_who_claims_to_remember_more_of_a_device_than_it_said_silences_it_three_times_at_most()
    {
        SignedMessage said = ben.Say("mine");
        FeedHead claim = said.Head with { Sequence = 9, Hash = Hash32.Of("never said"u8) };
        for (int time = 0; time < ChatLimits.UnprovenClaims; time++)
        {
            using ChatSync listening = new(ben.Log, anna.Id, ben.Id);
            listening.Receive(new ChatWire.Heads(HeadsPart.Last, [claim]).Encode());
            Assert.Throws<ConfigException>(() => ben.Say("not now"));
        }
        ben.Say("again");
        using ChatSync last = new(ben.Log, anna.Id, ben.Id);
        last.Receive(new ChatWire.Heads(HeadsPart.Last, [claim]).Encode());
        ben.Say("whatever Anna says");
        // Cleo's word still counts.
        using ChatSync other = new(ben.Log, cleo.Id, ben.Id);
        other.Receive(new ChatWire.Heads(HeadsPart.Last, [claim]).Encode());
        Assert.Throws<ConfigException>(() => ben.Say("not now"));
    }

    [Fact]
    public void Replay_an_old_message_is_known_and_adds_nothing()
    {
        SignedMessage said = anna.Say("once");
        ben.Log.Accept(said);
        int raised = 0;
        ben.Log.Added += _ => raised++;
        for (int i = 0; i < 1000; i++) Assert.Equal(Acceptance.Known, ben.Log.Accept(said));
        Assert.Equal(0, raised);
        Assert.Equal(["once"], ben.Reads());
    }

    [Fact]
    public void Replay_a_message_of_one_vault_is_nothing_in_another_and_of_one_place_nothing_at_another()
    {
        using ChatWorld elsewhere = new(seed: 2);
        SignedMessage said = anna.Say("here");
        elsewhere.Know(elsewhere.ByFounder(new Certificate(anna.Key.Public, Role.Writer, HybridTime.Never)));
        ChatDevice other = elsewhere.Join();
        Assert.Equal(Acceptance.Invalid, other.Log.Accept(said));

        // Its body under another header: opened by nobody, for the place is sealed with it.
        MessageHeader moved = said.Header with { Sequence = 2, Previous = said.Hash, Time = anna.Clock.Next() };
        SignedMessage again = SignedMessage.Sign(world.Keys.Vault, anna.Key, moved, said.Body!.Value);
        ben.Log.Accept([said, again]);
        Assert.Equal(["here"], ben.Reads());
    }

    [Fact]
    public void Splicing_a_chain_goes_on_only_after_its_own_last_message()
    {
        SignedMessage mine = anna.Say("mine"), theirs = cleo.Say("theirs");
        Assert.Equal(Acceptance.Added, ben.Log.Accept(mine));
        // Anna's next stands upon Cleo's message, and Cleo's message under Anna's name.
        Assert.Equal(Acceptance.OtherHistory, ben.Log.Accept(Forge.Message(world, anna, 2, theirs.Hash, Forge.Text("spliced"))));
        MessageHeader stolen = theirs.Header with { Feed = new FeedId(anna.Id, 0), Sequence = 2, Previous = mine.Hash };
        byte[] signature = theirs.EncodeHeader()[^Ed25519PublicKey.SignatureSize..];
        Assert.Equal(Acceptance.Invalid, ben.Log.Accept(SignedMessage.From([.. stolen.Encode(), .. signature], null)!));
        Assert.Equal(1UL, ben.Log.HeadOf(mine.Header.Feed).Sequence);

        // Brought as an answer to a question, it is searched for where the two differ, and what isn't signed ends the connection.
        using ChatSync honest = new(ben.Log, anna.Id, ben.Id);
        honest.Begin();
        SignedMessage spliced = Forge.Message(world, anna, 2, theirs.Hash, Forge.Text("spliced"));
        honest.Receive(new ChatWire.Heads(HeadsPart.Last, [spliced.Head]).Encode());
        while (honest.Next() is not null) { }
        honest.Receive(new ChatWire.Messages(MessagesPart.Last, [spliced]).Encode());
        while (honest.Next() is not null) { }
        Assert.Equal(1UL, ben.Log.HeadOf(mine.Header.Feed).Sequence);
        Assert.Empty(ben.Log.Forks);
    }

    [Fact]
    public void Future_time_waits_outside_and_moves_no_clock()
    {
        HybridTime far = HybridTime.At(world.Time.GetUtcNow() + TimeSpan.FromDays(365));
        Assert.Equal(Acceptance.TooEarly, ben.Log.Accept(Forge.Message(world, anna, 1, default, Forge.Text("from next year"), time: far)));
        Assert.True(ben.Say("today").Header.Time.Moment - world.Time.GetUtcNow() < TimeSpan.FromMinutes(1));
        // The end of time is no time: nothing could ever be said after it.
        Assert.Equal(Acceptance.TooEarly, ben.Log.Accept(Forge.Message(world, anna, 1, default, Forge.Text("the end"), time: new HybridTime(ulong.MaxValue))));
    }

    [Fact]
    public void Wrong_root_two_witnesses_that_cant_both_be_true_are_shown_side_by_side()
    {
        anna.Witness = new Witness(Hash32.Of("a forged root"u8), [(anna.Id, new HybridTime(10))]);
        ben.Witness = new Witness(Hash32.Of("the root"u8), [(anna.Id, new HybridTime(10))]);
        SignedMessage lie = anna.Say("all is well"), truth = ben.Say("is it?");
        Talk.Between(anna, ben);
        ChatVerdict verdict = Verification.Of(world, ben);
        Contradiction found = Assert.Single(verdict.Contradictions);
        Assert.False(verdict.Ok);
        Assert.Equal(new[] { lie.Hash, truth.Hash }.Order(), new[] { found.Message.Hash, found.Against!.Hash }.Order());
        Assert.All((SignedMessage[])[found.Message, found.Against], evidence => Assert.True(evidence.IsSignedBy(world.Keys.Vault, world.Membership.Find(evidence.Header.Feed.Device)!.Key)));
    }

    [Fact]
    public void A_megabyte_in_one_message_is_no_message()
    {
        Assert.Throws<ConfigException>(() => anna.Say(new string('x', 1 << 20)));
        // As a changed program would sign it: the header says how long the body is, and is read first.
        byte[] body = new byte[1 << 20];
        SignedMessage real = anna.Say("real");
        byte[] large = (real.Header with { Sequence = 2, Previous = real.Hash, Body = Hash32.Of(body), BodySize = body.Length }).Encode();
        Assert.Null(SignedMessage.From([.. large, .. anna.Key.Sign(MessageHeader.HashOf(large).ToArray())], body));
        Assert.Null(ChatWire.Decode(new byte[ChatWire.MaxSize + 1]));
    }

    [Fact]
    public void Many_tiny_messages_come_at_a_bounded_rate_and_to_a_bounded_number()
    {
        // A million of them by default would take minutes; what bounds them doesn't ask how many there are.
        int count = LongRun.Cases(5_000, 1_000_000);
        Hash32 previous = default;
        long taken = 0;
        for (int at = 0; at < count;)
        {
            List<SignedMessage> some = [];
            for (int i = 0; i < 1000 && at < count; i++)
            {
                some.Add(Forge.Message(world, anna, (ulong)++at, previous, Forge.Text("")));
                previous = some[^1].Hash;
            }
            taken += ben.Log.Accept(some).Count(result => result == Acceptance.Added);
        }
        Assert.Equal(ChatLimits.BurstPerAuthor, taken);
        world.Advance(TimeSpan.FromMinutes(1));
        // What waits for its predecessors is bounded as well, for all authors together.
        ben.Log.Accept([.. Enumerable.Range(0, 2 * ChatLimits.Waiting).Select(i => Forge.Message(world, anna, (ulong)(count + 2 + i), previous, Forge.Text("")))]);
        Assert.True(ben.Log.WaitingCount <= ChatLimits.Waiting);
        // And in all its chains together an author has no more than anyone writes in years.
        Assert.Equal(Acceptance.TooMuch, ben.Log.Accept(Forge.Message(world, anna, ChatLimits.MessagesPerAuthor + 1, previous, Forge.Text(""))));
    }

    /// <summary>The fork is known, by name and place, and whoever gets the evidence as a file can check it without anything else.</summary>
    void AssertProven(ChatDevice honest, SignedMessage one, SignedMessage other)
    {
        ForkProof proof = Assert.Single(honest.Log.Forks);
        Assert.Equal(new[] { one.Hash, other.Hash }.Order(), [proof.First.Hash, proof.Second.Hash]);
        Assert.Equal((one.Header.Feed, one.Header.Sequence), (proof.Feed, proof.Sequence));
        Assert.False(Verification.Of(world, honest).Ok);
        using MemoryStream file = new();
        ChatBundle.Write(file, world.Membership, honest.Log, new BodySealer(world.Keys, world.Random).Show);
        file.Position = 0;
        Assert.True(ChatBundle.IsOne(file));
        ChatVerdict verdict = ChatBundle.Verify(file).Verdict;
        Assert.Equal(proof.Feed, Assert.Single(verdict.Forks).Feed);
        Assert.False(verdict.Ok);
    }

    public void Dispose() => world.Dispose();
}
