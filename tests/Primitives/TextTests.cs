using Vault.Tests.Support;
using Xunit;

namespace Vault.Primitives.Tests;

public class TextTests
{
    static readonly int fuzzCases = LongRun.Cases(100_000, 1_000_000);

    [Fact]
    public void Base58_reads_and_writes_bitcoins_vectors()
    {
        foreach (TestVector vector in TestVector.Load("base58.txt"))
        {
            Assert.Equal(vector.Text("text"), Base58.Encode(vector.Bytes("bytes")));
            Assert.Equal(vector.Bytes("bytes"), Base58.Decode(vector.Text("text")));
        }
    }

    [Fact]
    public void Base32_reads_and_writes_the_RFCs_vectors()
    {
        foreach (TestVector vector in TestVector.Load("base32.txt"))
        {
            Assert.Equal(vector.Text("text"), Base32.Encode(vector.Bytes("bytes")));
            Assert.Equal(vector.Bytes("bytes"), Base32.Decode(vector.Text("text")));
        }
    }

    [Theory]
    [InlineData("MY")] // upper case
    [InlineData("my======")] // padding
    [InlineData("mz")] // a bit set behind the last byte
    [InlineData("m")] // no whole byte
    [InlineData("mzxw6yq0")] // not in the alphabet
    public void Base32_refuses_what_it_would_not_write(string text) => Assert.Null(Base32.Decode(text));

    [Theory]
    [InlineData("0")]
    [InlineData("O")]
    [InlineData("I")]
    [InlineData("l")]
    [InlineData("ab c")]
    [InlineData("é")]
    public void Base58_refuses_letters_that_are_not_in_its_alphabet(string text) => Assert.Null(Base58.Decode(text));

    [Fact]
    public void Base58_refuses_a_text_that_would_take_long()
    {
        Assert.NotNull(Base58.Decode(new string('z', Base58.MaxTextLength)));
        Assert.Null(Base58.Decode(new string('z', Base58.MaxTextLength + 1)));
    }

    [Fact]
    public void Every_text_form_round_trips() => Seed.Check(2000, random =>
    {
        byte[] bytes = random.BytesUpTo(80);
        for (int zeros = random.Below(4); zeros > 0 && zeros <= bytes.Length; zeros--) bytes[zeros - 1] = 0;
        Assert.Equal(bytes, Base58.Decode(Base58.Encode(bytes)));
        Assert.Equal(bytes, Base32.Decode(Base32.Encode(bytes)));

        Hash32 hash = new(random.Bytes(32));
        Assert.True(Hash32.TryParse(hash.ToString(), out Hash32 parsed));
        Assert.Equal(hash, parsed);
    });

    [Fact]
    public void Whatever_a_text_form_reads_it_writes_again() => Seed.Check(fuzzCases, random =>
    {
        string text = TextLike(random);
        if (Base32.Decode(text) is { } fromBase32) Assert.Equal(text, Base32.Encode(fromBase32));
        if (Base58.Decode(text) is { } fromBase58) Assert.Equal(text, Base58.Encode(fromBase58));
        if (Hash32.TryParse(text, out Hash32 hash)) Assert.Equal(text, hash.ToString());
        if (PeerId.Parse(text) is { } id && text[0] != 'b') Assert.Equal(text, id.ToString());
    });

    // Mostly letters of one alphabet or another, so that a fair share gets past the first check.
    static string TextLike(RandomSource random)
    {
        string letters = random.Below(4) switch
        {
            0 => "abcdefghijklmnopqrstuvwxyz234567",
            1 => "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
            2 => "0123456789abcdefA",
            _ => "b1=\0\uD800é \n0OIlzZ7",
        };
        int length = random.Below(10) == 0 ? 64 : random.Below(60);
        return string.Create(length, random, (span, source) =>
        {
            foreach (ref char c in span) c = letters[source.Below(letters.Length)];
        });
    }
}
