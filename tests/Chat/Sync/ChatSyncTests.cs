using Vault.Identity;
using Vault.Primitives;
using Vault.Store;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Chat.Tests;

public sealed class ChatSyncTests : IDisposable
{
    readonly ChatWorld world = new();

    [Fact]
    public void Two_that_hold_the_same_say_only_what_they_have()
    {
        (ChatDevice anna, ChatDevice ben) = (world.Join(), world.Join());
        anna.Say("one");
        Talk.Between(anna, ben);
        (long there, long back) = Talk.Between(anna, ben);
        Assert.Equal((2 + FeedHead.Size, 2 + FeedHead.Size), (there, back));
    }

    [Fact]
    public void A_newcomer_gets_everything_and_its_author_learns_of_it()
    {
        (ChatDevice anna, ChatDevice ben) = (world.Join(), world.Join());
        for (int i = 0; i < 5000; i++) anna.Say($"{i}");
        SignedMessage last = anna.Say("last");
        Assert.Equal(0, anna.Log.DeliveredTo(last.Header.Feed, last.Header.Sequence));
        Talk.Between(anna, ben);
        Assert.Equal(anna.Reads(), ben.Reads());
        Assert.Equal(1, anna.Log.DeliveredTo(last.Header.Feed, last.Header.Sequence));
    }

    [Fact]
    public void News_arrive_at_once_and_are_acknowledged()
    {
        (ChatDevice anna, ChatDevice ben) = (world.Join(), world.Join());
        using ChatSync one = new(anna.Log, ben.Id, anna.Id), two = new(ben.Log, anna.Id, ben.Id);
        one.Begin();
        two.Begin();
        Talk.Run(one, two);
        Assert.True(one.IsInStep && two.IsInStep);
        SignedMessage said = anna.Say("now");
        one.Announce(said);
        Talk.Run(one, two);
        Assert.Equal(["now"], ben.Reads());
        Assert.Equal(1, anna.Log.DeliveredTo(said.Header.Feed, 1));
        one.Announce(said); // known by now
        Assert.Null(one.Next());
    }

    [Fact]
    public void A_news_that_was_lost_is_asked_for_when_the_next_one_comes()
    {
        (ChatDevice anna, ChatDevice ben) = (world.Join(), world.Join());
        using ChatSync one = new(anna.Log, ben.Id, anna.Id), two = new(ben.Log, anna.Id, ben.Id);
        one.Begin();
        two.Begin();
        Talk.Run(one, two);
        anna.Say("lost");
        one.Announce(anna.Say("heard"));
        Talk.Run(one, two);
        Assert.Equal(["lost", "heard"], ben.Reads());
    }

    [Fact]
    public void A_fork_is_found_wherever_it_lies_in_feeds_that_two_others_hold()
    {
        (ChatDevice liar, ChatDevice ben, ChatDevice cleo) = (world.Join(), world.Join(), world.Join());
        for (int i = 0; i < 40; i++) liar.Say($"{i}");
        Talk.Between(liar, ben);
        Talk.Between(liar, cleo);
        // From here on it shows Ben one history and Cleo another.
        MemoryDatabase before = ((MemoryDatabase)liar.Database).PowerCut();
        for (int i = 0; i < 7; i++) liar.Say($"to Ben {i}");
        Talk.Between(liar, ben);
        liar.Restart(before);
        for (int i = 0; i < 30; i++) liar.Say($"to Cleo {i}");
        IEnumerable<SignedMessage> shown = liar.Log.Range(new FeedId(liar.Id, 0), 41, 30);
        Assert.All(cleo.Log.Accept([.. shown]), result => Assert.Equal(Acceptance.Added, result));

        Talk.Between(ben, cleo);
        Assert.All([ben, cleo], device => Assert.Equal(41UL, device.Log.Forks.Single().Sequence));
        // Whoever comes later gets the proof first.
        ChatDevice late = world.Join();
        Talk.Between(cleo, late);
        Assert.Single(late.Log.Forks);
        Assert.Equal(40UL, late.Log.Heads.Single(head => head.Feed.Device == liar.Id).Sequence);
    }

    [Theory]
    [InlineData("")]
    [InlineData("09")]
    [InlineData("0103")]
    [InlineData("0102FF")]
    [InlineData("03")]
    public void What_isnt_a_message_closes_the_connection(string hex)
    {
        (ChatDevice anna, ChatDevice ben) = (world.Join(), world.Join());
        using ChatSync sync = new(anna.Log, ben.Id, anna.Id);
        Assert.Throws<ProtocolException>(() => sync.Receive(Convert.FromHexString(hex)));
    }

    [Fact]
    public void A_peer_that_answers_with_something_else_is_closed()
    {
        (ChatDevice anna, ChatDevice ben, ChatDevice cleo) = (world.Join(), world.Join(), world.Join());
        SignedMessage[] said = [.. Enumerable.Range(0, 3).Select(i => ben.Say($"{i}"))];
        using ChatSync sync = new(anna.Log, ben.Id, anna.Id);
        sync.Receive(new ChatWire.Heads(HeadsPart.Last, [said[2].Head]).Encode());
        Assert.IsType<ChatWire.Ask>(ChatWire.Decode(sync.Next()!.Value));
        Assert.Throws<ProtocolException>(() => sync.Receive(new ChatWire.Messages(MessagesPart.Last, [cleo.Say("me")]).Encode()));
        using ChatSync again = new(anna.Log, ben.Id, anna.Id);
        Assert.Throws<ProtocolException>(() => again.Receive(new ChatWire.Messages(MessagesPart.Last, [said[0]]).Encode()));
    }

    [Fact]
    public void A_peer_that_claims_what_it_cant_bring_costs_a_question_and_no_more()
    {
        (ChatDevice anna, ChatDevice ben) = (world.Join(), world.Join());
        using ChatSync sync = new(anna.Log, ben.Id, anna.Id);
        FeedHead mine = new(new FeedId(anna.Id, 0), 1000, anna.Clock.Now, Hash32.Of("made up"u8));
        sync.Receive(new ChatWire.Heads(HeadsPart.Last, [mine]).Encode());
        Assert.Throws<ConfigException>(() => anna.Say("blocked"));
        Assert.NotNull(sync.Next());
        sync.Receive(new ChatWire.Messages(MessagesPart.Last, []).Encode());
        Assert.Equal(1UL, anna.Say("free again").Header.Sequence);
    }

    [Fact]
    public void Messages_of_the_wire_are_written_as_they_were_read_and_mutants_are_refused_or_the_same()
    {
        (ChatDevice anna, ChatDevice ben) = (world.Join(), world.Join());
        SignedMessage one = anna.Say("one"), other = Forge.Message(world, anna, 1, default, Forge.Text("other"));
        ben.Say("two");
        byte[][] whole =
        [
            new ChatWire.Heads(HeadsPart.Last, ben.Log.Heads).Encode(),
            new ChatWire.Forks([(one, other)]).Encode(),
            new ChatWire.Ask(new FeedId(anna.Id, 0), 5, 17, true).Encode(),
            new ChatWire.Messages(MessagesPart.More, [one, other.WithoutBody()]).Encode(),
        ];
        Assert.All(whole, bytes => Assert.Equal(bytes, ChatWire.Decode(bytes)!.Encode()));
        Seed.Check(LongRun.Cases(5_000, 1_000_000), random =>
        {
            byte[] bytes = [.. whole[random.Below(whole.Length)]];
            for (int changes = 1 + random.Below(3); changes > 0; changes--) bytes[random.Below(bytes.Length)] = (byte)random.Below(256);
            ReadOnlyMemory<byte> mutant = bytes.AsMemory(0, random.Below(4) == 0 ? random.Below(bytes.Length + 1) : bytes.Length);
            if (ChatWire.Decode(mutant) is { } read) Assert.Equal(mutant.ToArray(), read.Encode());
        });
    }

    public void Dispose() => world.Dispose();
}
