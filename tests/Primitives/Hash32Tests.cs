using System.Security.Cryptography;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Primitives.Tests;

public class Hash32Tests
{
    [Fact]
    public void It_is_SHA256() =>
        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", Hash32.Of("abc"u8).ToString()); // FIPS 180-2

    [Fact]
    public void It_is_the_base_class_librarys_SHA256_for_any_length() => Seed.Check(2000, random =>
    {
        byte[] data = random.Bytes(random.Below(random.Below(20) == 0 ? 100_000 : 300));
        Assert.Equal(SHA256.HashData(data), Hash32.Of(data).ToArray());
    });

    [Fact]
    public void Its_order_is_the_order_of_its_bytes() => Seed.Check(5000, random =>
    {
        byte[] x = random.Bytes(32), y = random.Below(4) == 0 ? random.Bytes(32) : [.. x];
        if (random.Below(8) != 0) y[random.Below(32)] = (byte)random.Below(256);
        Hash32 a = new(x), b = new(y);
        int order = x.AsSpan().SequenceCompareTo(y);
        Assert.Equal(Math.Sign(order), Math.Sign(a.CompareTo(b)));
        Assert.Equal(order < 0, a < b);
        Assert.Equal(order > 0, a > b);
        Assert.Equal(order <= 0, a <= b);
        Assert.Equal(order >= 0, a >= b);
        Assert.Equal(order == 0, a == b);
        Assert.Equal(order != 0, a != b);
        Assert.Equal(order == 0, a.Equals(b));
        if (order == 0) Assert.Equal(a.GetHashCode(), b.GetHashCode());
        Assert.Equal(x, a.ToArray());
    });

    // Words that differ only where a sum or an exclusive-or of the words cancels out, or only in a late word.
    [Fact]
    public void Hashes_that_a_peer_makes_alike_do_not_share_a_hash_code()
    {
        HashSet<int> codes = [];
        for (uint i = 0; i < 1000; i++)
        {
            byte[] bytes = new byte[32];
            for (int at = 0; at < 32; at += 4) BitConverter.TryWriteBytes(bytes.AsSpan(at), i);
            codes.Add(new Hash32(bytes).GetHashCode());
        }
        Assert.InRange(codes.Count, 990, 1000);
    }

    [Theory]
    [InlineData("")]
    [InlineData("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD")] // never written in upper case
    [InlineData("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a")]
    [InlineData("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad0")]
    [InlineData("ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    public void It_parses_only_what_it_writes(string text) => Assert.False(Hash32.TryParse(text, out _));

    [Fact]
    public void Only_32_bytes_make_one()
    {
        Assert.Throws<ArgumentException>(() => new Hash32(new byte[31]));
        Assert.Throws<ArgumentException>(() => new Hash32(new byte[33]));
        Assert.Equal(new byte[32], default(Hash32).ToArray());
    }
}
