using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Vault.Libp2p.Protobuf;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Libp2p.Tests.Protobuf;

public sealed class ProtobufTests
{
    static string Hex(ProtoWriter writer) => Convert.ToHexStringLower(writer.Written);

    // The examples of Protocol Buffers' own page on its encoding: Test1 { a: 150 }, Test2 { b: "testing" }, Test3 { c: { a: 150 } }.
    [Fact]
    public void The_examples_of_the_encodings_documentation_are_written()
    {
        Assert.Equal("089601", Hex(new ProtoWriter().Number(1, 150)));
        Assert.Equal("120774657374696e67", Hex(new ProtoWriter().Text(2, "testing")));
        Assert.Equal("1a03089601", Hex(new ProtoWriter().Message(3, new ProtoWriter().Number(1, 150))));
    }

    [Theory]
    [InlineData(0), InlineData(127), InlineData(128), InlineData(20_000)]
    public void A_nested_message_is_the_same_written_in_place_or_apart(int size)
    {
        byte[] body = new byte[size];
        ProtoWriter inPlace = new(capacity: 1);
        int start = inPlace.Number(1, 7).Begin(2);
        inPlace.Bytes(3, body).End(start);
        inPlace.Number(4, ulong.MaxValue);
        Assert.Equal(Hex(new ProtoWriter().Number(1, 7).Message(2, new ProtoWriter().Bytes(3, body)).Number(4, ulong.MaxValue)), Hex(inPlace));
    }

    [Fact]
    public void Fields_come_with_their_kind_their_value_and_their_place()
    {
        byte[] message = Convert.FromHexString("089601" + "0d01000000" + "1100000000000000ff" + "120774657374696e67");
        ProtoReader reader = new(message);
        Assert.True(reader.Next());
        Assert.True(reader is { Field: 1, IsNumber: true, IsBytes: false, Number: 150 });
        Assert.True(reader.Next());
        Assert.True(reader is { Field: 1, IsNumber: false, IsBytes: false, Number: 1 });
        Assert.True(reader.Next());
        Assert.True(reader is { Field: 2, IsNumber: false, Number: 0xFF00000000000000 });
        Assert.True(reader.Next());
        Assert.True(reader is { Field: 2, IsBytes: true });
        Assert.Equal("testing", Encoding.ASCII.GetString(message[reader.Range]));
        Assert.False(reader.Next());
        Assert.False(reader.Malformed);
    }

    [Theory]
    [InlineData("08")]
    [InlineData("08ffffffffffffffffff02")] // 65 bits
    [InlineData("08ffffffffffffffffffff01")]
    [InlineData("0001")] // field 0
    [InlineData("0b0c")] // a group
    [InlineData("120574657374")]
    [InlineData("12ffffffffffffffffff0174")]
    [InlineData("0d010000")]
    public void What_is_no_protobuf_is_malformed_and_ends_the_reading(string hex)
    {
        ProtoReader reader = new(Convert.FromHexString(hex));
        Assert.False(reader.Next());
        Assert.True(reader.Malformed);
        Assert.False(reader.Next());
    }

    [Theory]
    [InlineData("120774657374696e67", 6, false)]
    [InlineData("120774657374696e67", 7, true)]
    [InlineData("1202c328", 7, false)] // not UTF-8
    public void Text_is_valid_and_within_its_limit_or_malformed(string hex, int max, bool good)
    {
        ProtoReader reader = new(Convert.FromHexString(hex));
        Assert.True(reader.Next());
        Assert.Equal(good ? "testing" : "", reader.Text(max));
        Assert.Equal(good, !reader.Malformed);
    }

    [Fact]
    public void Frames_of_any_bytes_are_messages_within_the_limit_or_a_fault() => Seed.Check(LongRun.Cases(20_000, 1_000_000), random =>
    {
        byte[] bytes = Mutation.Of([3, 1, 2, 3, 0, 0x81, 1, .. new byte[129]], random);
        PipeReader input = PipeReader.Create(new ReadOnlySequence<byte>(bytes));
        int read = 0;
        while (true)
        {
            ValueTask<byte[]?> reading = Framing.ReadAsync(input, 200, default);
            Assert.True(reading.IsCompleted); // everything is there
            if (reading.IsFaulted)
            {
                Exception fault = reading.AsTask().Exception!.InnerException!;
                Assert.True(fault is ProtocolException or LimitExceededException, fault.ToString());
                return;
            }
            if (reading.GetAwaiter().GetResult() is not { } message) break;
            Assert.True(message.Length <= 200);
            read += 1 + message.Length;
        }
        Assert.True(read <= bytes.Length);
    });
}
