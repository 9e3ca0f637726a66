using Vault.Libp2p.Mdns;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Libp2p.Tests.Mdns;

public class DnsTests
{
    static readonly Dictionary<string, string> Vectors = VectorFile.Load("mdns.txt");

    [Theory]
    [InlineData(20, "f.isi.arpa.", 32)]
    [InlineData(40, "foo.f.isi.arpa.", 46)]
    [InlineData(64, "arpa.", 66)]
    [InlineData(92, "", 93)]
    public void The_names_of_the_RFC_are_read_through_their_pointers(int at, string name, int behind)
    {
        Assert.True(DnsName.TryRead(VectorFile.Hex(Vectors["rfc1035"]), ref at, out DnsName? read));
        Assert.Equal(name, read.ToString());
        Assert.Equal(behind, at);
    }

    [Theory]
    [InlineData("c000")] // to itself
    [InlineData("c002c000")] // forward
    [InlineData("0161c000")] // back to where this name began: a loop
    [InlineData("40")] // neither a length nor a pointer
    [InlineData("0561")] // cut off
    [InlineData("c0")]
    [InlineData("")]
    public void Names_without_an_end_are_refused(string hex)
    {
        int at = 0;
        Assert.False(DnsName.TryRead(VectorFile.Hex(hex), ref at, out _));
    }

    [Fact]
    public void A_name_longer_than_255_bytes_is_refused()
    {
        byte[] label = [63, .. new byte[63]];
        byte[] message = [.. label, .. label, .. label, 61, .. new byte[61], 0];
        int at = 0;
        Assert.True(DnsName.TryRead(message, ref at, out _));
        message = [.. label, .. label, .. label, 62, .. new byte[62], 0];
        at = 0;
        Assert.False(DnsName.TryRead(message, ref at, out _));
    }

    [Fact]
    public void Our_question_is_byte_for_byte_that_of_js_libp2p()
    {
        DnsMessage question = new(IsResponse: false) { Questions = [new DnsQuestion(ServiceName.Common, DnsType.Ptr)] };
        Assert.Equal(Vectors["js_question"], Convert.ToHexStringLower(question.Encode()));
    }

    [Fact]
    public void An_answer_of_js_libp2p_is_read()
    {
        DnsMessage message = DnsMessage.Decode(VectorFile.Hex(Vectors["js_answer"]))!;
        Assert.True(message.IsResponse);
        Assert.Equal(2, message.Answers.Count);
        Assert.Equal(message.Answers[0].Target, message.Answers[1].Name);
        Assert.True(message.Answers[0].Target!.IsChildOf(ServiceName.Common));
        Assert.Equal(TimeSpan.FromSeconds(120), message.Answers[0].TimeToLive);
        Assert.Equal("dnsaddr=" + Vectors["js_address"], System.Text.Encoding.ASCII.GetString(Assert.Single(message.Answers[1].Strings)));
    }

    [Fact]
    public void What_is_written_is_read_back() => Seed.Check(1000, random =>
    {
        DnsName[] names = [.. Enumerable.Range(0, 4).Select(_ => ServiceName.NewPeer(random).Under(random.Below(2) == 0 ? ServiceName.Common : DnsName.Of("a.b.c")))];
        DnsRecord Record() => random.Below(2) == 0
            ? DnsRecord.Ptr(names[random.Below(4)], names[random.Below(4)], TimeSpan.FromSeconds(random.Below(5000)))
            : DnsRecord.Txt(names[random.Below(4)], TimeSpan.FromSeconds(random.Below(5000)), random.BytesUpTo(255), random.BytesUpTo(20));
        DnsMessage message = new(random.Below(2) == 0)
        {
            Questions = [.. Enumerable.Range(0, random.Below(3)).Select(_ => new DnsQuestion(names[random.Below(4)], DnsType.Any))],
            Answers = [.. Enumerable.Range(0, random.Below(5)).Select(_ => Record())],
            Additionals = [.. Enumerable.Range(0, random.Below(5)).Select(_ => Record())],
        };
        DnsMessage read = DnsMessage.Decode(message.Encode())!;
        Assert.Equal(message.Questions, read.Questions);
        Assert.Equal(message.Encode(), read.Encode());
        Assert.Equal(message.Additionals.Select(record => record.Target), read.Additionals.Select(record => record.Target));
    });

    [Fact]
    public void Mutated_packets_are_read_or_refused_and_never_more()
    {
        byte[][] good = [VectorFile.Hex(Vectors["js_answer"]), VectorFile.Hex(Vectors["js_question"]), OurAnswer()];
        Seed.Check(LongRun.Cases(100_000, 1_000_000), random =>
        {
            byte[] packet = Mutation.Of(good[random.Below(good.Length)], random);
            if (DnsMessage.Decode(packet) is not { } message) return;
            Assert.True(message.Answers.Count + message.Additionals.Count + message.Questions.Count <= MdnsLimits.MaxRecords);
            // Whatever was read can be said again, and then means the same.
            Assert.NotNull(DnsMessage.Decode(message.Encode()) ?? (message.Encode().Length > MdnsLimits.MaxReceived ? message : null));
        });
    }

    static byte[] OurAnswer()
    {
        DnsName name = ServiceName.NewPeer(RandomSource.Seeded(1)).Under(ServiceName.Common);
        TimeSpan time = TimeSpan.FromSeconds(120);
        return new DnsMessage(IsResponse: true)
        {
            Answers = [DnsRecord.Ptr(ServiceName.Common, name, time)],
            Additionals = [DnsRecord.Txt(name, time, "dnsaddr=/ip4/10.0.0.1/tcp/4001"u8.ToArray()), DnsRecord.Txt(name, time, "dnsaddr=/ip6/fe80::1/tcp/4001"u8.ToArray())],
        }.Encode();
    }
}
