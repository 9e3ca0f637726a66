using System.Buffers.Binary;
using Vault.Libp2p.Gossipsub;
using Vault.Primitives;
using Xunit;

namespace Vault.Libp2p.Tests.Gossipsub;

/// <summary>The router's memories, each alone, filled past its limit.</summary>
public sealed class BoundsTests
{
    static readonly Ed25519Key Author = Ed25519Key.FromSeed(new byte[Ed25519Key.SeedSize]);

    static Message Make(int size = 1) => Message.Sign(Author, 1, "topic", new byte[size]);

    static MessageId Id(int number)
    {
        byte[] bytes = new byte[46];
        BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        return new MessageId(bytes);
    }

    static PeerId Somebody(int number)
    {
        byte[] hashed = new byte[34];
        (hashed[0], hashed[1]) = (0x12, 0x20);
        BinaryPrimitives.WriteInt32BigEndian(hashed.AsSpan(2), number);
        return PeerId.FromBytes(hashed)!.Value;
    }

    static Peer Connected(Scoreboard scores, int number) => new(Somebody(number), Protocol.Gossip12, false, scores.Connect(Somebody(number), Origin.None));

    [Fact]
    public void The_seen_cache_forgets_the_oldest_when_it_is_full_and_all_in_time()
    {
        SeenCache seen = new(TimeSpan.FromSeconds(10), capacity: 100);
        for (int i = 0; i < 250; i++) seen.Add(Id(i), new Sighting(Make(), null), TimeSpan.FromSeconds(i / 100.0));
        Assert.Equal(100, seen.Count);
        Assert.False(seen.Contains(Id(149)));
        Assert.True(seen.Contains(Id(150)));
        seen.Expire(TimeSpan.FromSeconds(11.99));
        Assert.Equal(50, seen.Count);
        seen.Expire(TimeSpan.FromSeconds(13));
        Assert.Equal(0, seen.Count);
        Assert.False(seen.Contains(Id(249)));
    }

    [Fact]
    public void The_message_cache_keeps_so_many_messages_and_so_many_bytes()
    {
        MessageCache many = new(5, 3), large = new(5, 3);
        Message small = Make(), big = Make(1_000_000);
        for (int i = 0; i < Limits.CachedMessages + 10; i++) many.Put(Id(i), small);
        for (int i = 0; i < 100; i++) large.Put(Id(i), big);
        Assert.Equal(Limits.CachedMessages, many.Count);
        Assert.Null(many.Find(Id(9)));
        Assert.NotNull(many.Find(Id(10)));
        Assert.InRange(large.Bytes, Limits.CachedBytes - 1_100_000, Limits.CachedBytes);
        Assert.NotNull(large.Find(Id(99)));
        for (int i = 0; i < 5; i++) large.Shift();
        Assert.Equal((0, 0L), (large.Count, large.Bytes));
    }

    [Fact]
    public void Back_offs_of_ever_new_identities_push_out_the_soonest_to_end()
    {
        Backoffs backoffs = new();
        for (int i = 0; i < Limits.BackoffsPerTopic + 20; i++) backoffs.Extend(Somebody(i), TimeSpan.FromSeconds(i));
        Assert.Equal(Limits.BackoffsPerTopic, backoffs.Count);
        Assert.Null(backoffs.Of(Somebody(19)));
        Assert.Equal(TimeSpan.FromSeconds(20), backoffs.Of(Somebody(20)));
        backoffs.Extend(Somebody(20), TimeSpan.FromSeconds(5));
        Assert.Equal(TimeSpan.FromSeconds(20), backoffs.Of(Somebody(20)));
        backoffs.Expire(TimeSpan.FromDays(1));
        Assert.True(backoffs.IsEmpty);
    }

    [Fact]
    public void Promises_are_watched_up_to_a_number_per_peer_and_each_ends_once()
    {
        Promises promises = new();
        Scoreboard scores = new(new ScoreParameters());
        Peer eager = Connected(scores, 1), other = Connected(scores, 2);
        for (int i = 0; i < 3 * Limits.PromisesPerPeer; i++) promises.Add(Id(i), eager, TimeSpan.FromSeconds(3));
        Assert.Equal(Limits.PromisesPerPeer, promises.Count);
        promises.Add(Id(0), other, TimeSpan.FromSeconds(5));
        promises.Add(Id(0), other, TimeSpan.FromSeconds(9));
        promises.Fulfil(Id(1));
        Assert.Equal(Limits.PromisesPerPeer - 1, promises.TakeBroken(TimeSpan.FromSeconds(3)).Count);
        Assert.Equal([other], promises.TakeBroken(TimeSpan.FromSeconds(5)));
        Assert.Empty(promises.TakeBroken(TimeSpan.FromHours(1)));
        Assert.Equal((0, 0, 0), (promises.Count, eager.OpenPromises, other.OpenPromises));
    }

    [Fact]
    public void Scores_of_ever_new_bad_peers_are_remembered_up_to_a_number()
    {
        Scoreboard scores = new(new ScoreParameters());
        for (int i = 0; i < Limits.RetainedScores + 30; i++)
        {
            Reputation bad = scores.Connect(Somebody(i), Origin.None);
            bad.CountInvalid("topic");
            scores.Disconnect(bad, TimeSpan.FromSeconds(i));
        }
        Assert.Equal(Limits.RetainedScores, scores.Count);
        Assert.Null(scores.Of(Somebody(29)));
        Assert.Equal(-10, scores.Of(Somebody(30)));
    }

    [Fact]
    public void A_peer_that_did_nothing_wrong_leaves_nothing_behind()
    {
        Scoreboard scores = new(new ScoreParameters());
        for (int i = 0; i < 100; i++) scores.Disconnect(scores.Connect(Somebody(i), Origin.None), TimeSpan.Zero);
        Assert.Equal(0, scores.Count);
    }
}
