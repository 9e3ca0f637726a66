using Org.BouncyCastle.Math.EC.Rfc7748;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Primitives.Tests;

public class X25519Tests
{
    [Fact]
    public void Published_products_come_out_the_same()
    {
        foreach (TestVector vector in TestVector.Load("x25519.txt"))
            Assert.Equal(vector.Bytes("product"), Multiply(vector.Bytes("scalar"), vector.Bytes("point")));
    }

    [Fact]
    public void A_thousand_rounds_end_where_RFC_7748_says()
    {
        byte[] scalar = new byte[32], point = new byte[32];
        scalar[0] = point[0] = 9;
        for (int i = 0; i < 1000; i++) (scalar, point) = (Multiply(scalar, point), scalar);
        Assert.Equal("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51", Convert.ToHexStringLower(scalar));
    }

    [Fact]
    public void A_point_of_small_order_is_refused()
    {
        using X25519Key key = X25519Key.Generate(RandomSource.Seeded(1));
        foreach (TestVector vector in TestVector.Load("x25519-small-order.txt"))
            Assert.False(key.TryAgree(new Hash32(vector.Bytes("point")), new byte[32]), vector.Text("point"));
    }

    [Fact]
    public void Another_implementation_agrees() => Seed.Check(50, random =>
    {
        byte[] scalar = random.Bytes(32), point = random.Bytes(32), expected = new byte[32];
        X25519.ScalarMult(scalar, 0, point, 0, expected, 0);
        Assert.Equal(expected, Multiply(scalar, point));
    });

    [Fact]
    public void Two_keys_agree_from_both_sides() => Seed.Check(20, random =>
    {
        using X25519Key a = X25519Key.Generate(random), b = X25519Key.Generate(random);
        byte[] fromA = new byte[32], fromB = new byte[32];
        Assert.True(a.TryAgree(b.Public, fromA));
        Assert.True(b.TryAgree(a.Public, fromB));
        Assert.Equal(fromA, fromB);
    });

    static byte[] Multiply(byte[] scalar, byte[] point)
    {
        using X25519Key key = X25519Key.FromSecret(scalar);
        byte[] product = new byte[32];
        Assert.True(key.TryAgree(new Hash32(point), product));
        return product;
    }
}
