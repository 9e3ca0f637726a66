using System.Numerics;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Primitives.Tests;

public class VarintTests
{
    [Fact]
    public void Published_values_read_and_write()
    {
        foreach (TestVector vector in TestVector.Load("varint.txt"))
        {
            byte[] bytes = vector.Bytes("bytes"), written = new byte[Varint.MaxSize];
            Assert.Equal(bytes.Length, Varint.SizeOf(vector.Number("value")));
            Assert.Equal(bytes.Length, Varint.Write(written, vector.Number("value")));
            Assert.Equal(bytes, written[..bytes.Length]);
            Assert.Equal(VarintResult.Done, Varint.Read(bytes, out ulong value, out int length));
            Assert.Equal((vector.Number("value"), bytes.Length), (value, length));
        }
    }

    [Theory]
    [InlineData("8100")] // two bytes for one
    [InlineData("ffffffffffffffffffffff00")] // go-varint's overflow
    [InlineData("ffffffffffffffffff01")] // 64 bits
    [InlineData("808080808080808000")]
    public void Longer_forms_are_malformed(string hex) => Assert.Equal(VarintResult.Malformed, Varint.Read(Convert.FromHexString(hex), out _, out _));

    [Theory]
    [InlineData("")]
    [InlineData("8181")]
    [InlineData("ffffffffffffffff")]
    public void A_beginning_is_incomplete(string hex) => Assert.Equal(VarintResult.Incomplete, Varint.Read(Convert.FromHexString(hex), out _, out _));

    [Fact]
    public void More_than_63_bits_are_not_written() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Varint.Write(new byte[16], 1UL << 63));

    // The oracle: the definition, in arbitrary precision.
    [Fact]
    public void Any_bytes_read_as_the_definition_says() => Seed.Check(LongRun.Cases(100_000, 1_000_000), random =>
    {
        byte[] bytes = random.BytesUpTo(12);
        if (random.Below(2) == 0) for (int i = 0; i < bytes.Length - 1; i++) bytes[i] |= 0x80;
        if (random.Below(4) == 0 && bytes.Length > 0) bytes[^1] = 0;

        int end = Array.FindIndex(bytes, b => b < 0x80);
        VarintResult expected = end is >= 0 and < 9 ? end > 0 && bytes[end] == 0 ? VarintResult.Malformed : VarintResult.Done
            : bytes.Length >= 9 ? VarintResult.Malformed : VarintResult.Incomplete;
        Assert.Equal(expected, Varint.Read(bytes, out ulong value, out int length));
        if (expected != VarintResult.Done) return;

        BigInteger sum = 0;
        for (int i = end; i >= 0; i--) sum = sum << 7 | (bytes[i] & 0x7F);
        Assert.Equal(sum, value);
        Assert.Equal(end + 1, length);
        Assert.Equal(length, Varint.SizeOf(value));
    });
}
