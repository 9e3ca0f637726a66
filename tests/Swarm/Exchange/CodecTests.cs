using System.Buffers;
using Vault.Blocks;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Swarm.Tests.Exchange;

public sealed class CodecTests
{
    [Fact]
    public void A_question_is_read_as_it_was_written_and_not_before_it_is_whole() => Seed.Check(200, random =>
    {
        BlockId[] ids = [.. Enumerable.Range(0, 1 + random.Below(ExchangeLimits.IdsInAsk)).Select(_ => new BlockId(random.Bytes(32)))];
        Lane lane = (Lane)random.Below(2);
        ArrayBufferWriter<byte> written = new();
        ExchangeCodec.WriteAsk(written, lane, ids);
        ReadOnlySequence<byte> cut = new(written.WrittenMemory[..random.Below(written.WrittenCount)]), whole = new(written.WrittenMemory);
        Assert.False(ExchangeCodec.TryReadAsk(ref cut, out _, out _));
        Assert.True(ExchangeCodec.TryReadAsk(ref whole, out Lane readLane, out BlockId[] read));
        Assert.Equal((lane, true), (readLane, whole.IsEmpty));
        Assert.Equal(ids, read);
    });

    [Fact]
    public void Answers_are_read_as_they_were_written()
    {
        ArrayBufferWriter<byte> written = new();
        ExchangeCodec.WriteGive(written, 7, 1000);
        ExchangeCodec.WriteLack(written, 0xFFFFFFFF);
        ReadOnlySequence<byte> input = new(written.WrittenMemory);
        Assert.True(ExchangeCodec.TryReadAnswer(ref input, out AnswerHeader give));
        Assert.True(ExchangeCodec.TryReadAnswer(ref input, out AnswerHeader lack));
        Assert.Equal((new AnswerHeader(7, 1000), new AnswerHeader(0xFFFFFFFF, AnswerHeader.Missing)), (give, lack));
        Assert.False(ExchangeCodec.TryReadAnswer(ref input, out _));
    }

    [Theory]
    [InlineData("01 02 0001")] // a lane that there isn't
    [InlineData("01 00 0000")] // nothing
    [InlineData("01 00 0201")] // more than 512
    [InlineData("02 00 0001")]
    public void What_is_no_question_is_a_breach(string hex)
    {
        ReadOnlySequence<byte> input = new(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));
        Assert.Throws<ProtocolException>(() => ExchangeCodec.TryReadAsk(ref input, out _, out _));
    }

    [Theory]
    [InlineData("01 00000000 00210001")] // longer than any block
    [InlineData("01 00000000 00000005")] // shorter than any block
    [InlineData("01 00000000 FFFFFFFF")]
    [InlineData("03 00000000 00000100")]
    public void What_is_no_answer_is_a_breach_before_its_bytes_have_come(string hex)
    {
        ReadOnlySequence<byte> input = new(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));
        Assert.Throws<ProtocolException>(() => ExchangeCodec.TryReadAnswer(ref input, out _));
    }

    [Fact]
    public void Noise_is_a_message_or_a_breach_or_too_little_and_nothing_else() => Seed.Check(LongRun.Cases(20_000, 2_000_000), random =>
    {
        byte[] noise = random.BytesUpTo(80);
        if (noise.Length > 0 && random.Below(2) == 0) noise[0] = (byte)(1 + random.Below(2));
        ReadOnlySequence<byte> question = new(noise), answer = new(noise);
        try
        {
            if (ExchangeCodec.TryReadAsk(ref question, out _, out BlockId[] ids)) Assert.InRange(ids.Length, 1, ExchangeLimits.IdsInAsk);
        }
        catch (ProtocolException)
        {
            // As it should be.
        }
        try
        {
            if (ExchangeCodec.TryReadAnswer(ref answer, out AnswerHeader header)) Assert.InRange(header.Length, AnswerHeader.Missing, Limits.MaxBlock);
        }
        catch (ProtocolException)
        {
            // As it should be.
        }
    });
}
