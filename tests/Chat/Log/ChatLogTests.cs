using Vault.Identity;
using Vault.Primitives;
using Vault.Store;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Chat.Tests;

public sealed class ChatLogTests : IDisposable
{
    readonly ChatWorld world = new();

    [Fact]
    public void What_was_said_is_read_in_order_and_by_room()
    {
        ChatDevice anna = world.Join();
        anna.Say("one");
        anna.Say("elsewhere", "other room");
        anna.Say("two");
        Assert.Equal(["one", "two"], anna.Reads());
        Assert.Equal(["elsewhere"], anna.Reads("other room"));
        Assert.Equal(["general", "other room"], anna.Log.Rooms);
        Assert.Equal(["two"], anna.Log.Last("general", 1).Select(line => line.Text!));
    }

    [Fact]
    public void A_sequence_is_never_used_twice_whatever_a_restart_loses()
    {
        ChatDevice anna = world.Join();
        anna.Say("one");
        SignedMessage two = anna.Say("two");
        anna.Restart(((MemoryDatabase)anna.Database).PowerCut());
        SignedMessage three = anna.Say("three");
        Assert.Equal(two.Header.Sequence + 1, three.Header.Sequence);
        Assert.Equal(two.Hash, three.Header.Previous);
        Assert.Equal(["one", "two", "three"], anna.Reads());
    }

    [Fact]
    public void A_commit_that_fails_says_nothing_and_uses_no_place()
    {
        ChatDevice anna = world.Join();
        anna.Say("one");
        FaultyDatabase faulty = new(anna.Database, new FaultPlan { CommitLost = 0 });
        anna.Restart(faulty);
        Assert.Throws<StoreException>(() => anna.Say("lost"));
        SignedMessage two = anna.Say("two");
        Assert.Equal(2UL, two.Header.Sequence);
        Assert.Equal(["one", "two"], anna.Reads());
    }

    [Fact]
    public void A_commit_without_an_answer_is_no_second_message_at_one_place()
    {
        ChatDevice anna = world.Join();
        anna.Say("one");
        FaultyDatabase faulty = new(anna.Database, new FaultPlan { CommitUnanswered = 0 });
        anna.Restart(faulty);
        Assert.Throws<StoreException>(() => anna.Say("perhaps"));
        SignedMessage next = anna.Say("next");
        Assert.Equal(3UL, next.Header.Sequence);
        Assert.Equal(["one", "perhaps", "next"], anna.Reads());
    }

    [Fact]
    public void An_edit_shows_in_place_and_only_its_author_can_make_it()
    {
        (ChatDevice anna, ChatDevice ben) = (world.Join(), world.Join());
        SignedMessage first = anna.Say("frist");
        Talk.Between(anna, ben);
        anna.Log.Append(BodyKind.Edit, "general", "first", first.Hash);
        Assert.Throws<ConfigException>(() => ben.Log.Append(BodyKind.Edit, "general", "mine now", first.Hash));
        Talk.Between(anna, ben);
        ChatLine line = ben.Log.Line(first.Header.Feed, first.Header.Sequence)!;
        Assert.Equal(("first", true), (line.Text, line.Edited));
    }

    [Fact]
    public void A_reaction_is_one_mark_a_device_and_can_be_taken_back()
    {
        (ChatDevice anna, ChatDevice ben) = (world.Join(), world.Join());
        SignedMessage first = anna.Say("first");
        Talk.Between(anna, ben);
        ben.Log.Append(BodyKind.Reaction, "general", "+", first.Hash);
        ben.Log.Append(BodyKind.Reaction, "general", "!", first.Hash);
        Assert.Equal([(ben.Id, "!")], ben.Log.Line(first.Header.Feed, 1)!.Reactions);
        ben.Log.Append(BodyKind.Reaction, "general", "", first.Hash);
        Assert.Empty(ben.Log.Line(first.Header.Feed, 1)!.Reactions);
    }

    [Fact]
    public void Erasing_takes_the_body_everywhere_and_leaves_the_chain()
    {
        (ChatDevice anna, ChatDevice ben, ChatDevice late) = (world.Join(), world.Join(), world.Join());
        SignedMessage secret = anna.Say("secret");
        Talk.Between(anna, ben);
        anna.Log.Append(BodyKind.Erase, "general", "", secret.Hash);
        Talk.Between(anna, ben);
        Assert.All([anna, ben], device =>
        {
            Assert.Null(device.Log.Find(secret.Hash)!.Body);
            Assert.True(device.Log.Line(secret.Header.Feed, 1)!.Erased);
        });
        // Someone who still has it can't bring it back.
        Assert.Equal(Acceptance.Known, ben.Log.Accept(secret));
        Assert.Null(ben.Log.Find(secret.Hash)!.Body);
        Talk.Between(ben, late);
        Assert.Equal(2UL, late.Log.Heads.Single().Sequence);
        Assert.True(Verified(late).Ok);
    }

    [Fact]
    public void Only_its_author_erases_a_message()
    {
        (ChatDevice anna, ChatDevice ben) = (world.Join(), world.Join());
        SignedMessage first = anna.Say("mine");
        Talk.Between(anna, ben);
        // Signed by Ben all the same, as a changed program would.
        MessageBody erase = new(BodyKind.Erase, "general", "", Witness.None, first.Hash);
        SignedMessage forged = Forge.Message(world, ben, 1, default, erase);
        Assert.Equal(Acceptance.Added, anna.Log.Accept(forged));
        Assert.Equal("mine", anna.Log.Line(first.Header.Feed, 1)!.Text);
        Assert.NotNull(anna.Log.Find(first.Hash)!.Body);
    }

    [Fact]
    public void Messages_that_come_before_their_predecessors_wait_for_them()
    {
        (ChatDevice anna, ChatDevice ben) = (world.Join(), world.Join());
        SignedMessage[] said = [.. Enumerable.Range(1, 4).Select(i => anna.Say($"{i}"))];
        Assert.Equal(Acceptance.Waits, ben.Log.Accept(said[3]));
        Assert.Equal(Acceptance.Waits, ben.Log.Accept(said[1]));
        Assert.Equal(new ChatGap(said[0].Header.Feed, 1, 4), ben.Log.Gaps.Single());
        Assert.Equal(4UL, ben.Log.Gaps.Single().Count);
        Assert.Equal(Acceptance.Added, ben.Log.Accept(said[0]));
        Assert.Equal(["1", "2"], ben.Reads());
        Assert.Equal(Acceptance.Added, ben.Log.Accept(said[2]));
        Assert.Equal(["1", "2", "3", "4"], ben.Reads());
        Assert.Empty(ben.Log.Gaps);
    }

    [Fact]
    public void Two_messages_at_one_place_are_proof_of_a_fork_and_the_next_chain_goes_on()
    {
        (ChatDevice anna, ChatDevice ben) = (world.Join(), world.Join());
        SignedMessage one = anna.Say("one");
        Assert.Equal(Acceptance.Added, ben.Log.Accept(one));
        SignedMessage other = Forge.Message(world, anna, 2, one.Hash, Forge.Text("other"));
        SignedMessage two = anna.Say("two"), three = anna.Say("three");
        Assert.Equal(Acceptance.Added, ben.Log.Accept(two));
        Assert.Equal(Acceptance.Forks, ben.Log.Accept(other));
        Assert.Equal(2UL, ben.Log.Forks.Single().Sequence);
        Assert.Equal(Acceptance.Held, ben.Log.Accept(three));

        // A new chain before its device knows of the fork isn't taken; afterwards it is.
        Talk.Between(anna, ben);
        Assert.Single(anna.Log.Forks);
        SignedMessage again = anna.Say("again");
        Assert.Equal(1u, again.Header.Feed.Chain);
        Assert.Equal(Acceptance.Added, ben.Log.Accept(again));
        Assert.False(Verified(ben).Ok);
    }

    [Fact]
    public void A_chain_doesnt_begin_before_the_one_before_was_proven_to_fork()
    {
        (ChatDevice anna, ChatDevice ben) = (world.Join(), world.Join());
        Assert.Equal(Acceptance.Held, ben.Log.Accept(Forge.Message(world, anna, 1, default, Forge.Text("early"), chain: 1)));
    }

    [Fact]
    public void A_restored_device_says_nothing_before_a_peer_has_told_it_what_it_said()
    {
        (ChatDevice anna, ChatDevice ben) = (world.Join(), world.Join());
        anna.Say("one");
        MemoryDatabase backup = ((MemoryDatabase)anna.Database).PowerCut();
        anna.Say("two");
        Talk.Between(anna, ben);

        anna.Restart(backup, doubtful: true);
        Assert.Throws<ConfigException>(() => anna.Say("three"));
        Talk.Between(anna, ben);
        Assert.Equal(["one", "two"], anna.Reads());
        Assert.Equal(3UL, anna.Say("three").Header.Sequence);
        Talk.Between(anna, ben);
        Assert.Empty(ben.Log.Forks);
        Assert.Equal(["one", "two", "three"], ben.Reads());
    }

    [Fact]
    public void A_device_that_went_back_unawares_stops_when_a_peer_remembers_more()
    {
        (ChatDevice anna, ChatDevice ben) = (world.Join(), world.Join());
        anna.Say("one");
        MemoryDatabase backup = ((MemoryDatabase)anna.Database).PowerCut();
        anna.Say("two");
        Talk.Between(anna, ben);

        anna.Restart(backup);
        using ChatSync mine = new(anna.Log, ben.Id, anna.Id), theirs = new(ben.Log, anna.Id, ben.Id);
        theirs.Begin();
        mine.Receive(theirs.Next()!.Value);
        Assert.Throws<ConfigException>(() => anna.Say("another two"));
        Talk.Run(mine, theirs);
        Assert.Equal(3UL, anna.Say("three").Header.Sequence);
    }

    [Fact]
    public void A_reader_may_chat_unless_the_vault_says_otherwise()
    {
        (ChatDevice writer, ChatDevice reader) = (world.Join(), world.Join(Role.Reader));
        SignedMessage hello = reader.Say("hello");
        Assert.Equal(Acceptance.Added, writer.Log.Accept(hello));
        world.Know(world.ByFounder(VaultSettings.Default with { ChatByReaders = false }));
        Assert.Throws<ConfigException>(() => reader.Say("still here"));
        Assert.Equal(Acceptance.NotAllowed, writer.Log.Accept(Forge.Message(world, reader, 2, hello.Hash, Forge.Text("still here"))));
    }

    [Fact]
    public void A_stranger_isnt_heard()
    {
        ChatDevice anna = world.Join();
        using ChatWorld elsewhere = new(2);
        Assert.Equal(Acceptance.NotAllowed, anna.Log.Accept(elsewhere.Join().Say("hello")));
        Assert.Empty(anna.Log.Heads);
    }

    [Fact]
    public void A_message_from_too_far_ahead_waits_outside()
    {
        (ChatDevice anna, ChatDevice ben) = (world.Join(), world.Join());
        HybridTime late = HybridTime.At(world.Time.GetUtcNow() + ChatLimits.Ahead + TimeSpan.FromMinutes(1));
        SignedMessage early = Forge.Message(world, anna, 1, default, Forge.Text("soon"), time: late);
        Assert.Equal(Acceptance.TooEarly, ben.Log.Accept(early));
        world.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(Acceptance.Added, ben.Log.Accept(early));
    }

    [Fact]
    public void A_blind_holder_keeps_and_passes_on_what_it_cant_read()
    {
        using VaultKeys blindKeys = new(world.Keys.Vault, [new SecretEpoch(0, world.Keys.Current.SyncSecret.Span)]);
        (ChatDevice anna, ChatDevice blind, ChatDevice ben) = (world.Join(), world.Join(Role.Blind, blindKeys), world.Join());
        anna.Say("for readers");
        Talk.Between(anna, blind);
        Talk.Between(blind, ben);
        Assert.Equal(["for readers"], ben.Reads());
        Assert.Empty(blind.Log.Rooms);
        Assert.Equal(2, ben.Log.DeliveredTo(new FeedId(anna.Id, 0), 1)); // the holder, and here
    }

    [Fact]
    public void A_flood_is_bounded_and_what_was_asked_for_isnt()
    {
        (ChatDevice anna, ChatDevice ben) = (world.Join(), world.Join());
        SignedMessage[] flood = [.. Enumerable.Range(0, ChatLimits.BurstPerAuthor + 1).Select(i => anna.Say($"{i}"))];
        IReadOnlyList<Acceptance> results = ben.Log.Accept(flood);
        Assert.Equal(ChatLimits.BurstPerAuthor, results.Count(result => result == Acceptance.Added));
        Assert.Equal(Acceptance.TooMuch, results[^1]);
        Assert.Equal(Acceptance.Added, ben.Log.Accept([flood[^1]], asked: true)[0]);
    }

    ChatVerdict Verified(ChatDevice device) => Verification.Of(world, device);

    public void Dispose() => world.Dispose();
}
