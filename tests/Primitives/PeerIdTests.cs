using Vault.Tests.Support;
using Xunit;

namespace Vault.Primitives.Tests;

public class PeerIdTests
{
    [Fact]
    public void Ids_are_those_of_js_libp2p()
    {
        foreach (TestVector vector in TestVector.Load("peerid.txt"))
        {
            using Ed25519Key key = Ed25519Key.FromSeed(vector.Bytes("seed"));
            PeerId id = PeerId.From(key.Public);
            Assert.Equal(vector.Bytes("bytes"), id.Bytes.ToArray());
            Assert.Equal(vector.Text("base58"), id.ToString());
            Assert.Equal(id, PeerId.Parse(vector.Text("base58")));
            Assert.Equal(id, PeerId.Parse(vector.Text("cid")));
            Assert.Equal(id, PeerId.FromBytes(vector.Bytes("bytes")));
            Assert.Equal(vector.Text("public"), id.Key.ToString());
        }
    }

    // libp2p/specs, peer-ids: the example of an id that hashes its key, in both text forms.
    [Fact]
    public void An_id_that_hashes_its_key_is_carried_but_tells_no_key()
    {
        PeerId id = PeerId.Parse("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N")!.Value;
        Assert.Equal("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N", id.ToString());
        Assert.Equal(id, PeerId.Parse("bafzbeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe"));
        Assert.Null(id.Key);
    }

    [Theory]
    [InlineData("")]
    [InlineData("b")]
    [InlineData("1")]
    [InlineData("bafkreifoybygix7fh3r3g5rqle3wcnhqldgdg4shzf4k3ulyw3gn7mabt4")] // go-libp2p, peer_test.go: a CID of something else
    [InlineData("12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5S")] // a letter short
    public void Text_that_is_no_id_is_refused(string text) => Assert.Null(PeerId.Parse(text));

    [Fact]
    public void An_unset_id_equals_only_itself_and_has_no_bytes()
    {
        PeerId unset = default, other = PeerId.Parse("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N")!.Value;
        Assert.False(unset.IsSet);
        Assert.Equal(unset, default);
        Assert.NotEqual(unset, other);
        Assert.True(unset.CompareTo(other) < 0);
        Assert.Throws<InvalidOperationException>(() => unset.Bytes.Length);
        Assert.Equal("(none)", unset.ToString());
    }

    [Fact]
    public void Any_bytes_make_an_id_that_writes_them_back_or_none() => Seed.Check(LongRun.Cases(100_000, 1_000_000), random =>
    {
        byte[] bytes = random.BytesUpTo(50);
        if (bytes.Length > 2 && random.Below(2) == 0) (bytes[0], bytes[1]) = random.Below(2) == 0 ? ((byte)0, (byte)(bytes.Length - 2)) : ((byte)0x12, (byte)0x20);
        if (PeerId.FromBytes(bytes) is not { } id) return;
        Assert.Equal(bytes, id.Bytes.ToArray());
        Assert.Equal(id, PeerId.Parse(id.ToString()));
        _ = id.Key;
    });
}
