using Vault.Identity;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Chat.Tests;

public sealed class ChatBundleTests
{
    static byte[] Bundle(ChatWorld world, ChatDevice device)
    {
        MemoryStream output = new();
        ChatBundle.Write(output, world.Membership, device.Log, new BodySealer(world.Keys, world.Random).Show);
        return output.ToArray();
    }

    static ChatVerdict? Verify(byte[] bytes)
    {
        MemoryStream input = new(bytes);
        return ChatBundle.IsOne(input) ? ChatBundle.Verify(input).Verdict : null;
    }

    [Fact]
    public void Who_has_nothing_but_the_file_checks_every_chain()
    {
        using ChatWorld world = new();
        ChatDevice one = world.Join(), other = world.Join();
        for (int i = 0; i < 20; i++)
        {
            (i % 3 == 0 ? other : one).Say($"message {i}");
            if (i % 5 == 0) Talk.Between(one, other);
        }
        Talk.Between(one, other);
        ChatVerdict verdict = Verify(Bundle(world, one))!;
        Assert.True(verdict.Ok);
        Assert.Equal((20L, 2), (verdict.Messages, verdict.Feeds));
    }

    [Fact]
    public void It_shows_whether_devices_have_signed_the_same_of_the_vault_and_nothing_of_what_they_said()
    {
        using ChatWorld world = new();
        ChatDevice one = world.Join(), other = world.Join();
        Witness Saw(byte root, ulong time) => new(Hash32.Of([root]), [(one.Id, new HybridTime(time))]);
        one.Witness = Saw(1, 5);
        one.Say("these words are nobody else's business");
        other.Witness = Saw(1, 5);
        other.Say("the same state");
        other.Witness = Saw(2, 6);
        other.Say("one that nobody else has");
        other.Witness = Witness.None;
        other.Say("nothing of the vault");
        Talk.Between(one, other);
        byte[] bundle = Bundle(world, one);
        ChatVerdict verdict = Verify(bundle)!;
        Assert.True(verdict.Ok);
        Assert.Equal((2L, 2L), (verdict.Matched, verdict.NotComparable));
        Assert.Equal(-1, bundle.AsSpan().IndexOf("nobody else's"u8));

        one.Witness = Saw(3, 6);
        one.Say("another root for the same records");
        Assert.Contains("another root", Assert.Single(Verify(Bundle(world, one))!.Contradictions).What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_witness_that_its_author_didnt_commit_to_makes_the_body_nobodys()
    {
        using ChatWorld world = new();
        ChatDevice one = world.Join();
        MessageBody lie = new(BodyKind.Text, "general", "text", new Witness(Hash32.Of([1]), [(one.Id, new HybridTime(5))]));
        SignedMessage forged = Forge.Message(world, one, 1, default, lie, witness: Hash32.Of([2]));
        Assert.Null(new BodySealer(world.Keys, world.Random).Open(forged.Header, forged.Body!.Value.Span));
    }

    [Fact]
    public void What_was_left_out_and_others_had_seen_is_a_gap()
    {
        using ChatWorld world = new();
        ChatDevice one = world.Join(), other = world.Join(), third = world.Join();
        one.Say("seen");
        Talk.Between(one, other);
        SignedMessage heard = other.Say("heard");
        Assert.Equal(Acceptance.Added, third.Log.Accept(heard)); // and what it had heard was withheld
        ChatVerdict verdict = Verify(Bundle(world, third))!;
        Assert.Equal([new ChatGap(new FeedId(one.Id, 0), 1, 1)], verdict.Gaps);
    }

    [Fact]
    public void No_changed_byte_passes()
    {
        using ChatWorld world = new();
        ChatDevice one = world.Join(), other = world.Join();
        for (int i = 0; i < 4; i++) one.Say($"message {i}");
        Talk.Between(one, other);
        other.Say("heard");
        byte[] whole = Bundle(world, other);
        Assert.True(Verify(whole)!.Ok);
        Seed.Check(300, random =>
        {
            byte[] changed = [.. whole];
            int at = random.Below(whole.Length);
            changed[at] ^= (byte)(1 + random.Below(255));
            bool passes;
            try
            {
                passes = Verify(changed) is { Ok: true };
            }
            catch (CorruptDataException)
            {
                passes = false;
            }
            Assert.False(passes, $"byte {at} was changed");
        });
        for (int length = 0; length < whole.Length; length += 97)
        {
            byte[] cut = whole[..length];
            Assert.ThrowsAny<CorruptDataException>(() => _ = Verify(cut) ?? throw new CorruptDataException("not even its beginning"));
        }
    }
}
