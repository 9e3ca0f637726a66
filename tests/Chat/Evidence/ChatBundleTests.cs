using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Chat.Tests;

public sealed class ChatBundleTests
{
    static byte[] Bundle(ChatWorld world, ChatDevice device)
    {
        MemoryStream output = new();
        ChatBundle.Write(output, world.Membership, device.Log);
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
