using Vault.Libp2p.Gossipsub;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Libp2p.Tests.Gossipsub;

public sealed class CodecTests
{
    static Rpc Full(RandomSource random)
    {
        using Ed25519Key key = Ed25519Key.Generate(random);
        Rpc rpc = new();
        for (int i = random.Below(4); i > 0; i--) rpc.Subscriptions.Add(new Subscription(Name(random), random.Below(2) == 0));
        for (int i = random.Below(4); i > 0; i--) rpc.Messages.Add(Message.Sign(key, random.NextUInt64(), Name(random), random.BytesUpTo(300)));
        for (int i = random.Below(4); i > 0; i--) rpc.IHave.Add(new IHave(Name(random), Ids(random)));
        rpc.IWant.AddRange(Ids(random));
        for (int i = random.Below(4); i > 0; i--) rpc.Graft.Add(Name(random));
        for (int i = random.Below(4); i > 0; i--) rpc.Prune.Add(new Prune(Name(random), random.Below(2) == 0 ? null : TimeSpan.FromSeconds(random.Below(3600)),
            [.. Enumerable.Range(0, random.Below(3)).Select(_ => new ExchangedPeer(random.Bytes(38), random.BytesUpTo(100)))]));
        rpc.IDontWant.AddRange(Ids(random));
        return rpc;
    }

    static string Name(RandomSource random) => "tøpic " + random.Below(1000);

    static List<MessageId> Ids(RandomSource random) => [.. Enumerable.Range(0, random.Below(5)).Select(_ => new MessageId(random.Bytes(46)))];

    [Fact]
    public void What_was_encoded_is_decoded_and_encodes_to_the_same_bytes() => Seed.Check(LongRun.Cases(500, 20_000), random =>
    {
        Rpc rpc = Full(random);
        byte[] frame = rpc.Encode();
        Rpc decoded = Rpc.Decode(frame, out RpcFault fault) ?? throw new InvalidDataException(fault.ToString());
        Assert.Equal(rpc.Subscriptions, decoded.Subscriptions);
        Assert.Equal(rpc.Graft, decoded.Graft);
        Assert.Equal(rpc.IWant, decoded.IWant);
        Assert.Equal(rpc.IDontWant, decoded.IDontWant);
        Assert.Equal(rpc.Prune.Select(prune => prune.Backoff), decoded.Prune.Select(prune => prune.Backoff));
        Assert.Equal(frame, decoded.Encode());
    });

    [Fact]
    public void An_empty_frame_is_an_empty_RPC() => Assert.Empty(Rpc.Decode(default, out _)!.Encode());

    [Fact]
    public void Unknown_fields_are_passed_over_wherever_they_stand()
    {
        byte[] unknown = [0x7A, 1, 9, 0x78, 5, 0x7D, 1, 2, 3, 4, 0x79, 1, 2, 3, 4, 5, 6, 7, 8]; // field 15, all four wire types
        byte[] subscription = [0x08, 1, .. unknown, 0x12, 1, (byte)'a'];
        byte[] graft = [0x0A, 1, (byte)'b', .. unknown];
        byte[] control = [.. unknown, 0x1A, (byte)graft.Length, .. graft];
        byte[] frame = [.. unknown, 0x0A, (byte)subscription.Length, .. subscription, 0x1A, (byte)control.Length, .. control];
        Rpc rpc = Rpc.Decode(frame, out _)!;
        Assert.Equal([new("a", true)], rpc.Subscriptions);
        Assert.Equal(["b"], rpc.Graft);
    }

    [Theory]
    [InlineData("0A")] // a length is missing
    [InlineData("0A05")] // it says five bytes and has none
    [InlineData("0AFFFFFFFFFFFFFFFFFF01")] // a length of 2^64 - 1
    [InlineData("0AFFFFFFFFFFFFFFFFFFFF01")] // an eleven-byte varint
    [InlineData("0AFFFFFFFFFFFFFFFFFF02")] // a varint past 64 bits
    [InlineData("00")] // field 0
    [InlineData("0B")] // a group
    [InlineData("0F")] // wire type 7
    [InlineData("0D0102")] // a cut fixed32
    [InlineData("0A041202C328")] // a topic that isn't UTF-8
    [InlineData("80808080800A00")] // a tag past 32 bits
    public void Malformed_bytes_are_refused(string hex)
    {
        Assert.Null(Rpc.Decode(Convert.FromHexString(hex), out RpcFault fault));
        Assert.Equal(RpcFault.Malformed, fault);
    }

    [Fact]
    public void A_topic_or_an_id_past_its_limit_is_refused()
    {
        Rpc topic = new(), id = new();
        topic.Graft.Add(new string('a', Limits.TopicSize + 1));
        id.IWant.Add(new MessageId(new byte[Limits.MessageIdSize + 1]));
        Assert.Null(Rpc.Decode(topic.Encode(), out _));
        Assert.Null(Rpc.Decode(id.Encode(), out _));
    }

    [Fact]
    public void Mutated_frames_never_throw_and_what_they_decode_to_stays_within_limits()
    {
        Rig rig = new();
        rig.Subscribe();
        Guest guest = rig.Connect();
        List<byte[]> corpus = [];
        Seed.Check(LongRun.Cases(100_000, 1_000_000), random =>
        {
            if (corpus.Count < 64) corpus.Add(Full(random).Encode());
            byte[] frame = Mutate(corpus[random.Below(corpus.Count)], random);
            if (Rpc.Decode(frame, out RpcFault fault) is not { } rpc)
            {
                Assert.NotEqual(RpcFault.None, fault);
                return;
            }
            // What is decoded has a canonical form, and that form is stable.
            byte[] canonical = rpc.Encode();
            Assert.Equal(canonical, Rpc.Decode(canonical, out _)?.Encode());
            rig.Router.SetApplicationScore(guest.Id, 1_000_000); // else it would soon not be heard
            rig.Receive(guest, frame);
        });
        Assert.Empty(rig.Delivered);
    }

    static byte[] Mutate(byte[] good, RandomSource random)
    {
        List<byte> bytes = [.. good];
        for (int edits = 1 + random.Below(4); edits > 0; edits--)
        {
            int at = random.Below(bytes.Count + 1);
            switch (random.Below(5))
            {
                case 0 when at < bytes.Count: bytes[at] ^= (byte)(1 << random.Below(8)); break;
                case 1 when at < bytes.Count: bytes[at] = (byte)random.Below(256); break;
                case 2: bytes.InsertRange(at, random.BytesUpTo(12)); break;
                case 3: bytes.RemoveRange(at, Math.Min(random.Below(12), bytes.Count - at)); break;
                case 4: bytes.InsertRange(at, bytes.GetRange(0, Math.Min(random.Below(60), bytes.Count))); break;
            }
        }
        return [.. bytes];
    }
}
