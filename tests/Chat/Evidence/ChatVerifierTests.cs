using Vault.Identity;
using Vault.Primitives;
using Vault.Store;
using Xunit;

namespace Vault.Chat.Tests;

public sealed class ChatVerifierTests : IDisposable
{
    readonly ChatWorld world = new();

    static Hash32 Root(byte of) => Hash32.Of([of]);

    Witness Saw(byte root, params (ChatDevice Device, ulong Time)[] counters) =>
        new(Root(root), [.. counters.Select(counter => (counter.Device.Id, new HybridTime(counter.Time))).OrderBy(counter => counter.Id)]);

    [Fact]
    public void A_root_that_this_device_had_matches_and_another_is_not_comparable()
    {
        (ChatDevice anna, ChatDevice ben) = (world.Join(), world.Join());
        anna.Witness = Saw(1, (anna, 10));
        anna.Say("one");
        anna.Witness = Saw(2, (anna, 10), (ben, 5));
        anna.Say("two");
        ChatVerdict verdict = Verification.Of(world, anna, root => root == Root(1));
        Assert.Equal((2, 1, 1), (verdict.Messages, verdict.Matched, verdict.NotComparable));
        Assert.True(verdict.Ok);
    }

    [Fact]
    public void Counters_that_go_back_contradict_what_their_author_said_before()
    {
        (ChatDevice anna, ChatDevice ben) = (world.Join(), world.Join());
        anna.Witness = Saw(1, (anna, 10), (ben, 7));
        SignedMessage one = anna.Say("one");
        anna.Witness = Saw(2, (anna, 11), (ben, 6));
        SignedMessage two = anna.Say("two");
        Contradiction found = Verification.Of(world, anna).Contradictions.Single();
        Assert.Equal((two.Hash, one.Hash), (found.Message.Hash, found.Against!.Hash));
    }

    [Fact]
    public void Two_roots_for_the_same_records_contradict_each_other()
    {
        (ChatDevice anna, ChatDevice ben) = (world.Join(), world.Join());
        anna.Witness = Saw(1, (anna, 10));
        ben.Witness = Saw(2, (anna, 10));
        SignedMessage one = anna.Say("one"), two = ben.Say("two");
        Talk.Between(anna, ben);
        Contradiction found = Verification.Of(world, anna).Contradictions.Single();
        Assert.Equal([one.Hash, two.Hash], ((Hash32[])[found.Message.Hash, found.Against!.Hash]).OrderBy(hash => hash == two.Hash));
    }

    [Fact]
    public void Who_says_it_saw_what_never_was_is_contradicted_by_the_chain()
    {
        (ChatDevice anna, ChatDevice ben) = (world.Join(), world.Join());
        SignedMessage real = anna.Say("real");
        Talk.Between(anna, ben);
        FeedHead madeUp = real.Head with { Hash = Root(9) };
        Assert.Equal(Acceptance.Added, anna.Log.Accept(Forge.Message(world, ben, 1, default, Forge.Text("I saw it"), heads: [madeUp])));
        Assert.Contains("another message 1", Assert.Single(Verification.Of(world, anna).Contradictions).What);
    }

    [Fact]
    public void A_changed_byte_on_the_disk_is_found()
    {
        ChatDevice anna = world.Join();
        for (int i = 0; i < 3; i++) anna.Say($"{i}");
        MemoryDatabase changed = ((MemoryDatabase)anna.Database).PowerCut();
        byte[] key = ChatKeys.Place(anna.Log.Vault.Tag, ChatKeys.HeaderOf, new FeedId(anna.Id, 0), 2), header = changed.Get(ChatKeys.Chat, key)!;
        header[^1] ^= 1; // of the signature
        changed.Commit(new Batch().Put(ChatKeys.Chat, key, header), Durability.Synced);
        anna.Restart(changed);
        ChatVerdict verdict = Verification.Of(world, anna);
        Assert.False(verdict.Ok);
        Assert.Equal(2UL, Assert.Single(verdict.Contradictions).Message.Header.Sequence);
    }

    public void Dispose() => world.Dispose();
}
