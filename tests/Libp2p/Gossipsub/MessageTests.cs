using Vault.Libp2p.Gossipsub;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Libp2p.Tests.Gossipsub;

public sealed class MessageTests
{
    static readonly TestVector Vector = TestVector.Load("gossipsub.txt").Single();
    static readonly string Topic = Vector.Text("topic");
    static readonly MessageId Id = new(Vector.Bytes("idGo"));

    static ReadOnlyMemory<byte> Unframed(string name)
    {
        byte[] framed = Vector.Bytes(name);
        Assert.Equal(VarintResult.Done, Varint.Read(framed, out ulong length, out int prefix));
        Assert.Equal((ulong)(framed.Length - prefix), length);
        return framed.AsMemory(prefix);
    }

    static Message Signed()
    {
        using Ed25519Key key = Ed25519Key.FromSeed(Vector.Bytes("seed"));
        return Message.Sign(key, Convert.ToUInt64(Vector.Text("seqno"), 16), Topic, Vector.Bytes("data"));
    }

    static void AssertEncodes(string vector, Rpc rpc)
    {
        Assert.Equal(Unframed(vector).ToArray(), rpc.Encode());
        Rpc? decoded = Rpc.Decode(Unframed(vector), out RpcFault fault);
        Assert.Equal(RpcFault.None, fault);
        if (rpc.Messages.Count == 0) Assert.Equal(rpc.Encode(), decoded!.Encode());
    }

    [Fact]
    public void Signing_gives_the_published_signature()
    {
        Message message = Signed();
        Assert.Equal(Vector.Bytes("from"), message.From.ToArray());
        Assert.Equal(Vector.Bytes("signature"), message.Signature.ToArray());
    }

    [Fact]
    public void A_published_message_is_encoded_as_the_vector()
    {
        Rpc rpc = new();
        rpc.Messages.Add(Signed());
        AssertEncodes("rpcPublish", rpc);
    }

    [Fact]
    public void Announcements_grafts_prunes_and_gossip_are_encoded_as_the_vectors()
    {
        Rpc subscribe = new(), graft = new(), prune = new(), have = new(), want = new();
        subscribe.Subscriptions.Add(new Subscription(Topic, true));
        graft.Graft.Add(Topic);
        prune.Prune.Add(new Prune(Topic, TimeSpan.FromSeconds(60), []));
        have.IHave.Add(new IHave(Topic, [Id]));
        want.IWant.Add(Id);
        AssertEncodes("rpcSubscribe", subscribe);
        AssertEncodes("rpcGraft", graft);
        AssertEncodes("rpcPrune", prune);
        AssertEncodes("rpcIHave", have);
        AssertEncodes("rpcIWant", want);
    }

    [Fact]
    public void Message_ids_are_those_of_go_libp2p_of_js_libp2p_and_of_the_data()
    {
        Message message = Signed();
        Assert.Equal(Id, MessageId.FromAuthorAndSeqno(message));
        Assert.Equal(new MessageId(Vector.Bytes("idJs")), MessageId.FromKeyAndSeqno(message));
        Assert.Equal(new MessageId(Vector.Bytes("idData")), MessageId.FromData(message));
    }

    [Theory]
    [InlineData("message")]
    [InlineData("messageWithKey")]
    public void The_vectors_are_accepted_with_and_without_the_key_field(string form)
    {
        Rig rig = new(new Parameters());
        rig.Router.Subscribe(Topic, validated: false, rig.Now);
        Guest peer = rig.Connect();
        rig.Receive(peer, Published(Vector.Bytes(form)));
        Assert.Equal(Vector.Bytes("data"), Assert.Single(rig.Delivered).Data.ToArray());
    }

    [Fact]
    public void No_flipped_bit_of_a_message_passes_except_where_the_frame_merely_breaks()
    {
        byte[] good = Vector.Bytes("messageWithKey");
        for (int bit = 0; bit < good.Length * 8; bit++)
        {
            Rig rig = new(new Parameters());
            rig.Router.Subscribe(Topic, validated: false, rig.Now);
            byte[] bad = [.. good];
            bad[bit / 8] ^= (byte)(1 << (bit % 8));
            rig.Receive(rig.Connect(), Published(bad));
            // A changed tag makes its field unknown: only the key is not needed, so only without it is the message still whole.
            foreach (Message delivered in rig.Delivered) Assert.Equal((Vector.Text("data"), true), (Convert.ToHexStringLower(delivered.Data.Span), delivered.Key.IsEmpty));
        }
    }

    [Fact]
    public void Padding_added_to_a_message_by_a_relay_is_not_carried_on()
    {
        Rig rig = new(new Parameters());
        rig.Router.Subscribe(Topic, validated: false, rig.Now);
        Guest relay = rig.Connect(), next = rig.Connect();
        _ = rig.Sent(next);
        rig.Receive(next, rpc => rpc.Graft.Add(Topic));
        byte[] padded = [.. Vector.Bytes("message"), 0x7A, 4, 1, 2, 3, 4]; // field 15, unknown
        rig.Receive(relay, Published(padded));
        Assert.Equal(Published(Vector.Bytes("message")), Assert.Single(next.Inbox, frame => frame.AsSpan().IndexOf(Vector.Bytes("data")) >= 0));
    }

    static byte[] Published(byte[] message)
    {
        byte[] prefix = new byte[Varint.MaxSize];
        int length = Varint.Write(prefix, (ulong)message.Length);
        return [0x12, .. prefix.AsSpan(0, length), .. message];
    }
}
