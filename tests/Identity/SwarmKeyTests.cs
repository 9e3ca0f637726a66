using System.Text;
using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Identity.Tests;

public class SwarmKeyTests
{
    [Theory]
    [InlineData("base16")]
    [InlineData("base64")]
    [InlineData("bin")]
    public void Every_encoding_is_read_with_either_line_end_and_with_or_without_the_last(string encoding)
    {
        TestVector vector = Vectors.Of("swarm");
        byte[] file = vector.Bytes(encoding), key = vector.Bytes("key");
        if (file[^1] == '\n') file = file[..^1];
        int lines = file.Length - (encoding == "bin" ? 32 : 0);
        byte[] crlf = [.. Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(file[..lines]).ReplaceLineEndings("\r\n")), .. file[lines..]];
        byte[][] forms = [file, [.. file, (byte)'\n'], crlf, [.. crlf, (byte)'\r', (byte)'\n']];
        Assert.All(forms, form =>
        {
            using SwarmKey? parsed = SwarmKey.Parse(form);
            Assert.Equal(key, parsed?.Secret.Span.ToArray());
            Assert.Equal(vector.Text("fingerprint"), parsed?.Fingerprint);
        });
    }

    // The file that js-libp2p's private network was run with.
    [Fact]
    public void Base16_is_written_as_others_write_it()
    {
        TestVector vector = Vectors.Of("swarm");
        using SwarmKey key = SwarmKey.FromBytes(vector.Bytes("key"));
        Assert.Equal("/key/swarm/psk/1.0.0/\n/base16/\n000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n", key.ToFileText());
        Assert.Equal(vector.Bytes("base16"), Encoding.ASCII.GetBytes(key.ToFileText()));
    }

    [Fact]
    public void Upper_case_digits_are_read()
    {
        using SwarmKey key = SwarmKey.Generate(RandomSource.Seeded(1));
        string hex = Convert.ToHexString(key.Secret.Span);
        using SwarmKey? parsed = SwarmKey.Parse(Encoding.ASCII.GetBytes($"/key/swarm/psk/1.0.0/\n/base16/\n{hex}"));
        Assert.Equal(key.Fingerprint, parsed?.Fingerprint);
    }

    [Fact]
    public void Raw_bytes_that_look_like_line_ends_are_key() => Seed.Check(200, random =>
    {
        byte[] key = random.Bytes(32);
        for (int i = 0; i < 6; i++) key[random.Below(32)] = random.Below(2) == 0 ? (byte)'\n' : (byte)'\r';
        using SwarmKey? parsed = SwarmKey.Parse([.. "/key/swarm/psk/1.0.0/\n/bin/\n"u8, .. key]);
        Assert.Equal(key, parsed?.Secret.Span.ToArray());
    });

    [Theory]
    [InlineData("")]
    [InlineData("/key/swarm/psk/1.0.0/")]
    [InlineData("/key/swarm/psk/2.0.0/\n/base16/\n000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n")]
    [InlineData("/key/swarm/psk/1.0.0/\n/base32/\n000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n")]
    [InlineData("/key/swarm/psk/1.0.0/\n/base16/\n000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e\n")]
    [InlineData("/key/swarm/psk/1.0.0/\n/base16/\n000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1g\n")]
    [InlineData("/key/swarm/psk/1.0.0/\n/base16/\n000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\nmore\n")]
    [InlineData("/key/swarm/psk/1.0.0/\n/base64/\nAAEC\n")]
    [InlineData("/key/swarm/psk/1.0.0/\n/bin/\nshort")]
    public void Anything_else_is_no_swarm_key(string file) => Assert.Null(SwarmKey.Parse(Encoding.ASCII.GetBytes(file)));

    [Fact]
    public void No_bytes_make_the_parser_throw() => Seed.Check(LongRun.Cases(100_000, 1_000_000), random =>
    {
        byte[] start = random.Below(4) switch
        {
            0 => [],
            1 => "/key/swarm/psk/1.0.0/\n"u8.ToArray(),
            2 => "/key/swarm/psk/1.0.0/\n/base64/\n"u8.ToArray(),
            _ => "/key/swarm/psk/1.0.0/\r\n/base16/\r\n"u8.ToArray(),
        };
        byte[] rest = random.Below(2) == 0 ? random.BytesUpTo(80) : Encoding.ASCII.GetBytes(Convert.ToBase64String(random.BytesUpTo(60)));
        SwarmKey.Parse([.. start, .. rest])?.Dispose();
    });
}
