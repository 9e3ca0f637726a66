using System.Buffers;
using Vault.Libp2p.Multistream;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Libp2p.Tests.Multistream;

public class MultistreamTests
{
    static ReadOnlySequence<byte> Wire(params string[] messages) => new([.. messages.SelectMany(MultistreamMessage.Encode)]);

    static string[] Read(ArrayBufferWriter<byte> written)
    {
        ReadOnlySequence<byte> rest = new(written.WrittenMemory);
        List<string> messages = [];
        while (MultistreamMessage.TryRead(ref rest) is { } message) messages.Add(message);
        Assert.True(rest.IsEmpty);
        return [.. messages];
    }

    [Fact]
    public void Messages_are_encoded_as_the_vectors()
    {
        foreach ((string text, string hex) in VectorFile.Lines("multistream.txt")) Assert.Equal(hex, Convert.ToHexStringLower(MultistreamMessage.Encode(text)));
        Assert.Equal(MultistreamMessage.Encode(MultistreamMessage.Version), MultistreamMessage.Header.ToArray());
        Assert.Equal([0xca, 0x01, 0x2f], MultistreamMessage.Encode("/" + new string('x', 200))[..3]);
    }

    [Fact]
    public void A_proposal_that_is_refused_is_followed_by_the_next()
    {
        Proposer proposer = new(["/a", "/b"]);
        ArrayBufferWriter<byte> sent = new();
        proposer.Start(sent);
        ReadOnlySequence<byte> answer = new([.. Wire("/multistream/1.0.0", "na", "/b").ToArray(), 9, 9]);
        proposer.Receive(ref answer, sent);
        Assert.Equal(["/multistream/1.0.0", "/a", "/b"], Read(sent));
        Assert.Equal("/b", proposer.Agreed);
        Assert.Equal([9, 9], answer.ToArray());
    }

    [Fact]
    public void A_proposer_whose_every_proposal_is_refused_knows_it()
    {
        Proposer proposer = new(["/a"]);
        ReadOnlySequence<byte> answer = Wire("/multistream/1.0.0", "na");
        proposer.Receive(ref answer, new ArrayBufferWriter<byte>());
        Assert.True(proposer.Refused);
    }

    [Fact]
    public void A_chooser_answers_na_until_it_knows_the_protocol_and_leaves_the_rest_alone()
    {
        Chooser chooser = new(protocol => protocol == "/b", () => ["/b"]);
        ArrayBufferWriter<byte> sent = new();
        ReadOnlySequence<byte> input = new([.. Wire("/multistream/1.0.0", "/libp2p/simultaneous-connect", "/b").ToArray(), 1, 2, 3]);
        chooser.Receive(ref input, sent);
        Assert.Equal(["/multistream/1.0.0", "na", "/b"], Read(sent));
        Assert.Equal("/b", chooser.Agreed);
        Assert.Equal([1, 2, 3], input.ToArray());
    }

    [Fact]
    public void The_list_is_one_message_of_messages()
    {
        Chooser chooser = new(_ => false, () => ["/a", "/bc"]);
        ArrayBufferWriter<byte> sent = new();
        ReadOnlySequence<byte> input = Wire("/multistream/1.0.0", "ls");
        chooser.Receive(ref input, sent);
        byte[] body = [3, .. "/a\n"u8, 4, .. "/bc\n"u8, .. "\n"u8];
        Assert.Equal([.. MultistreamMessage.Header, (byte)body.Length, .. body], sent.WrittenSpan.ToArray());
    }

    [Theory]
    [InlineData("00")]             // empty
    [InlineData("808001")]         // a length of three bytes
    [InlineData("8108")]           // 1025
    [InlineData("8000")]           // not the shortest form
    [InlineData("026161")]         // no newline
    public void What_can_never_become_a_message_is_refused_at_once(string hex)
    {
        ReadOnlySequence<byte> input = new(VectorFile.Hex(hex));
        Assert.Throws<ProtocolException>(() => MultistreamMessage.TryRead(ref input));
    }

    [Fact]
    public void Somebody_who_guesses_protocols_is_stopped()
    {
        Chooser chooser = new(_ => false, () => []);
        ReadOnlySequence<byte> input = Wire(["/multistream/1.0.0", .. Enumerable.Repeat("/x", Chooser.MaxProposals + 1)]);
        Assert.Throws<LimitExceededException>(() => chooser.Receive(ref input, new ArrayBufferWriter<byte>()));
    }

    [Fact]
    public void However_the_bytes_are_cut_both_machines_agree()
    {
        Seed.Check(2000, random =>
        {
            Proposer proposer = new(["/x", "/y", "/z"]);
            Chooser chooser = new(protocol => protocol == "/z", () => []);
            ArrayBufferWriter<byte> toChooser = new(), toProposer = new();
            proposer.Start(toChooser);
            int chooserAt = 0, proposerAt = 0;
            byte[] chooserPending = [], proposerPending = [];
            while (proposer.Agreed is null || chooser.Agreed is null)
            {
                Feed(toChooser, ref chooserAt, ref chooserPending, random, (ref ReadOnlySequence<byte> input) => chooser.Receive(ref input, toProposer));
                Feed(toProposer, ref proposerAt, ref proposerPending, random, (ref ReadOnlySequence<byte> input) => proposer.Receive(ref input, toChooser));
            }
            Assert.Equal("/z", proposer.Agreed);
        });
    }

    delegate void Receiver(ref ReadOnlySequence<byte> input);

    static void Feed(ArrayBufferWriter<byte> wire, ref int at, ref byte[] pending, RandomSource random, Receiver receive)
    {
        int take = Math.Min(wire.WrittenCount - at, 1 + random.Below(7));
        ReadOnlySequence<byte> input = new([.. pending, .. wire.WrittenSpan.Slice(at, take)]);
        at += take;
        receive(ref input);
        pending = input.ToArray();
    }

    [Fact]
    public void Mutated_negotiations_end_in_an_answer_or_a_fault()
    {
        byte[] good = Wire("/multistream/1.0.0", "/libp2p/x", "ls", "/b").ToArray();
        Seed.Check(LongRun.Cases(100_000, 1_000_000), random =>
        {
            ReadOnlySequence<byte> input = new(Mutation.Of(good, random)), same = input;
            ArrayBufferWriter<byte> output = new();
            Ignore(() => new Chooser(protocol => protocol == "/b", () => ["/b"]).Receive(ref input, output));
            Ignore(() => new Proposer(["/a", "/b"]).Receive(ref same, output));
            Assert.True(output.WrittenCount < 64 * 1024);
        });
    }

    static void Ignore(Action work)
    {
        try
        {
            work();
        }
        catch (Exception e) when (e is ProtocolException or LimitExceededException)
        {
            // The two faults that a peer's bytes may raise.
        }
    }
}
