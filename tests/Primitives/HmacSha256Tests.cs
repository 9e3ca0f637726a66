using System.Security.Cryptography;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Primitives.Tests;

public class HmacSha256Tests
{
    [Theory] // RFC 4231, cases 1, 2 and 4
    [InlineData("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")]
    [InlineData("4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")]
    [InlineData("0102030405060708090a0b0c0d0e0f10111213141516171819",
        "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd", "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b")]
    public void It_gives_the_standards_results(string key, string data, string mac) =>
        Assert.Equal(mac, Convert.ToHexStringLower(HmacSha256.Hash(Convert.FromHexString(key), Convert.FromHexString(data))));

    [Fact]
    public void A_key_longer_than_a_block_counts_by_its_hash() => // RFC 4231, case 6
        Assert.Equal("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            Convert.ToHexStringLower(HmacSha256.Hash(Enumerable.Repeat((byte)0xAA, 131).ToArray(), "Test Using Larger Than Block-Size Key - Hash Key First"u8)));

    [Fact]
    public void It_is_the_base_class_librarys_for_keys_and_data_of_any_length_in_one_piece_or_three() => Seed.Check(2000, random =>
    {
        byte[] key = random.Bytes(random.Below(200)), data = random.Bytes(random.Below(random.Below(20) == 0 ? 10_000 : 300));
        byte[] expected = HMACSHA256.HashData(key, data), mac = new byte[HmacSha256.Size];
        Assert.Equal(expected, HmacSha256.Hash(key, data));
        int first = random.Below(data.Length + 1), second = first + random.Below(data.Length - first + 1);
        HmacSha256.Hash(key, data.AsSpan(0, first), data.AsSpan(first, second - first), data.AsSpan(second), mac);
        Assert.Equal(expected, mac);
    });
}
